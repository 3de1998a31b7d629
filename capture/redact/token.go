package redact

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash"
	"strconv"
	"strings"
)

const (
	tokenPrefix = "redacted-"
	tokenDigits = 16
	tokenLength = len(tokenPrefix) + tokenDigits
	// numberMark ends a number that is a token. Nobody writes a whole number
	// with this exponent, it changes no value, and it is valid JSON.
	numberMark = "E+0"
	// numberDigits is the length of every number from 2^52 to 2^53.
	numberDigits = 16
	// domain groups the values that must stay equal across places. All secrets
	// share one: a token issued in JSON comes back in a header or a cookie.
	domain = "secret"
	// bodyDomain is that of the hash of a truncated body.
	bodyDomain = "body"
)

// IsToken reports whether s is a token and nothing else.
func IsToken(s string) bool {
	return strings.HasPrefix(s, tokenPrefix) && len(s) == tokenLength && isBase32(s[len(tokenPrefix):]) || isNumberToken(s)
}

// Contains reports whether a token stands anywhere in s.
func Contains(s string) bool {
	for i := strings.Index(s, tokenPrefix); i >= 0; {
		if len(s)-i >= tokenLength && isBase32(s[i+len(tokenPrefix):i+tokenLength]) {
			return true
		}
		next := strings.Index(s[i+1:], tokenPrefix)
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return containsNumber(s)
}

func containsNumber(s string) bool {
	for at := 0; ; {
		i := strings.Index(s[at:], numberMark)
		if i < 0 {
			return false
		}
		from := at + i - numberDigits
		at += i + len(numberMark)
		if from >= 0 && isNumberToken(s[from:at]) &&
			(from == 0 || !isDigit(s[from-1])) && (at == len(s) || !isDigit(s[at])) {
			return true
		}
	}
}

func isNumberToken(s string) bool {
	digits, ok := strings.CutSuffix(s, numberMark)
	if !ok || len(digits) != numberDigits {
		return false
	}
	for i := 0; i < len(digits); i++ {
		if !isDigit(digits[i]) {
			return false
		}
	}
	return true
}

func isBase32(s string) bool {
	for i := 0; i < len(s); i++ {
		if (s[i] < 'a' || s[i] > 'z') && (s[i] < '2' || s[i] > '7') {
			return false
		}
	}
	return true
}

// tokenizer makes tokens under one key. It is not safe for concurrent use.
type tokenizer struct {
	mac  hash.Hash
	sum  []byte
	text *base32.Encoding
}

func newTokenizer(key Key) tokenizer {
	return tokenizer{
		mac:  hmac.New(sha256.New, key.secret[:]),
		sum:  make([]byte, 0, sha256.Size),
		text: base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567"),
	}
}

// of returns HMAC(key, domain 0x00 value), valid until the next call.
func (t *tokenizer) of(domain string, value []byte) []byte {
	t.mac.Reset()
	t.sum = append(append(t.sum[:0], domain...), 0)
	t.mac.Write(t.sum)
	t.mac.Write(value)
	t.sum = t.mac.Sum(t.sum[:0])
	return t.sum
}

func (t *tokenizer) appendToken(dst, value []byte) []byte {
	sum := t.of(domain, value)
	return t.text.AppendEncode(append(dst, tokenPrefix...), sum[:10])
}

func (t *tokenizer) appendNumber(dst, value []byte) []byte {
	n := binary.BigEndian.Uint64(t.of(domain, plainNumber(value)))>>12 | 1<<52
	return append(strconv.AppendUint(dst, n, 10), numberMark...)
}

// plainNumber is a number without zeros that end its fraction, as cells of tables
// hold it: 1.50 and 1.5 are one value and get one token. Numbers with an exponent are
// taken as they are written, since it alone may make of them as many digits as fill
// the memory.
func plainNumber(value []byte) []byte {
	if bytes.IndexByte(value, '.') < 0 || bytes.ContainsAny(value, "eE") {
		return value
	}
	return bytes.TrimSuffix(bytes.TrimRight(value, "0"), []byte("."))
}
