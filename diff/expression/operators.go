package expression

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
)

func operatorFunctions() []function {
	return []function{
		{fnAdd, 2, 2, add, false},
		{fnSub, 2, 2, arithmetic((*big.Rat).Sub), false},
		{fnMul, 2, 2, arithmetic((*big.Rat).Mul), false},
		{fnDiv, 2, 2, divide, false},
		{fnMod, 2, 2, remainder, false},
		{fnPow, 2, 2, power, false},
		{fnNeg, 1, 1, negate, false},
		{fnEq, 2, 2, func(a []any) (any, error) { return equals(a[0], a[1]) }, true},
		{fnNe, 2, 2, func(a []any) (any, error) { same, err := equals(a[0], a[1]); return !same, err }, true},
		{fnLt, 2, 2, ordered(func(c int) bool { return c < 0 }), true},
		{fnLe, 2, 2, ordered(func(c int) bool { return c <= 0 }), true},
		{fnGt, 2, 2, ordered(func(c int) bool { return c > 0 }), true},
		{fnGe, 2, 2, ordered(func(c int) bool { return c >= 0 }), true},
		{fnIn, 2, 2, contained, true},
		{fnIndex, 1, 1, func(a []any) (any, error) { return small(a[0], 1<<31) }, true},
	}
}

func arithmetic(op func(z, x, y *big.Rat) *big.Rat) func([]any) (any, error) {
	return func(args []any) (any, error) {
		n, err := numbers(args)
		if err != nil {
			return nil, err
		}
		return op(new(big.Rat), n[0], n[1]), nil
	}
}

func add(args []any) (any, error) {
	a, okA := args[0].(string)
	b, okB := args[1].(string)
	switch {
	case okA && okB:
		return a + b, nil
	case okA || okB:
		return nil, fmt.Errorf("%s + %s: text(x) makes a text, decimal(x) a number", kindOf(args[0]), kindOf(args[1]))
	}
	return arithmetic((*big.Rat).Add)(args)
}

func divide(args []any) (any, error) {
	n, err := numbers(args)
	if err != nil {
		return nil, err
	}
	if n[1].Sign() == 0 {
		return nil, errors.New("division by 0")
	}
	return new(big.Rat).Quo(n[0], n[1]), nil
}

// remainder has the sign of the dividend, as SQL's has.
func remainder(args []any) (any, error) {
	q, err := divide(args)
	if err != nil {
		return nil, err
	}
	a, b := args[0].(*big.Rat), args[1].(*big.Rat)
	whole := new(big.Rat).SetInt(roundInt(q.(*big.Rat), ToZero))
	return whole.Sub(a, whole.Mul(whole, b)), nil
}

func power(args []any) (any, error) {
	n, err := numbers(args)
	if err != nil {
		return nil, err
	}
	e, err := small(n[1], 10_000)
	if err != nil {
		return nil, fmt.Errorf("exponent: %w", err)
	}
	abs := max(e, -e)
	if abs*max(n[0].Num().BitLen(), n[0].Denom().BitLen()) > maxBits {
		return nil, fmt.Errorf("a number of more than %d bits", maxBits)
	}
	exponent := big.NewInt(int64(abs))
	num, den := new(big.Int).Exp(n[0].Num(), exponent, nil), new(big.Int).Exp(n[0].Denom(), exponent, nil)
	if e < 0 {
		num, den = den, num
	}
	if den.Sign() == 0 {
		return nil, errors.New("division by 0")
	}
	return new(big.Rat).SetFrac(num, den), nil
}

func negate(args []any) (any, error) {
	n, err := numbers(args)
	if err != nil {
		return nil, err
	}
	return new(big.Rat).Neg(n[0]), nil
}

// equal never makes one kind out of another: '1' is not 1, and null is null only.
func equal(a, b any) bool {
	if x, ok := a.(*big.Rat); ok {
		y, ok := b.(*big.Rat)
		return ok && x.Cmp(y) == 0
	}
	switch a.(type) {
	case nil, bool, string, cell:
		return a == b
	}
	return false
}

// equals refuses to compare documents: null is the one thing that they can be told
// from.
func equals(a, b any) (bool, error) {
	for _, v := range [...]any{a, b} {
		switch v.(type) {
		case document, map[string]any:
			if a != nil && b != nil {
				return false, fmt.Errorf("%s has no ==: compare its members", kindOf(v))
			}
		}
	}
	return equal(a, b), nil
}

// ordered compares two numbers, two texts (by their bytes) or two cells of one
// class, whose bytes sort as the values do.
func ordered(is func(int) bool) func([]any) (any, error) {
	return func(args []any) (any, error) {
		switch a := args[0].(type) {
		case *big.Rat:
			if b, ok := args[1].(*big.Rat); ok {
				return is(a.Cmp(b)), nil
			}
		case string:
			if b, ok := args[1].(string); ok {
				return is(strings.Compare(a, b)), nil
			}
		case cell:
			if b, ok := args[1].(cell); ok && a.class == b.class {
				return is(strings.Compare(a.bytes, b.bytes)), nil
			}
		}
		return nil, fmt.Errorf("%s and %s have no order", kindOf(args[0]), kindOf(args[1]))
	}
}

func contained(args []any) (any, error) {
	if d, ok := args[1].(document); ok && d.text[0] == '[' {
		list, err := d.list()
		if err != nil {
			return nil, err
		}
		args = []any{args[0], list}
	}
	switch list := args[1].(type) {
	case []any:
		for _, v := range list {
			if equal(args[0], v) {
				return true, nil
			}
		}
		return false, nil
	case []string:
		for _, v := range list {
			if equal(args[0], v) {
				return true, nil
			}
		}
		return false, nil
	}
	return nil, fmt.Errorf("in: %s is no list", kindOf(args[1]))
}
