package redact

import "bytes"

// names decides by name what is secret. Names are compared in normal form:
// lower case, without "-", "_", ".", blanks and brackets, so that clientSecret,
// client_secret and Client-Secret are one.
//
// A key, form field, query parameter or header is secret where its normal form
//
//   - holds password, passwd, passphrase or secret (but not secretar…)
//   - ends in token, except that of a page or position: nexttoken, pagetoken,
//     continuationtoken, synctoken and names that end so
//   - ends in pwd, apikey, accesskey, privatekey, signingkey, encryptionkey,
//     sessionkey, subscriptionkey, functionskey, masterkey, credential(s),
//     sessionid, sessid, authorization, jwt
//   - is pass, sid, auth, xauth, authkey, authenticationinfo
//
// A query parameter is also secret as sig, signature or one that ends in
// amzsignature, googsignature, amzcredential, googcredential.
type names struct {
	headers, keys, query               map[string]bool
	keepHeaders, keepCookies, keepKeys map[string]bool
	columns, keepColumns               map[string]bool // "table.column", in normal form
}

func newNames(c Config) *names {
	return &names{
		headers: nameSet(c.Headers), keys: nameSet(c.Keys), query: nameSet(c.Query),
		keepHeaders: nameSet(c.Keep.Headers), keepKeys: nameSet(c.Keep.Keys),
		keepCookies: nameSet(c.Keep.Cookies),
	}
}

func nameSet(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, name := range list {
		set[string(normal(nil, []byte(name)))] = true
	}
	return set
}

// normal appends name's normal form.
func normal(dst, name []byte) []byte {
	for _, b := range name {
		switch {
		case b >= 'A' && b <= 'Z':
			dst = append(dst, b|0x20)
		case b == '-' || b == '_' || b == '.' || b == ' ' || b == '[' || b == ']' || b == '$':
		default:
			dst = append(dst, b)
		}
	}
	return dst
}

// letters is the set of letters in a name, one bit each; other bytes share the
// bits.
type letters uint32

func lettersOf(name string) letters {
	var set letters
	for i := 0; i < len(name); i++ {
		set |= 1 << (name[i] & 31)
	}
	return set
}

func (l letters) hold(all letters) bool { return l&all == all }

// backslash is the bit of '\': such a name must be unescaped first.
const backslash letters = 1 << ('\\' & 31)

// The letters without which a name is none of ours: an order of magnitude
// cheaper than looking at the name, and most names end here.
const (
	lettersPas    = 1<<('p'&31) | 1<<('a'&31) | 1<<('s'&31)
	lettersPwd    = 1<<('p'&31) | 1<<('w'&31) | 1<<('d'&31)
	lettersSecret = 1<<('s'&31) | 1<<('e'&31) | 1<<('c'&31) | 1<<('r'&31) | 1<<('t'&31)
	lettersToken  = 1<<('t'&31) | 1<<('o'&31) | 1<<('k'&31) | 1<<('e'&31) | 1<<('n'&31)
	lettersKey    = 1<<('k'&31) | 1<<('e'&31) | 1<<('y'&31)
	lettersAuth   = 1<<('a'&31) | 1<<('u'&31) | 1<<('t'&31) | 1<<('h'&31)
	lettersCred   = 1<<('c'&31) | 1<<('r'&31) | 1<<('e'&31) | 1<<('d'&31) | 1<<('n'&31) | 1<<('t'&31)
	lettersSid    = 1<<('s'&31) | 1<<('i'&31) | 1<<('d'&31)
	lettersCookie = 1<<('c'&31) | 1<<('o'&31) | 1<<('k'&31) | 1<<('i'&31) | 1<<('e'&31)
	lettersJwt    = 1<<('j'&31) | 1<<('w'&31) | 1<<('t'&31)
)

// candidate reports whether a name of these letters may be secret.
func (l letters) candidate() bool {
	if l&(1<<('t'&31)|1<<('s'&31)|1<<('k'&31)|1<<('w'&31)) == 0 {
		return l&backslash != 0
	}
	return l.hold(lettersPas) || l.hold(lettersPwd) || l.hold(lettersSecret) ||
		l.hold(lettersToken) || l.hold(lettersKey) || l.hold(lettersAuth) ||
		l.hold(lettersCred) || l.hold(lettersSid) || l.hold(lettersJwt) || l&backslash != 0
}

// maxName bounds how much of a name is looked at: its end.
const maxName = 128

// secretKey decides for a JSON member; set holds the letters of key.
func (n *names) secretKey(key []byte, set letters) bool {
	if !set.candidate() && len(n.keys) == 0 {
		return false
	}
	if set&backslash != 0 {
		key = unescape(key)
	}
	return n.field(key)
}

// field decides for a form's field, an element or an attribute.
func (n *names) field(key []byte) bool {
	var room [maxName]byte
	if len(key) > maxName {
		key = key[len(key)-maxName:]
	}
	name := normal(room[:0], key)
	return (secretName(name) || n.keys[string(name)]) && !n.keepKeys[string(name)]
}

// secretQuery decides for a query parameter.
func (n *names) secretQuery(key []byte) bool {
	var room [maxName]byte
	if bytes.IndexByte(key, '%') >= 0 {
		key = unpercent(key)
	}
	if len(key) > maxName {
		key = key[len(key)-maxName:]
	}
	name := normal(room[:0], key)
	return (secretName(name) || signature(name) || n.keys[string(name)] || n.query[string(name)]) &&
		!n.keepKeys[string(name)]
}

func signature(name []byte) bool {
	switch string(name) {
	case "sig", "signature":
		return true
	}
	return endsIn(name, "amzsignature", "googsignature", "amzcredential", "googcredential")
}

// secretName is the list in the comment of names.
func secretName(name []byte) bool {
	if len(name) < 3 {
		return false
	}
	switch string(name) {
	case "pass", "sid", "auth", "xauth", "authkey", "authenticationinfo":
		return true
	}
	return secretStem(name) || secretEnding(name)
}

// secretStem looks for the words that make a name secret wherever they stand.
func secretStem(name []byte) bool {
	for i := 0; i+6 <= len(name); i++ {
		switch {
		case name[i] == 's' && startsWith(name[i:], "secret") && !startsWith(name[i:], "secretar"):
			return true
		case name[i] == 'p' && startsWith(name[i:], "password", "passwd", "passphrase"):
			return true
		}
	}
	return false
}

func secretEnding(name []byte) bool {
	switch name[len(name)-1] {
	case 'n':
		return endsIn(name, "token") && !endsIn(name, "nexttoken", "pagetoken", "continuationtoken", "synctoken") ||
			endsIn(name, "authorization")
	case 'd':
		return endsIn(name, "pwd", "sessionid", "sessid")
	case 'y':
		return endsIn(name, "apikey", "accesskey", "privatekey", "signingkey", "encryptionkey",
			"sessionkey", "subscriptionkey", "functionskey", "masterkey")
	case 'l', 's':
		return endsIn(name, "credential", "credentials")
	case 't':
		return endsIn(name, "jwt")
	}
	return false
}

func endsIn(name []byte, endings ...string) bool {
	for _, e := range endings {
		if len(name) >= len(e) && string(name[len(name)-len(e):]) == e {
			return true
		}
	}
	return false
}

func startsWith(name []byte, beginnings ...string) bool {
	for _, b := range beginnings {
		if len(name) >= len(b) && string(name[:len(b)]) == b {
			return true
		}
	}
	return false
}
