package expression

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

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	code             *vm.Program
	UsesOld, UsesRow bool     // it names old, row
	columns          []string // that it asks the row for, sorted
}

// scope is what an expression sees.
type scope struct {
	Old any            `expr:"old"`
	Row map[string]any `expr:"row"`
}

// Compile compiles an expression over a row of cells. An error gives line and
// column.
func Compile(text string) (*Program, error) {
	return compile(text, &rewriter{}, scope{})
}

func compile(text string, r *rewriter, env any) (*Program, error) {
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		return nil, placed(text, err)
	}
	r.literals = literals(tokens)
	options := append(functions(),
		expr.Env(env), expr.DisableAllBuiltins(), expr.Optimize(false), expr.MaxNodes(maxNodes), expr.Patch(r))
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
	return &Program{code: code, UsesOld: r.usesOld, UsesRow: r.usesRow, columns: slices.Compact(r.columns)}, nil
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

// Needs lists the columns that the program reads; own is what "old" stands for.
func (p *Program) Needs(own string) []string {
	out := slices.Clone(p.columns)
	if p.UsesOld && own != "" {
		out = append(out, own)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Run computes the value; cell gives a column's cell, "" being the old value.
func (p *Program) Run(cell func(column string) (snapshot.Class, []byte)) (snapshot.Class, []byte, error) {
	s, err := p.fill(cell)
	if err != nil {
		return snapshot.Null, nil, err
	}
	v, err := p.compute(s)
	if err != nil {
		return snapshot.Null, nil, err
	}
	class, c, err := toCell(v)
	if err != nil {
		return snapshot.Null, nil, fmt.Errorf("the result: %w", err)
	}
	return class, c, nil
}

func (p *Program) compute(env any) (any, error) {
	machine := vm.VM{MemoryBudget: maxMemory}
	v, err := machine.Run(p.code, env)
	if err != nil {
		return nil, placed("", err)
	}
	return v, nil
}

func (p *Program) fill(cell func(string) (snapshot.Class, []byte)) (s scope, err error) {
	if p.UsesOld {
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
