package expression

import (
	"fmt"
	"math/big"

	"parallax/capture/snapshot"
)

// Expressions know these kinds of values: nil, bool, string, *big.Rat (an exact
// number), lists, document and map (JSON), and cell, which holds whatever else a
// store can: a time, an id, bytes, NaN.

// cell is a value that expressions hand on, compare and turn into text.
type cell struct {
	class snapshot.Class
	bytes string
}

// fromCell returns what an expression sees of a cell.
func fromCell(class snapshot.Class, c []byte) (any, error) {
	switch class {
	case snapshot.Null:
		return nil, nil
	case snapshot.Bool:
		return len(c) == 1 && c[0] == 1, nil
	case snapshot.Text, snapshot.JSON, snapshot.List:
		if len(c) > maxText {
			return nil, fmt.Errorf("a text of %d bytes: expressions take %d", len(c), maxText)
		}
		return string(c), nil
	case snapshot.Number, snapshot.Float:
		if r, ok := Number(class, c); ok {
			return r, fits(r)
		}
	}
	return cell{class, string(c)}, nil
}

// toCell is the inverse, with the narrowest class that holds the value.
func toCell(v any) (snapshot.Class, []byte, error) {
	switch v := v.(type) {
	case nil:
		return snapshot.Null, nil, nil
	case bool:
		return snapshot.Bool, snapshot.AppendBool(nil, v), nil
	case string:
		return snapshot.Text, []byte(v), nil
	case *big.Rat:
		c, err := appendRat(nil, v)
		return snapshot.Number, c, err
	case cell:
		return v.class, []byte(v.bytes), nil
	}
	return snapshot.Null, nil, fmt.Errorf("%s is no value of a column", kindOf(v))
}

// kindOf names a value's kind in errors.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "bool"
	case string:
		return "text"
	case *big.Rat:
		return "number"
	case []string, []any:
		return "a list"
	case document:
		if v.text[0] == '[' {
			return "array"
		}
		return "object"
	case map[string]any:
		return "object"
	case cell:
		return v.class.String()
	}
	return fmt.Sprintf("%T", v)
}

// textOf is a value as a person reads it.
func textOf(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	class, c, err := toCell(v)
	return string(snapshot.AppendText(nil, class, c)), err
}

// fits refuses numbers beyond the budget.
func fits(r *big.Rat) error {
	if r.Num().BitLen() > maxBits || r.Denom().BitLen() > maxBits {
		return fmt.Errorf("a number of more than %d bits", maxBits)
	}
	return nil
}
