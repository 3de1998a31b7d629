package tables

import (
	"slices"
	"strings"

	"parallax/capture/snapshot"
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
	if a.Class == b.Class {
		return sameClassForms(q), true
	}
	if f, ok := acrossForms(a, b); ok {
		return f, true
	}
	f, ok := acrossForms(b, a)
	f.of[0], f.of[1] = f.of[1], f.of[0]
	return f, ok
}

func sameClassForms(q *pair) forms {
	f := forms{class: q.oldColumn.Class}
	if q.mode == byChecksum {
		return f
	}
	var c convert
	coarse := min(digits(q.oldColumn), digits(q.newColumn))
	switch f.class {
	case snapshot.Text:
		c = func(class snapshot.Class, c []byte) (snapshot.Class, []byte) { return class, trimBlanks(c) }
		if isSet(q.oldColumn) || isSet(q.newColumn) {
			c = sortedMembers
		}
	case snapshot.Bytes:
		c = func(class snapshot.Class, c []byte) (snapshot.Class, []byte) { return class, trimZeros(c) }
	case snapshot.Float:
		c = narrowed
	case snapshot.Instant, snapshot.WallTime, snapshot.Time:
		c = func(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
			if class != f.class {
				return class, c
			}
			return class, coarser(nil, class, c, coarse)
		}
	}
	f.of = [2]convert{c, c}
	return f
}

func sortedMembers(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	list := members(c)
	slices.Sort(list)
	return class, []byte(strings.Join(list, ","))
}

func narrowed(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	if class != snapshot.Float {
		return class, c
	}
	return class, snapshot.AppendFloat(nil, float64(float32(snapshot.FloatValue(c))))
}

// acrossForms brings a's class into b's, or both into a third.
func acrossForms(a, b *snapshot.Column) (forms, bool) {
	var c convert
	switch {
	case a.Class == snapshot.Text && b.Class == snapshot.UUID, a.Class == snapshot.Bytes && b.Class == snapshot.UUID:
		c = toUUID
	case a.Class == snapshot.Text && b.Class == snapshot.Number, a.Class == snapshot.Bool && b.Class == snapshot.Number:
		c = toNumber
	case a.Class == snapshot.Float && b.Class == snapshot.Number:
		c = floatToNumber(a.Bits)
	case a.Class == snapshot.Date && b.Class == snapshot.WallTime:
		c = func(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
			if class != snapshot.Date {
				return class, c
			}
			return snapshot.WallTime, midnight(c)
		}
	case a.Class == snapshot.Text && b.Class == snapshot.Bytes:
		c = func(_ snapshot.Class, c []byte) (snapshot.Class, []byte) { return snapshot.Bytes, c }
	default:
		return forms{}, false
	}
	return forms{class: b.Class, of: [2]convert{c, nil}}, true
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
		if n, err := snapshot.AppendNumberText(nil, string(c)); err == nil {
			return snapshot.Number, n
		}
	case snapshot.Bool:
		return snapshot.Number, snapshot.AppendInt(nil, int64(c[0]))
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
