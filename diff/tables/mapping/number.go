package mapping

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"parallax/capture/snapshot"
)

// number returns a number cell's value, or a double's shortest decimal: the
// number that whoever wrote it had in mind, and that is shown of it. NaN and
// infinity are none.
func number(class snapshot.Class, c []byte) (*big.Rat, bool) {
	switch class {
	case snapshot.Number:
		unscaled, scale, ok := snapshot.NumberBig(c)
		if !ok {
			return nil, false
		}
		return new(big.Rat).SetFrac(unscaled, pow10(scale)), true
	case snapshot.Float:
		v := snapshot.FloatValue(c)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, false
		}
		return new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return nil, false
}

// maxNumberText bounds a number's text: reading one takes time by the square of
// its digits.
const maxNumberText = 100_000

// parseRat reads a decimal number.
func parseRat(text string) (*big.Rat, bool) {
	if len(text) > maxNumberText {
		return nil, false
	}
	c, err := snapshot.AppendNumberText(nil, text)
	if err != nil {
		return nil, false
	}
	return number(snapshot.Number, c)
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// appendRat appends the canonical form of r, which must end as a decimal.
func appendRat(dst []byte, r *big.Rat) ([]byte, error) {
	if r.Denom().BitLen() > maxBits {
		return dst, fmt.Errorf("a number of more than %d bits", maxBits)
	}
	scale, ends := r.FloatPrec()
	if !ends {
		return dst, fmt.Errorf("%s has no end as a decimal: say to how many digits, round(x, 2)", shown(r))
	}
	unscaled := new(big.Int).Mul(r.Num(), pow10(scale))
	return snapshot.AppendBig(dst, unscaled.Quo(unscaled, r.Denom()), scale), nil
}

// shown is a number in an error: a fraction, cut where it is long.
func shown(r *big.Rat) string { return fmt.Sprintf("%.60s", r.RatString()) }

// rounding says where a number goes that does not fit the digits.
type rounding uint8

const (
	halfUp   rounding = iota // a half away from zero
	halfEven                 // a half to the even neighbour
	toFloor
	toCeiling
	toZero
)

// round brings r to n digits behind the point.
func round(r *big.Rat, n int, how rounding) *big.Rat {
	unit := new(big.Rat).SetInt(pow10(max(n, -n)))
	if n < 0 {
		unit.Inv(unit)
	}
	scaled := new(big.Rat).Mul(r, unit)
	whole := roundInt(scaled, how)
	return scaled.Quo(scaled.SetInt(whole), unit)
}

// roundInt brings r to a whole number.
func roundInt(r *big.Rat, how rounding) *big.Int {
	floor, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int)) // Euclid: rest ≥ 0
	if rest.Sign() == 0 {
		return floor
	}
	up := false
	switch how {
	case toCeiling:
		up = true
	case toZero:
		up = r.Sign() < 0
	case halfUp, halfEven:
		switch rest.Lsh(rest, 1).Cmp(r.Denom()) {
		case 0:
			up = how == halfUp && r.Sign() > 0 || how == halfEven && floor.Bit(0) == 1
		case 1:
			up = true
		}
	}
	if up {
		floor.Add(floor, big.NewInt(1))
	}
	return floor
}

// significant brings a decimal to n digits from its first.
func significant(r *big.Rat, n int) *big.Rat {
	if r.Sign() == 0 {
		return r
	}
	return round(r, n-1-magnitude(r), halfUp)
}

// magnitude is e with 10^e ≤ |r| < 10^(e+1).
func magnitude(r *big.Rat) int {
	abs := new(big.Rat).Abs(r)
	e := len(abs.Num().Text(10)) - len(abs.Denom().Text(10))
	if e >= 0 && abs.Cmp(new(big.Rat).SetInt(pow10(e))) < 0 ||
		e < 0 && abs.Cmp(new(big.Rat).SetFrac(big.NewInt(1), pow10(-e))) < 0 {
		e--
	}
	return e
}
