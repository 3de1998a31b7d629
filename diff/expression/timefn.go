package expression

import (
	"errors"
	"fmt"
	"math/big"
	"time"

	"parallax/capture/snapshot"
)

func timeFunctions() []function {
	return []function{
		{"date", 1, 1, toDate, false},
		{"instant", 1, 1, moment(snapshot.Instant), false},
		{"wall_time", 1, 1, moment(snapshot.WallTime), false},
		{"year", 1, 1, part(func(t time.Time) int { return t.Year() }), false},
		{"month", 1, 1, part(func(t time.Time) int { return int(t.Month()) }), false},
		{"day", 1, 1, part(func(t time.Time) int { return t.Day() }), false},
		{"unix", 1, 1, unix, false},
		{"add_seconds", 2, 2, addSeconds, false},
	}
}

// nanos is a time in nanoseconds since 1970, of any size.
func nanos(v any) (*big.Int, snapshot.Class, error) {
	c, ok := v.(cell)
	if !ok || c.class != snapshot.Instant && c.class != snapshot.WallTime && c.class != snapshot.Date {
		return nil, 0, fmt.Errorf("%s is no date and no time", kindOf(v))
	}
	if Endless(c.class, []byte(c.bytes)) {
		return nil, 0, errors.New("infinity is no date and no time")
	}
	sec, nsec, _ := Seconds(c.class, []byte(c.bytes))
	n := new(big.Int).Mul(big.NewInt(sec), big.NewInt(1e9))
	return n.Add(n, big.NewInt(int64(nsec))), c.class, nil
}

// fromNanos is the inverse; what is finer than a nanosecond is an error, and so
// is what 64 bits of seconds do not hold.
func fromNanos(n *big.Int, class snapshot.Class) (any, error) {
	sec, nsec := new(big.Int).DivMod(n, big.NewInt(1e9), new(big.Int))
	if !sec.IsInt64() {
		return nil, errors.New("too far from 1970")
	}
	if class == snapshot.Date {
		days := sec.Div(sec, big.NewInt(86400))
		if !days.IsInt64() || int64(int32(days.Int64())) != days.Int64() {
			return nil, errors.New("too far from 1970")
		}
		return cell{class, string(snapshot.AppendDays(nil, int32(days.Int64())))}, nil
	}
	return cell{class, string(snapshot.AppendSeconds(nil, sec.Int64(), int32(nsec.Int64())))}, nil
}

func layouts(class snapshot.Class) []string {
	switch class {
	case snapshot.Date:
		return []string{time.DateOnly}
	case snapshot.Instant:
		return []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00"}
	case snapshot.WallTime:
		return []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", time.DateOnly}
	}
	return nil
}

// ParseTime reads a date, an instant or a wall time in ISO 8601 as a cell.
func ParseTime(class snapshot.Class, text string) ([]byte, error) {
	v, err := parseCell(class, text)
	if err != nil {
		return nil, err
	}
	return []byte(v.(cell).bytes), nil
}

// parseCell is ParseTime for the machine.
func parseCell(class snapshot.Class, text string) (any, error) {
	for _, layout := range layouts(class) {
		if t, err := time.Parse(layout, text); err == nil {
			n := new(big.Int).Mul(big.NewInt(t.Unix()), big.NewInt(1e9))
			return fromNanos(n.Add(n, big.NewInt(int64(t.Nanosecond()))), class)
		}
	}
	return nil, fmt.Errorf("%.60q is no %s in ISO 8601", text, class)
}

func toDate(args []any) (any, error) {
	if s, ok := args[0].(string); ok {
		return parseCell(snapshot.Date, s)
	}
	n, _, err := nanos(args[0])
	if err != nil {
		return nil, err
	}
	return fromNanos(n, snapshot.Date)
}

// moment makes an instant or a wall time: of a text, of seconds since 1970, or of
// the other, in UTC.
func moment(class snapshot.Class) func([]any) (any, error) {
	return func(args []any) (any, error) {
		switch v := args[0].(type) {
		case string:
			return parseCell(class, v)
		case *big.Rat:
			n := new(big.Rat).Mul(v, big.NewRat(1e9, 1))
			if !n.IsInt() {
				return nil, errors.New("finer than a nanosecond: round(x, 9)")
			}
			return fromNanos(n.Num(), class)
		}
		n, _, err := nanos(args[0])
		if err != nil {
			return nil, err
		}
		return fromNanos(n, class)
	}
}

func part(of func(time.Time) int) func([]any) (any, error) {
	return func(args []any) (any, error) {
		n, _, err := nanos(args[0])
		if err != nil {
			return nil, err
		}
		sec := n.Div(n, big.NewInt(1e9))
		if sec.BitLen() > 55 { // beyond, package time overflows
			return nil, errors.New("too far from 1970")
		}
		return new(big.Rat).SetInt64(int64(of(time.Unix(sec.Int64(), 0).UTC()))), nil
	}
}

// unix gives seconds since 1970, with their fraction.
func unix(args []any) (any, error) {
	n, _, err := nanos(args[0])
	if err != nil {
		return nil, err
	}
	return new(big.Rat).SetFrac(n, big.NewInt(1e9)), nil
}

func addSeconds(args []any) (any, error) {
	n, class, err := nanos(args[0])
	if err != nil {
		return nil, err
	}
	s, ok := args[1].(*big.Rat)
	if !ok {
		return nil, fmt.Errorf("%s is no number of seconds", kindOf(args[1]))
	}
	more := new(big.Rat).Mul(s, big.NewRat(1e9, 1))
	if !more.IsInt() {
		return nil, errors.New("finer than a nanosecond: round(x, 9)")
	}
	return fromNanos(n.Add(n, more.Num()), class)
}
