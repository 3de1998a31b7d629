package expression

import (
	"fmt"
	"math/big"
)

func numberFunctions() []function {
	return []function{
		{"decimal", 1, 1, toDecimal, false},
		{"round", 1, 2, rounded(HalfUp), false},
		{"round_even", 1, 2, rounded(HalfEven), false},
		{"floor", 1, 2, rounded(ToFloor), false},
		{"ceil", 1, 2, rounded(ToCeiling), false},
		{"trunc", 1, 2, rounded(ToZero), false},
		{"abs", 1, 1, func(args []any) (any, error) {
			n, err := numbers(args)
			if err != nil {
				return nil, err
			}
			return new(big.Rat).Abs(n[0]), nil
		}, false},
		{"min", 2, 3, extreme(-1), false},
		{"max", 2, 3, extreme(1), false},
	}
}

// toDecimal reads a number from a text; true is 1.
func toDecimal(args []any) (any, error) {
	switch v := args[0].(type) {
	case *big.Rat:
		return v, nil
	case bool:
		if v {
			return big.NewRat(1, 1), nil
		}
		return new(big.Rat), nil
	case string:
		if r, ok := ParseNumber(v); ok {
			return r, nil
		}
		return nil, fmt.Errorf("%.60q is no decimal number", v)
	}
	return nil, fmt.Errorf("%s is no number", kindOf(args[0]))
}

// rounded takes a number and, or not, the digits behind the point.
func rounded(how Rounding) func([]any) (any, error) {
	return func(args []any) (any, error) {
		n, err := numbers(args)
		if err != nil {
			return nil, err
		}
		places := 0
		if len(n) == 2 {
			if places, err = small(n[1], MaxDigits); err != nil {
				return nil, fmt.Errorf("digits: %w", err)
			}
		}
		return Round(n[0], places, how), nil
	}
}

func extreme(sign int) func([]any) (any, error) {
	return func(args []any) (any, error) {
		n, err := numbers(args)
		if err != nil {
			return nil, err
		}
		best := n[0]
		for _, x := range n[1:] {
			if x.Cmp(best) == sign {
				best = x
			}
		}
		return best, nil
	}
}
