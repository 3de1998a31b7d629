package mapping

import (
	"math/big"

	"parallax/diff/expression"
)

// significant brings a decimal to n digits from its first.
func significant(r *big.Rat, n int) *big.Rat {
	if r.Sign() == 0 {
		return r
	}
	return expression.Round(r, n-1-magnitude(r), expression.HalfUp)
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

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
