package redact

import (
	"bytes"
	"encoding/base64"
)

// maxAuthority bounds how far user info is looked for.
const maxAuthority = 1024

// userInfo notes the user info of the URL whose colon stands at b[i]; the
// slashes may be escaped as in JSON (":\/\/").
func (f *finder) userInfo(b []byte, i int) {
	from := i + 1
	for range 2 {
		if from < len(b) && b[from] == '\\' {
			from++
		}
		if from == len(b) || b[from] != '/' {
			return
		}
		from++
	}
	if to := userInfoEnd(b, from); to > from {
		f.add(b, from, to, ruleUserInfo, unpercent(b[from:to]))
	}
}

// userInfoEnd returns the position of the authority's last @, or from.
func userInfoEnd(b []byte, from int) int {
	at := from
	for i := from; i < len(b) && i-from < maxAuthority; i++ {
		switch c := b[i]; {
		case c == '@':
			at = i
		case c <= ' ' || bytes.IndexByte([]byte(`/?#"'<>\,`), c) >= 0:
			return at
		}
	}
	return at
}

// jwts looks for JSON Web Tokens: base64url texts joined by dots, of which the
// first is a JSON object. A capital J is rare, "ey" before it rarer.
func (f *finder) jwts(b []byte) {
	for i := 0; i < len(b); i++ {
		j := bytes.IndexByte(b[i:], 'J')
		if j < 0 {
			return
		}
		i += j
		if i < 2 || b[i-2] != 'e' || b[i-1] != 'y' {
			continue
		}
		end, ok := jwtEnd(b, i-2)
		if ok {
			f.add(b, i-2, end, ruleJWT, b[i-2:end])
		}
		i = end - 1 // never look at a stretch twice: it may be all "eyJ"
	}
}

// jwtEnd returns where the stretch of base64url and dots at b[from:] ends, and
// whether it is a JWT. One has three parts, five if it is encrypted; a truncated
// text may end in any.
func jwtEnd(b []byte, from int) (end int, ok bool) {
	i, dots, first := from, 0, 0
	for ; i < len(b); i++ {
		if b[i] == '.' && dots < 4 {
			if dots++; dots == 1 {
				first = i
			}
			continue
		}
		if !isBase64URL(b[i]) {
			break
		}
	}
	for b[i-1] == '.' && dots > 2 { // a sentence's full stop
		i, dots = i-1, dots-1
	}
	enough := dots >= 2 || dots == 1 && i == len(b)
	return i, enough && isJSONHeader(b[from:first])
}

func isJSONHeader(b []byte) bool {
	var room [512]byte
	if len(b) > 512 {
		b = b[:512]
	}
	n, _ := base64.RawURLEncoding.Decode(room[:], b[:len(b)/4*4])
	return n > 3 && room[0] == '{' && bytes.IndexByte(room[:n], '"') > 0
}

func isBase64URL(b byte) bool {
	return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '-' || b == '_'
}

// keys looks for PEM private keys. A capital G is rarer than a dash.
func (f *finder) keys(b []byte) {
	const begin = "-----BEGIN"
	last := -2 // not known yet
	for i := 0; i < len(b); i++ {
		j := bytes.IndexByte(b[i:], 'G')
		if j < 0 {
			return
		}
		i += j
		from := i + 3 - len(begin)
		if from < 0 || i+3 > len(b) || string(b[from:i+3]) != begin {
			continue
		}
		if last == -2 {
			last = bytes.LastIndex(b, []byte("-----END"))
		}
		if end := pemEnd(b, from, i+3, last); end > from {
			f.add(b, from, end, rulePEM, pemValue(b[from:end]))
			i = end - 1
		}
	}
}

// pemEnd returns where the private key whose label follows b[label] ends, or
// from where it is something else; last is where the text's last "-----END"
// stands. A key without an end goes on to the next quote.
func pemEnd(b []byte, from, label, last int) int {
	head := b[label:min(len(b), label+64)]
	if i := bytes.Index(head, []byte("-----")); i >= 0 {
		head = head[:i]
	}
	if !bytes.Contains(head, []byte("PRIVATE KEY")) {
		return from
	}
	rest := b[label:]
	if last >= label {
		i := bytes.Index(rest, []byte("-----END"))
		if j := bytes.Index(rest[i+8:], []byte("-----")); j >= 0 {
			return label + i + 8 + j + 5
		}
	}
	if i := bytes.IndexByte(rest, '"'); i >= 0 {
		return label + i
	}
	return len(b)
}

// pemValue takes the line ends out, raw and escaped.
func pemValue(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '\\' && i+1 < len(b) && (b[i+1] == 'n' || b[i+1] == 'r'):
			i++
		case b[i] == '\n' || b[i] == '\r' || b[i] == '\\':
		default:
			out = append(out, b[i])
		}
	}
	return out
}
