package tables

import (
	"strings"
	"unicode"

	"parallax/capture/snapshot"
)

// collation is which texts a store's key calls equal.
type collation struct {
	// fold gives equal texts for those; nil: only what is equal in its bytes.
	fold   func(string) string
	blanks bool // at the end do not count
	// unknown: it calls different texts equal, and which ones is not known here.
	unknown bool
}

func (c collation) isBlind() bool { return c.fold != nil || c.blanks }

func (c collation) key(text string) string {
	if c.blanks {
		text = strings.TrimRight(text, " ")
	}
	if c.fold != nil {
		text = c.fold(text)
	}
	return text
}

// collationOf goes by the name that the store gives. Those of MariaDB and MySQL are
// a character set, a family and what it tells apart: utf8mb4_unicode_520_ci.
func collationOf(c *snapshot.Column) collation {
	name := strings.ToLower(c.Collation)
	found := namedCollation(name)
	if strings.EqualFold(c.Declared, "citext") {
		found.fold = strings.ToLower
	}
	found.blanks = found.blanks || c.Padded
	return found
}

func namedCollation(name string) collation {
	switch name {
	case "nocase": // SQLite
		return collation{fold: lowerASCII}
	case "rtrim":
		return collation{blanks: true}
	}
	charset, family, _ := strings.Cut(name, "_")
	switch charset {
	case "utf8", "utf8mb3", "utf8mb4", "ucs2", "utf16", "utf16le", "utf32", "uca1400":
		return unicodeCollation(name, family)
	case "latin1", "ascii":
		return byteCollation(name)
	}
	if strings.Contains(name, "not deterministic") || strings.Contains(name, "_ci") || strings.Contains(name, "_ai") {
		return collation{unknown: true}
	}
	return collation{}
}

// unicodeCollation knows the families that are for no one language.
func unicodeCollation(name, family string) collation {
	nopad := strings.Contains(family, "nopad_") || strings.HasPrefix(family, "0900")
	c := collation{blanks: !nopad}
	switch strings.ReplaceAll(family, "nopad_", "") {
	case "bin", "0900_bin":
	case "general_ci":
		c.fold = perRune(generalWeight)
	case "unicode_ci":
		c.fold = perRune(newUCA(uca400).weight)
	case "unicode_520_ci":
		c.fold = perRune(newUCA(uca520).weight)
	case "uca1400_ai_ci", "0900_ai_ci":
		c.fold = composed(perRune(newUCA(uca900).weight))
	case "uca1400_as_ci", "0900_as_ci":
		c.fold = newUCA(uca900).accents
	case "uca1400_as_cs", "0900_as_cs":
		c.fold = newUCA(uca900).letterCase
	default:
		c.unknown = true
	}
	return c
}

// byteCollation knows the collations of single bytes that are defaults.
func byteCollation(name string) collation {
	c := collation{blanks: !strings.Contains(name, "nopad")}
	switch strings.ReplaceAll(name, "nopad_", "") {
	case "latin1_bin", "ascii_bin":
	case "ascii_general_ci":
		c.fold = lowerASCII
	case "latin1_swedish_ci":
		c.fold = perRune(swedishWeight)
	default:
		c.unknown = true
	}
	return c
}

// perRune folds by the weight of each character; those of the first 128 are looked
// up once.
func perRune(weight func(rune) string) func(string) string {
	var known [128]string
	for r := range known {
		known[r] = weight(rune(r))
	}
	return func(s string) string {
		var out strings.Builder
		for _, r := range s {
			if r < 128 {
				out.WriteString(known[r])
			} else {
				out.WriteString(weight(r))
			}
		}
		return out.String()
	}
}

// lowerASCII is what NOCASE does: letters beyond ASCII stay apart.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII {
			return unicode.ToLower(r)
		}
		return r
	}, s)
}
