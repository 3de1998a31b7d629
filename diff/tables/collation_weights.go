package tables

import (
	"strings"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	unicodenorm "golang.org/x/text/unicode/norm"
)

// generalRanges are where utf8mb4_general_ci knows letters: it is made of the pairs
// of Unicode 3, a weight a character.
var generalRanges = &unicode.RangeTable{R16: []unicode.Range16{
	{0x0041, 0x0292, 1}, {0x0345, 0x0345, 1}, {0x0370, 0x04F9, 1}, {0x0531, 0x0586, 1}, {0x1E00, 0x1EF9, 1}, {0x1F00, 0x1FFC, 1},
	{0x2160, 0x217F, 1}, {0x24B6, 0x24E9, 1}, {0xFF21, 0xFF5A, 1},
}, LatinOffset: 0}

// generalLater are letters within these that got their capital later.
const generalLater = "ƀƚƞȼȿɀɂɇɉɋɍɏɐɑɒɜɡɥɦɪɫɬɱɽʂʇʉʌͱͳͷͻͼͽϗϙϳϵϸϻҋӆӊӎӏӷ"

// generalWeight is a character's weight in utf8mb4_general_ci: its base letter's
// capital. A mark that stands alone counts, what is beyond 16 bits is all one.
func generalWeight(r rune) string {
	switch {
	case r == 'ß':
		return "S"
	case r == 'ϲ':
		return "Σ"
	case r == 'й' || r == 'Й':
		return "Й"
	case r > 0xFFFF:
		return "\uFFFD"
	case !unicode.Is(generalRanges, r) || strings.ContainsRune(generalLater, r):
		return string(r)
	}
	return string(unicode.ToUpper(baseOf(r)))
}

// baseOf is a letter without its marks, where it is composed of them.
func baseOf(r rune) rune {
	s := string(r)
	if !unicode.IsLetter(r) || unicodenorm.NFC.String(s) != s { // a second code of another character
		return r
	}
	for _, base := range unicodenorm.NFD.String(s) {
		return base
	}
	return r
}

// swedish are the letters beyond ASCII that latin1_swedish_ci knows, behind their
// weight; small ones weigh what their capitals do.
var swedish = map[rune]string{
	'A': "ÀÁÂÃ", 'C': "Ç", 'D': "Ð", 'E': "ÈÉÊË", 'I': "ÌÍÎÏ", 'N': "Ñ", 'O': "ÒÓÔÕ", 'U': "ÙÚÛ", 'Y': "ÜÝ", '[': "Å", '\\': "ÄÆ", ']': "Ö",
}

func swedishWeight(r rune) string {
	upper := unicode.ToUpper(r)
	if r == 'ÿ' || r == 'µ' || r > 0xFF { // their capitals are not of the character set
		return string(r)
	}
	for weight, letters := range swedish {
		if strings.ContainsRune(letters, upper) {
			return string(weight)
		}
	}
	return string(upper)
}

// uca is the Unicode Collation Algorithm in one of its versions; not safe for
// concurrent use.
type uca struct {
	version                   ucaVersion
	primary, secondary, whole *collate.Collator
	buffer                    collate.Buffer
	known                     map[rune]string
}

type ucaVersion uint8

const (
	uca400 ucaVersion = iota
	uca520
	uca900 // and later
)

func newUCA(v ucaVersion) *uca {
	return &uca{
		version: v, known: map[rune]string{}, primary: collate.New(language.Und, collate.Loose),
		secondary: collate.New(language.Und, collate.IgnoreCase), whole: collate.New(language.Und),
	}
}

// uca400Letters are letters with a stroke or of two letters that version 4 did not
// yet call equal to others.
const uca400Letters = "æøłđðħ"

// uca400Later are letters that version 4 did not know: each weighs what it is.
const uca400Later = "\u0487ȻȼȽɁɂɃɄɅɆɇɈɉɊɋɌɍɎɏͰͱͲͳͶͷͻͼͽϏϽϾϿӏӶӷӺӻӼӽӾӿԐԑԒԓԔԕԖԗԘԙԚԛԜԝԞԟԠԡԢԣԤԥԦԧẞỺỻỼỽỾỿ"

// weight is a character's primary weight: without accents and case, ß as ss.
func (u *uca) weight(r rune) string {
	if w, ok := u.known[r]; ok {
		return w
	}
	w := u.weigh(r)
	if len(u.known) < 1<<16 {
		u.known[r] = w
	}
	return w
}

// own stands before characters that weigh what they are: no key begins so.
const own = "\xFF"

func (u *uca) weigh(r rune) string {
	switch u.version {
	case uca400:
		if base := unicode.ToLower(baseOf(r)); strings.ContainsRune(uca400Letters, base) {
			return own + string(base)
		}
		if strings.ContainsRune(uca400Later, r) {
			return own + string(r)
		}
		if r == 'Ŀ' || r == 'ŀ' {
			return u.weight('l') + u.weight('·')
		}
		if r > 0xFFFF {
			return own + "\uFFFD"
		}
	case uca520:
		if r == 'Ԧ' || r == 'ԧ' {
			return own + string(r)
		}
	default:
		if r = unicode.ToLower(r); unicode.Is(unicode.Cyrillic, r) && r != 'й' {
			r = baseOf(r)
		}
	}
	return u.key(u.primary, string(r))
}

func (u *uca) key(c *collate.Collator, s string) string {
	defer u.buffer.Reset()
	return string(c.KeyFromString(&u.buffer, s))
}

// composed folds by characters once a letter and its mark are one: й is no и with a
// mark, and l· is ŀ.
func composed(fold func(string) string) func(string) string {
	pairs := strings.NewReplacer("l·", "ŀ", "L·", "ŀ")
	return func(s string) string {
		if !isASCII(s) {
			s = pairs.Replace(unicodenorm.NFC.String(s))
		}
		return fold(s)
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// accents tells accents apart, but not case. The dot of İ is an accent.
func (u *uca) accents(s string) string {
	return u.key(u.secondary, strings.Map(func(r rune) rune {
		if r == 'İ' {
			return r
		}
		return unicode.ToLower(r)
	}, s))
}

// letterCase tells case apart, too.
func (u *uca) letterCase(s string) string { return u.key(u.whole, s) }
