package mapping

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
	"github.com/expr-lang/expr/vm"

	"parallax/capture/snapshot"
)

// The budgets of one expression. Expressions have no loops, so its nodes bound
// the steps, and the two others what each step may make.
const (
	maxNodes  = 500
	maxMemory = 100_000 // elements of lists that the machine makes
	maxBits   = 1 << 17 // of a number's numerator and denominator
	maxText   = 16 << 20
)

// program is a compiled expression. It is safe for concurrent use.
type program struct {
	code             *vm.Program
	usesOld, usesRow bool
	columns          []string // that it asks the row for, sorted
}

// scope is what an expression sees.
type scope struct {
	Old any            `expr:"old"`
	Row map[string]any `expr:"row"`
}

// compileExpr compiles an expression. An error gives line and column.
func compileExpr(text string) (*program, error) {
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		return nil, placed(text, err)
	}
	r := &rewriter{literals: literals(tokens)}
	options := append(functions(),
		expr.Env(scope{}), expr.DisableAllBuiltins(), expr.Optimize(false), expr.MaxNodes(maxNodes), expr.Patch(r))
	code, err := expr.Compile(text, options...)
	if r.rows > 0 && err == nil {
		r.refuse(code.Node(), wholeRow)
	}
	if r.err != nil { // more to the point than what follows from it
		err = r.err
	}
	if err != nil {
		return nil, placed(text, err)
	}
	slices.Sort(r.columns)
	return &program{code: code, usesOld: r.usesOld, usesRow: r.usesRow, columns: slices.Compact(r.columns)}, nil
}

// placed brings an error into our form: line:column: message.
func placed(text string, err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return err
	}
	if at.Line == 0 {
		at = at.Bind(file.NewSource(text))
	}
	return fmt.Errorf("%d:%d: %s", at.Line, at.Column+1, at.Message)
}

// needs lists the columns that the program reads; own is what "old" stands for.
func (p *program) needs(own string) []string {
	out := slices.Clone(p.columns)
	if p.usesOld && own != "" {
		out = append(out, own)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// run computes the value; cell gives a column's cell, "" being the old value.
func (p *program) run(cell func(column string) (snapshot.Class, []byte)) (snapshot.Class, []byte, error) {
	s, err := p.fill(cell)
	if err != nil {
		return snapshot.Null, nil, err
	}
	machine := vm.VM{MemoryBudget: maxMemory}
	v, err := machine.Run(p.code, s)
	if err != nil {
		return snapshot.Null, nil, placed("", err)
	}
	class, c, err := toCell(v)
	if err != nil {
		return snapshot.Null, nil, fmt.Errorf("the result: %w", err)
	}
	return class, c, nil
}

func (p *program) fill(cell func(string) (snapshot.Class, []byte)) (s scope, err error) {
	if p.usesOld {
		if s.Old, err = fromCell(cell("")); err != nil {
			return s, err
		}
	}
	s.Row = make(map[string]any, len(p.columns))
	for _, name := range p.columns {
		if s.Row[name], err = fromCell(cell(name)); err != nil {
			return s, fmt.Errorf("row.%s: %w", name, err)
		}
	}
	return s, nil
}
