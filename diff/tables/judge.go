package tables

import (
	"bytes"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// cell is one cell of one side.
type cell struct {
	class  snapshot.Class
	bytes  []byte
	column *snapshot.Column
}

// verdict is what was found of two cells whose canonical bytes are not the same.
type verdict struct {
	// equal under rule, which is counted.
	equal bool
	rule  builtin
	// Otherwise the difference's kind, class and severity.
	kind     comparison.Kind
	class    string
	severity comparison.Severity
}

func under(rule builtin) verdict { return verdict{equal: true, rule: rule} }

func changed(class string) verdict {
	return verdict{kind: comparison.Changed, class: class, severity: comparison.Error}
}

func typeChanged(class string) verdict {
	return verdict{kind: comparison.TypeChanged, class: class, severity: comparison.Error}
}

// warning marks a difference that a policy may allow by its class.
func (v verdict) warning() verdict {
	v.severity = comparison.Warning
	return v
}

// judge compares two cells that are not the same. A JSON document that differs is
// gone into by its caller.
func judge(old, new cell) verdict {
	if old.class == snapshot.Null || new.class == snapshot.Null {
		return judgeNull(old, new)
	}
	if old.class == new.class {
		return judgeSame(old, new)
	}
	if v, ok := judgeMixed(old, new); ok {
		return v
	}
	if v, ok := judgeMixed(new, old); ok {
		return v
	}
	return typeChanged("type drift")
}

// judgeNull tells the values apart that other stores write where one has none.
func judgeNull(old, new cell) verdict {
	value := old
	if old.class == snapshot.Null {
		value = new
	}
	switch {
	case value.class == snapshot.Text && len(value.bytes) == 0:
		return changed("null or empty")
	case isNaN(value):
		return changed("nan or null").warning()
	case isZeroDate(value):
		return changed("zero date").warning()
	}
	return changed("null or a value")
}

func isNaN(c cell) bool {
	return c.class == snapshot.Float && math.IsNaN(snapshot.FloatValue(c.bytes)) ||
		c.class == snapshot.Number && bytes.Equal(c.bytes, snapshot.AppendNaN(nil))
}

// isZeroDate knows MySQL's 0000-00-00 and 2024-00-00, which stand as text in a
// column of dates.
func isZeroDate(c cell) bool {
	return c.class == snapshot.Text && c.column.Class != snapshot.Text && len(c.bytes) >= 10 &&
		(bytes.HasPrefix(c.bytes, []byte("0000-")) || string(c.bytes[5:7]) == "00" || string(c.bytes[8:10]) == "00")
}

func judgeSame(old, new cell) verdict {
	switch old.class {
	case snapshot.Float:
		return judgeFloats(old, new)
	case snapshot.Number:
		return judgeNumbers(old, new)
	case snapshot.Text:
		return judgeTexts(old, new)
	case snapshot.Bytes:
		return judgeBytes(old, new)
	case snapshot.Instant, snapshot.WallTime:
		return judgeTimes(old, new)
	}
	return changed("")
}

func judgeFloats(old, new cell) verdict {
	a, b := snapshot.FloatValue(old.bytes), snapshot.FloatValue(new.bytes)
	switch {
	case a == b: // 0 and -0
		return under(negativeZero)
	case old.column.Bits != new.column.Bits && float32(a) == float32(b):
		return under(floatWidth)
	}
	return changed("")
}

func judgeNumbers(old, new cell) verdict {
	a, sa, okA := snapshot.NumberBig(old.bytes)
	b, sb, okB := snapshot.NumberBig(new.bytes)
	if !okA || !okB {
		return changed("")
	}
	scale := max(sa, sb, old.column.Scale, new.column.Scale)
	delta := new2(b, scale-sb)
	delta.Sub(delta, new2(a, scale-sa)).Abs(delta)
	switch {
	case scale > 0 && scale == max(old.column.Scale, new.column.Scale) && delta.IsInt64() && delta.Int64() == 1:
		return changed("half-even or half-up")
	case sa == 0 && sb == 0 && isPowerOfTwo(delta, 64, 32):
		return changed("wrapped")
	}
	return changed("")
}

// new2 is v times 10^n, in memory of its own.
func new2(v *big.Int, n int) *big.Int {
	return new(big.Int).Mul(v, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
}

func isPowerOfTwo(v *big.Int, powers ...uint) bool {
	for _, p := range powers {
		if v.Cmp(new(big.Int).Lsh(big.NewInt(1), p)) == 0 {
			return true
		}
	}
	return false
}

func judgeTexts(old, new cell) verdict {
	a, b := string(old.bytes), string(new.bytes)
	trimmed := strings.TrimRight(a, " ") == strings.TrimRight(b, " ")
	switch {
	case trimmed && (old.column.Padded || new.column.Padded):
		return under(charPadding)
	case isSet(old.column) && isSet(new.column) && sameMembers(strings.Split(a, ","), strings.Split(b, ",")):
		return under(setOrder)
	case trimmed:
		return changed("trailing space")
	case strings.ReplaceAll(a, `\`, "") == strings.ReplaceAll(b, `\`, ""):
		return changed("escape")
	case strings.EqualFold(a, b):
		return changed("case only")
	case strings.Join(strings.Fields(a), "") == strings.Join(strings.Fields(b), ""):
		return changed("white space")
	case sameForm(a, b):
		return changed("normalisation only").warning()
	}
	return changed("")
}

func isSet(c *snapshot.Column) bool {
	return len(c.Labels) > 0 && strings.HasPrefix(strings.ToLower(c.Declared), "set")
}

func sameMembers(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func judgeBytes(old, new cell) verdict {
	if (old.column.Padded || new.column.Padded) && bytes.Equal(bytes.TrimRight(old.bytes, "\x00"), bytes.TrimRight(new.bytes, "\x00")) {
		return under(zeroPadding)
	}
	return changed("")
}

// judgeTimes compares at the coarser of two declared precisions. A value that was
// rounded where the other side cuts is a difference of its own class.
func judgeTimes(old, new cell) verdict {
	precision := min(old.column.Precision, new.column.Precision)
	if old.column.Precision == new.column.Precision {
		return changed("")
	}
	unit := int64(1)
	for range max(9-precision, 0) {
		unit *= 10
	}
	sa, na := snapshot.SecondsValue(old.bytes)
	sb, nb := snapshot.SecondsValue(new.bytes)
	ca, cb := int64(na)/unit, int64(nb)/unit
	switch apart := (sb-sa)*(1e9/unit) + cb - ca; {
	case apart == 0:
		return under(timePrecision)
	case apart == 1 || apart == -1:
		return changed("round or truncate")
	}
	return changed("")
}

// judgeMixed compares two cells of different classes, in one order of the classes.
func judgeMixed(a, b cell) (verdict, bool) {
	switch {
	case isZeroDate(a) && (b.class == snapshot.Date || b.class == snapshot.WallTime || b.class == snapshot.Instant):
		return typeChanged("zero date").warning(), true
	case a.class == snapshot.Number && b.class == snapshot.Float:
		return decimalAndDouble(a, b), true
	case a.class == snapshot.Bool && b.class == snapshot.Number:
		if n, ok := snapshot.NumberInt(b.bytes); ok && len(a.bytes) == 1 && n == int64(a.bytes[0]) {
			return under(boolAsNumber), true
		}
		return typeChanged(""), true
	case a.class == snapshot.UUID && (b.class == snapshot.Text || b.class == snapshot.Bytes):
		if isUUID(a.bytes, b) {
			return under(uuidForm), true
		}
		return typeChanged(""), true
	case a.class == snapshot.Instant && b.class == snapshot.WallTime:
		if bytes.Equal(a.bytes, b.bytes) {
			return typeChanged("zone undeclared").warning(), true
		}
		return typeChanged(""), true
	case a.class == snapshot.Date && (b.class == snapshot.WallTime || b.class == snapshot.Instant):
		if sec, nsec := snapshot.SecondsValue(b.bytes); nsec == 0 && sec == int64(snapshot.DaysValue(a.bytes))*86400 {
			return typeChanged("date as midnight").warning(), true
		}
		return typeChanged(""), true
	case a.class == snapshot.List && b.class == snapshot.Text && isSet(b.column):
		if members, ok := listMembers(a.bytes); ok && sameMembers(members, strings.Split(string(b.bytes), ",")) {
			return under(setOrder), true
		}
		return typeChanged(""), true
	case a.class == snapshot.Text && b.class == snapshot.Bytes && b.column.Class == snapshot.Text:
		return typeChanged("invalid utf-8").warning(), true
	}
	return verdict{}, false
}

// decimalAndDouble: a double is the decimal that is its shortest text. It keeps
// none of what a decimal of more digits holds.
func decimalAndDouble(number, double cell) verdict {
	f := snapshot.FloatValue(double.bytes)
	bits := 64
	if double.column.Bits == 32 {
		bits = 32
	}
	text, err := snapshot.AppendNumberText(nil, strconv.FormatFloat(f, 'g', -1, bits))
	switch {
	case err != nil:
		return typeChanged("")
	case bytes.Equal(text, number.bytes):
		return under(decimalOfDouble)
	}
	return changed("")
}

func isUUID(id []byte, c cell) bool {
	if c.class == snapshot.Bytes {
		return bytes.Equal(id, c.bytes)
	}
	text := strings.ToLower(strings.NewReplacer("-", "", "{", "", "}", "").Replace(string(c.bytes)))
	return text == strings.ReplaceAll(string(snapshot.AppendText(nil, snapshot.UUID, id)), "-", "")
}
