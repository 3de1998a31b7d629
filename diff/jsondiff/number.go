package jsondiff

import "bytes"

// decimal is a number's value, read from its text without arithmetic:
// 0.d1d2d3… × 10^exponent, where d1 and the last digit are not 0.
type decimal struct {
	negative bool
	// digits holds the significant digits; a point may stand among them.
	digits   []byte
	exponent int64
	// huge: the exponent has more than 17 digits, and only the text tells the
	// number's value.
	huge bool
}

// readDecimal reads the text of a checked JSON number.
func readDecimal(text []byte) decimal {
	var d decimal
	if text[0] == '-' {
		d.negative, text = true, text[1:]
	}
	mantissa, exponent := text, []byte(nil)
	if e := bytes.IndexAny(text, "eE"); e >= 0 {
		mantissa, exponent = text[:e], text[e+1:]
	}
	first := bytes.IndexAny(mantissa, "123456789")
	if first < 0 {
		return decimal{} // zero has one form, whatever its sign and exponent
	}
	point := bytes.IndexByte(mantissa, '.')
	if point < 0 {
		point = len(mantissa)
	}
	d.exponent = int64(point - first)
	if first > point {
		d.exponent++ // the point itself was counted
	}
	last := bytes.LastIndexAny(mantissa, "123456789")
	d.digits = mantissa[first : last+1]
	d.addExponent(exponent)
	return d
}

func (d *decimal) addExponent(text []byte) {
	if len(text) == 0 {
		return
	}
	negative := text[0] == '-'
	if negative || text[0] == '+' {
		text = text[1:]
	}
	text = bytes.TrimLeft(text, "0")
	if len(text) > 17 {
		d.huge = true
		return
	}
	var e int64
	for _, c := range text {
		e = e*10 + int64(c-'0')
	}
	if negative {
		e = -e
	}
	d.exponent += e
}

// sameNumber reports whether two numbers, which differ in their text, have the
// same value. Numbers whose exponents have more than 17 digits are not looked
// into: they count as different.
func sameNumber(a, b []byte) bool {
	x, y := readDecimal(a), readDecimal(b)
	if x.huge || y.huge || x.negative != y.negative || x.exponent != y.exponent {
		return false
	}
	return sameDigits(x.digits, y.digits)
}

// sameDigits compares digits and passes over the points among them.
func sameDigits(a, b []byte) bool {
	for {
		a, b = skipPoint(a), skipPoint(b)
		if len(a) == 0 || len(b) == 0 {
			return len(a) == len(b)
		}
		if a[0] != b[0] {
			return false
		}
		a, b = a[1:], b[1:]
	}
}

func skipPoint(s []byte) []byte {
	if len(s) > 0 && s[0] == '.' {
		return s[1:]
	}
	return s
}
