package redact

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"
)

// maxBasic bounds the credentials that are looked for in texts.
const maxBasic = 4096

// basics looks for "Basic" credentials that an answer gives back where no name
// tells of them: a server that lists its request's headers. What is no user and
// password in base64 is a word after "basic". "asic " is rarer than a B.
func (f *finder) basics(b []byte) {
	for i := 0; i < len(b); {
		j := bytes.Index(b[i:], []byte("asic "))
		if j < 0 {
			return
		}
		at := i + j
		i = at + len("asic ")
		if at == 0 || b[at-1]|0x20 != 'b' {
			continue
		}
		for i < len(b) && b[i] == ' ' {
			i++
		}
		if to := basicEnd(b, i); isUserAndPassword(b[i:to]) {
			f.add(b, i, to, ruleAuthorization, b[i:to])
			i = to
		}
	}
}

// basicEnd returns where the base64 at b[from:] ends.
func basicEnd(b []byte, from int) int {
	to := from
	for to < len(b) && to-from < maxBasic && (isDigit(b[to]) || b[to]|0x20 >= 'a' && b[to]|0x20 <= 'z' || b[to] == '+' || b[to] == '/') {
		to++
	}
	for to < len(b) && to-from < maxBasic && b[to] == '=' {
		to++
	}
	return to
}

func isUserAndPassword(text []byte) bool {
	text = bytes.TrimRight(text, "=")
	plain := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(plain, text)
	if plain = plain[:n]; err != nil || bytes.IndexByte(plain, ':') < 0 || !utf8.Valid(plain) {
		return false
	}
	return bytes.IndexFunc(plain, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}
