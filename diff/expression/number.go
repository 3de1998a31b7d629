package expression

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"parallax/capture/snapshot"
)

// Number returns a number cell's value, or a double's shortest decimal: the
// number that whoever wrote it had in mind, and that is shown of it. NaN and
// infinity are none.
func Number(class snapshot.Class, c []byte) (*big.Rat, bool) {
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

// ParseNumber reads a decimal number.
func ParseNumber(text string) (*big.Rat, bool) {
	if len(text) > maxNumberText {
		return nil, false
	}
	c, err := snapshot.AppendNumberText(nil, text)
	if err != nil {
		return nil, false
	}
	return Number(snapshot.Number, c)
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

// MaxDigits bounds the digits that a number is rounded to.
const MaxDigits = 1000

// Rounding says where a number goes that does not fit the digits.
type Rounding uint8

const (
	HalfUp   Rounding = iota // a half away from zero
	HalfEven                 // a half to the even neighbour
	ToFloor
	ToCeiling
	ToZero
)

// Round brings r to n digits behind the point.
func Round(r *big.Rat, n int, how Rounding) *big.Rat {
	unit := new(big.Rat).SetInt(pow10(max(n, -n)))
	if n < 0 {
		unit.Inv(unit)
	}
	scaled := new(big.Rat).Mul(r, unit)
	whole := roundInt(scaled, how)
	return scaled.Quo(scaled.SetInt(whole), unit)
}

// roundInt brings r to a whole number.
func roundInt(r *big.Rat, how Rounding) *big.Int {
	floor, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int)) // Euclid: rest ≥ 0
	if rest.Sign() == 0 {
		return floor
	}
	up := false
	switch how {
	case ToCeiling:
		up = true
	case ToZero:
		up = r.Sign() < 0
	case HalfUp, HalfEven:
		switch rest.Lsh(rest, 1).Cmp(r.Denom()) {
		case 0:
			up = how == HalfUp && r.Sign() > 0 || how == HalfEven && floor.Bit(0) == 1
		case 1:
			up = true
		}
	}
	if up {
		floor.Add(floor, big.NewInt(1))
	}
	return floor
}
