package expression

import (
	"fmt"
	"math/big"

	"github.com/expr-lang/expr"
)

// The functions that stand for operators. Their names are no identifiers that
// a person would write.
const (
	fnAdd   = "__add"
	fnSub   = "__sub"
	fnMul   = "__mul"
	fnDiv   = "__div"
	fnMod   = "__mod"
	fnPow   = "__pow"
	fnNeg   = "__neg"
	fnEq    = "__eq"
	fnNe    = "__ne"
	fnLt    = "__lt"
	fnLe    = "__le"
	fnGt    = "__gt"
	fnGe    = "__ge"
	fnIn    = "__in"
	fnIndex = "__index"
	// of single values only
	fnMember = "__member"
	fnMaybe  = "__maybe"
)

// function is one function of the language: what it does, and the least and the
// most arguments.
type function struct {
	name        string
	least, most int
	do          func(args []any) (any, error)
	// nulls: it wants to see null; for the others null gives null.
	nulls bool
}

// functions are the options that make the language.
func functions() []expr.Option {
	var out []expr.Option
	for _, list := range [][]function{operatorFunctions(), numberFunctions(), textFunctions(), timeFunctions(), documentFunctions()} {
		for _, f := range list {
			out = append(out, expr.Function(f.name, f.call, signatures(f.least, f.most)...))
		}
	}
	return out
}

// signatures let the checker count arguments.
func signatures(least, most int) []any {
	all := []any{
		new(func(any) any), new(func(any, any) any), new(func(any, any, any) any),
	}
	return all[least-1 : most]
}

func (f function) call(args ...any) (any, error) {
	if !f.nulls {
		for _, a := range args {
			if a == nil {
				return nil, nil
			}
		}
	}
	v, err := f.do(args)
	if err == nil {
		err = within(v)
	}
	if err != nil && f.name[0] != '_' {
		err = fmt.Errorf("%s: %w", f.name, err)
	}
	return v, err
}

// within holds what a function made to the budgets.
func within(v any) error {
	switch v := v.(type) {
	case *big.Rat:
		return fits(v)
	case string:
		if len(v) > maxText {
			return fmt.Errorf("a text of %d bytes: expressions make %d", len(v), maxText)
		}
	}
	return nil
}

// numbers takes arguments that must be numbers.
func numbers(args []any) ([]*big.Rat, error) {
	out := make([]*big.Rat, len(args))
	for i, a := range args {
		r, ok := a.(*big.Rat)
		if !ok {
			return nil, fmt.Errorf("%s is no number: decimal(x) makes one of a text", kindOf(a))
		}
		out[i] = r
	}
	return out, nil
}

// texts takes arguments that must be texts.
func texts(args []any) ([]string, error) {
	out := make([]string, len(args))
	for i, a := range args {
		s, ok := a.(string)
		if !ok {
			return nil, fmt.Errorf("%s is no text: text(x) makes one", kindOf(a))
		}
		out[i] = s
	}
	return out, nil
}

// small takes a number that must be whole and near 0.
func small(v any, most int64) (int, error) {
	r, ok := v.(*big.Rat)
	if !ok || !r.IsInt() || !r.Num().IsInt64() || r.Num().CmpAbs(big.NewInt(most)) > 0 {
		return 0, fmt.Errorf("want a whole number of at most %d", most)
	}
	return int(r.Num().Int64()), nil
}
