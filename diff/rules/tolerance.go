package rules

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"parallax/internal/literal"
)

// Tolerance lets two numbers differ: by Absolute at the most, by Relative of the
// larger magnitude, or by ULP doubles. One of those given is enough. Absolute and
// Relative are decimal texts, and exact.
type Tolerance struct {
	Absolute string `yaml:"absolute,omitempty" json:"absolute,omitempty"`
	Relative string `yaml:"relative,omitempty" json:"relative,omitempty"`
	// ULP counts units in the last place of binary64: the one place where numbers
	// become binary fractions. It is a text so that 1.5 is no 1.
	ULP literal.Text `yaml:"ulp,omitempty" json:"ulp,omitempty"`

	ulp uint64

	absolute, relative decimal
}

// maxSpan bounds the digits that one comparison may need.
const maxSpan = 10_000

// compile reads the texts.
func (t *Tolerance) compile() error {
	if t.Absolute == "" && t.Relative == "" && t.ULP == "" {
		return errors.New("tolerance: absolute, relative or ulp must be given")
	}
	var err error
	if t.ulp, err = parseULP(string(t.ULP)); err != nil {
		return err
	}
	for _, side := range []struct {
		name, text string
		to         *decimal
	}{{"absolute", t.Absolute, &t.absolute}, {"relative", t.Relative, &t.relative}} {
		if side.text == "" {
			continue
		}
		d, ok := parseDecimal(side.text)
		if !ok || d.sign() < 0 || d.size() > maxSpan {
			return fmt.Errorf("tolerance: %s %q is not a decimal number from 0 upwards", side.name, side.text)
		}
		*side.to = d
	}
	return nil
}

// Within reports whether the decimal texts a and b differ by no more than the
// tolerance. It is false where one is no decimal number (NaN, Infinity, "1,5"),
// and, but for ULP, where deciding would need more than 10,000 digits.
func (t *Tolerance) Within(a, b string) bool { return t.withinDecimal(a, b) || t.withinULP(a, b) }

func (t *Tolerance) withinDecimal(a, b string) bool {
	x, okX := parseDecimal(a)
	y, okY := parseDecimal(b)
	if !okX || !okY {
		return false
	}
	low, ok := commonExponent(&x, &y)
	if !ok {
		return false
	}
	xs, ys := x.scaled(low), y.scaled(low)
	gap := new(big.Int).Sub(xs, ys)
	gap.Abs(gap)
	return gap.Sign() == 0 || t.withinAbsolute(gap, low) || t.withinRelative(gap, xs, ys)
}

// withinAbsolute compares gap × 10^low, which is not 0, with the absolute one.
func (t *Tolerance) withinAbsolute(gap *big.Int, low int64) bool {
	if t.Absolute == "" {
		return false
	}
	g := decimal{digits: *gap, exp: low}
	common, ok := commonExponent(&g, &t.absolute)
	return ok && g.scaled(common).Cmp(t.absolute.scaled(common)) <= 0
}

// withinRelative compares gap with relative × max(|x|, |y|); all three share one
// exponent, so only the relative one's matters.
func (t *Tolerance) withinRelative(gap, x, y *big.Int) bool {
	if t.Relative == "" {
		return false
	}
	larger := x
	if x.CmpAbs(y) < 0 {
		larger = y
	}
	limit := new(big.Int).Mul(new(big.Int).Abs(larger), &t.relative.digits)
	if e := t.relative.exp; e < 0 {
		return new(big.Int).Mul(gap, pow10(-e)).Cmp(limit) <= 0
	} else if e > 0 {
		limit.Mul(limit, pow10(e))
	}
	return gap.Cmp(limit) <= 0
}

// decimal is digits × 10^exp.
type decimal struct {
	digits big.Int
	exp    int64
}

func (d *decimal) sign() int { return d.digits.Sign() }

// size is about the number of digits that writing d out needs.
func (d *decimal) size() int64 {
	return int64(d.digits.BitLen())/3 + max(d.exp, -d.exp)
}

// scaled returns d in units of 10^low; low is not above d.exp unless d is 0.
func (d *decimal) scaled(low int64) *big.Int {
	if d.sign() == 0 || d.exp == low {
		return new(big.Int).Set(&d.digits)
	}
	return new(big.Int).Mul(&d.digits, pow10(d.exp-low))
}

func pow10(n int64) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil)
}

// commonExponent returns an exponent in whose units both are whole numbers, and
// whether these are short enough to be written out.
func commonExponent(a, b *decimal) (int64, bool) {
	switch {
	case a.sign() == 0:
		return b.exp, true
	case b.sign() == 0:
		return a.exp, true
	}
	return min(a.exp, b.exp), max(a.top(), b.top())-min(a.exp, b.exp) <= 2*maxSpan
}

// top is an exponent that |d| is below the power of.
func (d *decimal) top() int64 { return d.exp + int64(d.digits.BitLen())/3 + 1 }

// parseDecimal reads [+-] digits [. digits] [e [+-] digits]: JSON's numbers, and
// the leading + and zeros that headers and texts may have.
func parseDecimal(text string) (d decimal, ok bool) {
	mantissa, exponent := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], text[i+1:]
		if d.exp, ok = parseExponent(exponent); !ok {
			return decimal{}, false
		}
	}
	whole, fraction, dotted := strings.Cut(mantissa, ".")
	unsigned := strings.TrimLeft(whole, "+-")
	if len(whole)-len(unsigned) > 1 || !allDigits(unsigned) || dotted && !allDigits(fraction) || len(mantissa) > maxSpan {
		return decimal{}, false
	}
	d.exp -= int64(len(fraction))
	_, ok = d.digits.SetString(whole+fraction, 10)
	return d, ok
}

// parseExponent reads an exponent that later sums cannot overflow.
func parseExponent(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > -1<<60 && n < 1<<60
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
