package tables

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	unicodenorm "golang.org/x/text/unicode/norm"

	"parallax/capture/snapshot"
)

// texts judges two texts, which differ.
func texts(c *cells) verdict {
	switch {
	case isSet(c.old) || isSet(c.new):
		if sameMembers(members(c.a), members(c.b)) {
			return equalBy(setOrder)
		}
	case (c.old.Padded || c.new.Padded) && bytes.Equal(trimBlanks(c.a), trimBlanks(c.b)):
		return equalBy(charPadding)
	case isZonedTime(c.old) || isZonedTime(c.new):
		return zonedTimes(c)
	}
	return textHint(c)
}

func trimBlanks(b []byte) []byte { return bytes.TrimRight(b, " ") }

// textHint looks for a known cause.
func textHint(c *cells) verdict {
	a, b := c.a, c.b
	switch {
	case !utf8.Valid(a) || !utf8.Valid(b):
		return warned(ClassInvalidUTF8)
	case len(a) == 0 && len(c.old.Labels) > 0 || len(b) == 0 && len(c.new.Labels) > 0:
		return warned(ClassEmptyLabel)
	case bytes.Equal(trimBlanks(a), trimBlanks(b)):
		return changed(ClassTrailingSpace)
	case bytes.Equal(unicodenorm.NFC.Bytes(a), unicodenorm.NFC.Bytes(b)):
		return warned(ClassNormalisation)
	case bytes.EqualFold(a, b):
		return changed(ClassCaseOnly)
	case bytes.Equal(withoutSpace(a), withoutSpace(b)):
		return changed(ClassWhiteSpace)
	case bytes.Equal(withoutEscapes(a), withoutEscapes(b)):
		return changed(ClassEscape)
	case cutAtZero(a, b) || cutAtZero(b, a):
		return changed(ClassZeroByte)
	case truncated(a, b, c.new.Length) || truncated(b, a, c.old.Length):
		return changed(ClassTruncated)
	}
	return changed("")
}

func withoutSpace(b []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, b)
}

func withoutEscapes(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`\`), nil) }

func cutAtZero(whole, part []byte) bool {
	i := bytes.IndexByte(whole, 0)
	return i >= 0 && bytes.Equal(whole[:i], part)
}

func truncated(whole, part []byte, length int) bool {
	return len(part) > 0 && bytes.HasPrefix(whole, part) && length > 0 && utf8.RuneCount(part) == length
}

// byteStrings judges two byte strings, which differ.
func byteStrings(c *cells) verdict {
	if bytes.Equal(trimZeros(c.a), trimZeros(c.b)) {
		if c.old.Padded || c.new.Padded {
			return equalBy(zeroPadding)
		}
		return changed(ClassTrailingZeros)
	}
	if isBit(c.old) && isBit(c.new) && bytes.Equal(bytes.TrimLeft(c.a, "\x00"), bytes.TrimLeft(c.b, "\x00")) {
		return equalBy(bitAsNumber)
	}
	return changed("")
}

func trimZeros(b []byte) []byte { return bytes.TrimRight(b, "\x00") }

// uuids judges two UUIDs, which differ.
func uuids(a, b []byte) verdict {
	if len(a) == 16 && len(b) == 16 && (bytes.Equal(swapTime(a), b) || bytes.Equal(swapTime(b), a) || bytes.Equal(swapFields(a), b)) {
		return changed(ClassByteOrder)
	}
	return changed("")
}

// swapTime is the order of MySQL's uuid_to_bin(x, 1): time_hi, time_mid, time_low.
func swapTime(b []byte) []byte {
	return bytes.Join([][]byte{b[6:8], b[4:6], b[0:4], b[8:]}, nil)
}

// swapFields is the order of GUIDs: the first three fields least byte first.
func swapFields(b []byte) []byte {
	s := bytes.Clone(b)
	s[0], s[1], s[2], s[3] = b[3], b[2], b[1], b[0]
	s[4], s[5], s[6], s[7] = b[5], b[4], b[7], b[6]
	return s
}

// uuidAcross judges a UUID beside text and bytes.
func uuidAcross(c *cells) (verdict, bool) {
	switch c.newClass {
	case snapshot.Text:
		id, ok := parseUUID(c.b)
		switch {
		case ok && bytes.Equal(id, c.a):
			return equalBy(uuidForm), true
		case ok:
			return uuids(c.a, id), true
		}
	case snapshot.Bytes:
		switch {
		case bytes.Equal(c.a, c.b):
			return equalBy(uuidForm), true
		case len(c.b) == 16:
			return uuids(c.a, c.b), true
		}
	}
	return verdict{}, false
}

// parseUUID reads a UUID in any case, with or without braces and dashes.
func parseUUID(text []byte) ([]byte, bool) {
	s := strings.TrimPrefix(strings.ToLower(string(bytes.TrimSpace(text))), "urn:uuid:")
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
		s = s[1 : len(s)-1]
	}
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		s = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	id, err := hex.DecodeString(s)
	return id, err == nil && len(id) == 16
}

// textAcross judges a text beside bytes: the same bytes are the same value where
// the columns say so. Bytes among a column of text are what was no UTF-8.
func textAcross(c *cells) (verdict, bool) {
	switch {
	case c.newClass != snapshot.Bytes:
	case !utf8.Valid(c.b) && c.new.Class == snapshot.Text:
		return warned(ClassInvalidUTF8), true
	case bytes.Equal(c.a, c.b):
		return equalBy(textAsBytes), true
	case sameObjectID(c):
		return equalBy(objectIDForm), true
	default:
		if id, ok := parseUUID(c.a); ok && len(c.b) == 16 {
			if bytes.Equal(id, c.b) {
				return equalBy(uuidForm), true
			}
			return uuids(id, c.b), true
		}
	}
	return verdict{}, false
}

var zeroDate = regexp.MustCompile(`^\d{4}-(00-\d\d|\d\d-00)($|[ T])`)

// isZeroDate reports whether a cell is one of MySQL's dates that are none, which
// stand as text in columns of dates.
func isZeroDate(column *snapshot.Column, class snapshot.Class, c []byte) bool {
	if class != snapshot.Text || len(c) > 40 {
		return false
	}
	switch column.Class {
	case snapshot.Date, snapshot.WallTime, snapshot.Instant, snapshot.Text:
		return zeroDate.Match(c)
	}
	return false
}
