package snapshot

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// rawMark begins the text of a tagged cell whose readable text would not give it
// back: its canonical bytes in hex.
const rawMark = "raw:"

// AppendTagged appends a cell as text, `<class>:<text>`, from which ParseTagged
// makes the same cell again: a sibling column holds it so.
func AppendTagged(dst []byte, class Class, c []byte) []byte {
	dst = append(append(dst, class.String()...), ':')
	start := len(dst)
	dst = AppendText(dst, class, c)
	switch class {
	case Text, JSON, List, Bytes:
		return dst
	}
	if again, err := ParseText(nil, class, string(dst[start:])); err == nil && bytes.Equal(again, c) {
		return dst
	}
	return fmt.Appendf(dst[:start], "%s%x", rawMark, c)
}

// ParseTagged is the inverse of AppendTagged; it appends the canonical bytes.
func ParseTagged(dst []byte, tagged string) (Class, []byte, error) {
	name, text, ok := strings.Cut(tagged, ":")
	if !ok {
		return Null, dst, errors.New("a tagged value without a class")
	}
	class, err := ParseClass(name)
	if err != nil {
		return Null, dst, err
	}
	switch class {
	case Text, JSON, List, Bytes:
	default:
		if digits, raw := strings.CutPrefix(text, rawMark); raw {
			dst, err = hex.AppendDecode(dst, []byte(digits))
			return class, dst, err
		}
	}
	dst, err = ParseText(dst, class, text)
	return class, dst, err
}

// ParseText appends the canonical bytes of a cell from its text as AppendText
// writes it.
func ParseText(dst []byte, class Class, text string) ([]byte, error) {
	switch class {
	case Null:
		return dst, parsedIf(text == "null", class)
	case Bool:
		return AppendBool(dst, text == "true"), parsedIf(text == "true" || text == "false", class)
	case Number:
		return appendNumberDecimal(dst, text)
	case Float:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return dst, notA(class)
		}
		return AppendFloat(dst, v), nil
	case Bytes, UUID:
		return parseHex(dst, class, text)
	case Instant, WallTime, Date:
		return parseCalendar(dst, class, text)
	case Time:
		us, err := parseClock(text)
		return AppendTimeMicros(dst, us), err
	case Interval:
		return parseInterval(dst, text)
	}
	return append(dst, text...), nil
}

func notA(class Class) error { return fmt.Errorf("not a text of class %s", class) }

func parsedIf(ok bool, class Class) error {
	if ok {
		return nil
	}
	return notA(class)
}

func parseHex(dst []byte, class Class, text string) ([]byte, error) {
	if class == UUID {
		text = strings.ReplaceAll(text, "-", "")
	}
	out, err := hex.AppendDecode(dst, []byte(text))
	if err != nil || class == UUID && len(text) != 32 {
		return dst, notA(class)
	}
	return out, nil
}

// appendNumberDecimal is AppendNumberText without its detour over big numbers
// where the digits fit 64 bits.
func appendNumberDecimal(dst []byte, text string) ([]byte, error) {
	digits, negative := strings.CutPrefix(text, "-")
	if len(digits) == 0 || len(digits) > 18 {
		return AppendNumberText(dst, text)
	}
	var v int64
	point := -1
	for i := range len(digits) {
		switch d := digits[i]; {
		case d >= '0' && d <= '9':
			v = v*10 + int64(d-'0')
		case d == '.' && point < 0:
			point = i
		default:
			return AppendNumberText(dst, text)
		}
	}
	if negative {
		v = -v
	}
	if point < 0 {
		return AppendInt(dst, v), nil
	}
	if len(digits) == 1 {
		return AppendNumberText(dst, text)
	}
	return AppendScaled(dst, v, len(digits)-1-point), nil
}

// parseCalendar reads what appendCalendar writes.
func parseCalendar(dst []byte, class Class, text string) ([]byte, error) {
	switch text {
	case "infinity":
		return AppendEndless(dst, 1, class == Date), nil
	case "-infinity":
		return AppendEndless(dst, -1, class == Date), nil
	}
	day, clock, timed := strings.Cut(text, "T")
	t, err := parseDay(day)
	if err != nil || timed == (class == Date) {
		return dst, notA(class)
	}
	if class == Date {
		days := t.Unix() / 86400
		return AppendDays(dst, int32(days)), parsedIf(days == int64(int32(days)), class)
	}
	if class == Instant {
		clock = strings.TrimSuffix(clock, "Z")
	}
	c, err := time.Parse("15:04:05.999999999", clock)
	if err != nil {
		return dst, notA(class)
	}
	within := c.Sub(c.Truncate(24 * time.Hour))
	return AppendSeconds(dst, t.Unix()+int64(within/time.Second), int32(within%time.Second)), nil
}

// parseDay reads a date whose year has a sign or four digits.
func parseDay(text string) (time.Time, error) {
	at := strings.LastIndexByte(text, '-')
	if at < 3 {
		return time.Time{}, notA(Date)
	}
	at = strings.LastIndexByte(text[:at], '-')
	if at < 1 {
		return time.Time{}, notA(Date)
	}
	year, err := strconv.Atoi(text[:at])
	if err != nil {
		return time.Time{}, notA(Date)
	}
	t, err := time.Parse("-01-02", text[at:])
	if err != nil && strings.HasSuffix(text, "-02-29") {
		t, err = time.Date(0, 2, 29, 0, 0, 0, 0, time.UTC), nil
	}
	if err != nil {
		return time.Time{}, notA(Date)
	}
	return time.Date(year, t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), nil
}

// parseClock reads what appendClock writes.
func parseClock(text string) (int64, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, fractional := strings.Cut(digits, ".")
	parts := strings.Split(whole, ":")
	if len(parts) != 3 || fractional && len(fraction) != 6 {
		return 0, notA(Time)
	}
	var us int64
	for i, unit := range []int64{3_600_000_000, 60_000_000, 1_000_000} {
		n, err := strconv.ParseUint(parts[i], 10, 40)
		if err != nil {
			return 0, notA(Time)
		}
		us += int64(n) * unit
	}
	if fractional {
		n, err := strconv.ParseUint(fraction, 10, 32)
		if err != nil {
			return 0, notA(Time)
		}
		us += int64(n)
	}
	if negative {
		us = -us
	}
	return us, nil
}

// parseInterval reads what appendIntervalText writes.
func parseInterval(dst []byte, text string) ([]byte, error) {
	f := strings.Split(text, " ")
	if len(f) != 5 || f[1] != "months" || f[3] != "days" {
		return dst, notA(Interval)
	}
	months, err1 := strconv.ParseInt(f[0], 10, 32)
	days, err2 := strconv.ParseInt(f[2], 10, 32)
	us, err3 := parseClock(f[4])
	if errors.Join(err1, err2, err3) != nil {
		return dst, notA(Interval)
	}
	return AppendInterval(dst, int32(months), int32(days), us), nil
}
