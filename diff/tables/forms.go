package tables

import (
	"bytes"
	"slices"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/jsondiff"
)

// forms is the form that the cells of a pair share, where rows are found by them:
// what judge calls equal has equal bytes then. A cell that has no such form stays
// as it is.
type forms struct {
	class snapshot.Class
	of    [2]convert // of old and new; nil: as it is
}

// formsOf returns false where two columns have no form in common.
func formsOf(q *pair) (forms, bool) {
	a, b := q.oldColumn, q.newColumn
	if q.mode == always {
		return forms{class: b.Class, of: [2]convert{transformed(q), nil}}, true
	}
	if !q.key && areDocuments(a, b) {
		return forms{class: snapshot.JSON, of: [2]convert{toDocument, toDocument}}, true
	}
	if a.Class == b.Class {
		return sameClassForms(q), true
	}
	if q.key && mayBeObjectIDs(a, b) {
		return forms{class: snapshot.Bytes, of: [2]convert{toObjectID, toObjectID}}, true
	}
	if f, ok := acrossForms(a, b, q.key); ok {
		return f, true
	}
	f, ok := acrossForms(b, a, q.key)
	f.of[0], f.of[1] = f.of[1], f.of[0]
	return f, ok
}

func sameClassForms(q *pair) forms {
	f := forms{class: q.oldColumn.Class}
	if q.mode == byChecksum {
		return f
	}
	var c convert
	old, new := q.oldColumn, q.newColumn
	padded := old.Padded || new.Padded
	switch f.class {
	case snapshot.Text:
		if isSet(old) || isSet(new) {
			c = sortedMembers
		} else if isZonedTime(old) && isZonedTime(new) {
			coarse := min(old.Precision, new.Precision)
			c = func(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
				return class, coarserZoned(nil, c, coarse)
			}
		} else if padded {
			c = func(class snapshot.Class, c []byte) (snapshot.Class, []byte) { return class, trimBlanks(c) }
		}
	case snapshot.Bytes:
		if padded {
			c = func(class snapshot.Class, c []byte) (snapshot.Class, []byte) { return class, trimZeros(c) }
		}
	case snapshot.Float:
		if (old.Bits == 32) != (new.Bits == 32) {
			c = narrowed
		}
	case snapshot.Instant, snapshot.WallTime, snapshot.Time:
		coarse := min(digits(old), digits(new))
		c = func(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
			return class, coarser(nil, class, c, coarse)
		}
	}
	f.of = [2]convert{only(f.class, c), only(f.class, c)}
	return f
}

// only leaves the cells of other classes as they are.
func only(class snapshot.Class, f convert) convert {
	if f == nil {
		return nil
	}
	return func(of snapshot.Class, c []byte) (snapshot.Class, []byte) {
		if of != class {
			return of, c
		}
		return f(of, c)
	}
}

func sortedMembers(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	list := members(c)
	slices.Sort(list)
	return class, []byte(strings.Join(list, ","))
}

func narrowed(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	return class, snapshot.AppendFloat(nil, float64(float32(snapshot.FloatValue(c))))
}

// mayBeObjectIDs reports whether two classes meet only where they hold ObjectIds: a
// document is no other key's form, and 24 digits stand in no 12 bytes.
func mayBeObjectIDs(a, b *snapshot.Column) bool {
	if a.Class == snapshot.JSON || a.Class == snapshot.Text && b.Class == snapshot.Bytes {
		a, b = b, a
	}
	switch {
	case b.Class == snapshot.JSON:
		return a.Class == snapshot.Text || a.Class == snapshot.Bytes
	case b.Class == snapshot.Text && a.Class == snapshot.Bytes:
		return a.Length == objectIDBytes && b.Length == 2*objectIDBytes
	}
	return false
}

// acrossForms brings a's class into b's. Digits in text name a row whose key is a
// number; other than in a key they are no number.
func acrossForms(a, b *snapshot.Column, key bool) (forms, bool) {
	var c convert
	switch {
	case a.Class == snapshot.Text && b.Class == snapshot.UUID, a.Class == snapshot.Bytes && b.Class == snapshot.UUID:
		c = toUUID
	case a.Class == snapshot.Text && b.Class == snapshot.Number && isBit(a):
		c = bitsToNumber
	case a.Class == snapshot.Text && b.Class == snapshot.Bool && isBit(a):
		c = bitToBool
	case key && a.Class == snapshot.Text && b.Class == snapshot.Number, a.Class == snapshot.Bool && b.Class == snapshot.Number:
		c = toNumber
	case a.Class == snapshot.Float && b.Class == snapshot.Number:
		c = floatToNumber(a.Bits)
	case a.Class == snapshot.Date && b.Class == snapshot.WallTime:
		c = func(_ snapshot.Class, c []byte) (snapshot.Class, []byte) { return snapshot.WallTime, midnight(c) }
	case a.Class == snapshot.Interval && b.Class == snapshot.Time:
		c = intervalToTime
	case a.Class == snapshot.Text && b.Class == snapshot.Bytes:
		c = func(_ snapshot.Class, c []byte) (snapshot.Class, []byte) { return snapshot.Bytes, c }
	default:
		return forms{}, false
	}
	return forms{class: b.Class, of: [2]convert{only(a.Class, c), nil}}, true
}

// areDocuments reports whether a cell of one column may be that of the other spelled
// differently, as JSON or a list. Tokens are none.
func areDocuments(a, b *snapshot.Column) bool {
	if a.Redacted || b.Redacted {
		return false
	}
	document := func(c *snapshot.Column) bool { return c.Class == snapshot.JSON || c.Class == snapshot.List }
	return document(a) && document(b) ||
		a.Class == snapshot.JSON && b.Class == snapshot.Text || a.Class == snapshot.Text && b.Class == snapshot.JSON
}

// toDocument: what is no JSON stays as it is.
func toDocument(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	if class != snapshot.JSON && class != snapshot.List && class != snapshot.Text {
		return class, c
	}
	form, err := jsondiff.AppendCanonical(nil, c, jsondiff.Limits{})
	if err != nil {
		return class, c
	}
	return snapshot.JSON, form
}

func toUUID(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	switch class {
	case snapshot.Text:
		if id, ok := parseUUID(c); ok {
			return snapshot.UUID, id
		}
	case snapshot.Bytes:
		if len(c) == 16 {
			return snapshot.UUID, c
		}
	}
	return class, c
}

func toNumber(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	switch class {
	case snapshot.Text:
		if n, err := snapshot.AppendNumberText(nil, string(c)); err == nil && isPlain(c) {
			return snapshot.Number, n
		}
	case snapshot.Bool:
		if len(c) == 1 {
			return snapshot.Number, snapshot.AppendInt(nil, int64(c[0]))
		}
	}
	return class, c
}

// isPlain reports whether a text spells a number as stores write them: 007, +7 and 7e0
// are labels, and may stand beside 7.
func isPlain(text []byte) bool {
	digits := bytes.TrimPrefix(text, []byte("-"))
	return len(bytes.Trim(digits, "0123456789.")) == 0 && (len(digits) < 2 || digits[0] != '0' || digits[1] == '.')
}

func bitsToNumber(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	if n, ok := bitTextAsNumber(c); ok {
		return snapshot.Number, n
	}
	return class, c
}

func bitToBool(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	if text := string(c); text == "0" || text == "1" {
		return snapshot.Bool, []byte{c[0] - '0'}
	}
	return class, c
}

func intervalToTime(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	if clock, ok := clockOfInterval(c); ok {
		return snapshot.Time, clock
	}
	return class, c
}

func floatToNumber(bits int) convert {
	return func(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
		if class == snapshot.Float {
			if n, err := floatAsNumber(snapshot.FloatValue(c), bits); err == nil {
				return snapshot.Number, n
			}
		}
		return class, c
	}
}

// transformed is what the mapping makes of a cell, in the class of the new column.
func transformed(q *pair) convert {
	return func(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
		to, made, err := q.judge.Transform(class, c)
		if err != nil {
			return class, c // it will have no partner
		}
		if to == snapshot.Text && q.newColumn.Class == snapshot.Number {
			return toNumber(to, made)
		}
		return to, made
	}
}
