package mapping

import (
	"encoding/hex"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/expression"
	"parallax/internal/jsoncut"
)

// fromJSON returns the cell that a JSON value is: a number with all its digits,
// a text, a truth value, null, and objects and arrays as they stand.
func fromJSON(dst, value []byte) (snapshot.Class, []byte, error) {
	switch value[0] {
	case 'n':
		return snapshot.Null, dst, nil
	case 't', 'f':
		return snapshot.Bool, snapshot.AppendBool(dst, value[0] == 't'), nil
	case '"':
		return snapshot.Text, append(dst, jsoncut.Unquote(value)...), nil
	case '{', '[':
		return snapshot.JSON, append(dst, value...), nil
	}
	dst, err := snapshot.AppendNumberText(dst, string(value))
	return snapshot.Number, dst, err
}

// spelled reads a JSON text as what it spells, where the column it is compared
// with holds that: JSON has no times and no ids of its own. A text that does not
// spell it stays a text, and is a difference.
func spelled(want snapshot.Class, text []byte) (snapshot.Class, []byte) {
	switch want {
	case snapshot.Date, snapshot.Instant, snapshot.WallTime:
		if c, err := expression.ParseTime(want, string(text)); err == nil {
			return want, c
		}
	case snapshot.UUID:
		id, err := hex.DecodeString(strings.ReplaceAll(string(text), "-", ""))
		if err == nil && len(id) == 16 {
			return want, id
		}
	}
	return snapshot.Text, text
}

// asDouble makes a double of a number for a column of doubles, where the double
// is that number in its shortest decimal; other numbers stay, and are differences.
func asDouble(want snapshot.Class, c []byte) (snapshot.Class, []byte) {
	r, ok := expression.Number(snapshot.Number, c)
	if !ok || want != snapshot.Float {
		return snapshot.Number, c
	}
	nearest, _ := r.Float64()
	double := snapshot.AppendFloat(nil, nearest)
	if back, ok := expression.Number(snapshot.Float, double); !ok || back.Cmp(r) != 0 {
		return snapshot.Number, c
	}
	return snapshot.Float, double
}
