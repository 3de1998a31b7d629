package expression

import (
	"math/big"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// The language's own arithmetic is on machine integers, which overflow, and on
// doubles. A rewriter replaces every operator by a function of ours and every
// literal by the exact number of its text, so that neither is left. It knows no
// types and needs none: the functions tell numbers from texts when they run.

// rewriter visits the nodes of an expression, children first.
type rewriter struct {
	// single: the expression is over one value, which may be a document.
	single           bool
	literals         map[int]string // by their places
	usesOld, usesRow bool
	rows             int // mentions of row that no member node has explained
	columns          []string
	err              *file.Error
}

const wholeRow = "row is asked for a column by its name: row.name or row['name']"

// operator names the function that replaces an operator. The others (and, or, not, ??, ?:,
// contains, startsWith, endsWith, matches) touch no numbers.
func operator(name string) (function string, ok bool) {
	switch name {
	case "+":
		return fnAdd, true
	case "-":
		return fnSub, true
	case "*":
		return fnMul, true
	case "/":
		return fnDiv, true
	case "%":
		return fnMod, true
	case "**", "^":
		return fnPow, true
	case "==":
		return fnEq, true
	case "!=":
		return fnNe, true
	case "<":
		return fnLt, true
	case "<=":
		return fnLe, true
	case ">":
		return fnGt, true
	case ">=":
		return fnGe, true
	case "in":
		return fnIn, true
	}
	return "", false
}

// literals finds the texts of numbers by their places: a node holds a double.
func literals(tokens []lexer.Token) map[int]string {
	out := map[int]string{}
	for _, t := range tokens {
		if t.Kind == lexer.Number {
			out[t.From] = strings.ReplaceAll(t.Value, "_", "")
		}
	}
	return out
}

// Visit implements ast.Visitor.
func (r *rewriter) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IntegerNode:
		ast.Patch(node, &ast.ConstantNode{Value: new(big.Rat).SetInt64(int64(n.Value))})
	case *ast.FloatNode:
		r.float(node)
	case *ast.UnaryNode:
		r.unary(node, n)
	case *ast.BinaryNode:
		r.binary(node, n)
	case *ast.IdentifierNode:
		r.identifier(n)
	case *ast.MemberNode:
		if r.single {
			r.reach(node, n)
			return
		}
		r.member(n)
	case *ast.CallNode:
		if _, ok := n.Callee.(*ast.IdentifierNode); !ok {
			r.refuse(n, "values have no methods")
		}
	case *ast.BuiltinNode:
		r.refuse(n, "there is no function "+n.Name)
	case *ast.SliceNode:
		r.refuse(n, "there are no slices: substr(text, from, count)")
	case *ast.MapNode:
		if !r.single {
			r.refuse(n, "an expression gives one value, no map")
		}
	case *ast.PairNode:
		if _, ok := n.Key.(*ast.StringNode); !ok {
			r.refuse(n, "a key is a name or a text")
		}
	case *ast.ChainNode:
		if r.single { // the functions for members hand null on by themselves
			ast.Patch(node, n.Node)
		}
	}
}

func (r *rewriter) refuse(n ast.Node, why string) {
	if r.err == nil {
		r.err = &file.Error{Location: n.Location(), Message: why}
	}
}

func (r *rewriter) float(node *ast.Node) {
	text, ok := r.literals[(*node).Location().From]
	v, isNumber := ParseNumber(text)
	if !ok || !isNumber {
		r.refuse(*node, "the number cannot be read exactly: decimal('…')")
		return
	}
	ast.Patch(node, &ast.ConstantNode{Value: v})
}

func (r *rewriter) unary(node *ast.Node, n *ast.UnaryNode) {
	if n.Operator != "-" {
		return
	}
	if v, ok := constant(n.Node); ok {
		ast.Patch(node, &ast.ConstantNode{Value: new(big.Rat).Neg(v)})
		return
	}
	call(node, fnNeg, n.Node)
}

func (r *rewriter) binary(node *ast.Node, n *ast.BinaryNode) {
	if fn, ok := operator(n.Operator); ok {
		call(node, fn, n.Left, n.Right)
	} else if n.Operator == ".." {
		r.refuse(n, "there are no ranges")
	}
}

func call(node *ast.Node, fn string, arguments ...ast.Node) {
	ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: fn}, Arguments: arguments})
}

func constant(n ast.Node) (*big.Rat, bool) {
	c, ok := n.(*ast.ConstantNode)
	if !ok {
		return nil, false
	}
	v, ok := c.Value.(*big.Rat)
	return v, ok
}

func (r *rewriter) identifier(n *ast.IdentifierNode) {
	switch n.Value {
	case "old":
		r.usesOld = true
	case "row":
		r.usesRow = true
		r.rows++
		if r.rows > 1 { // the one before was no member's
			r.refuse(n, wholeRow)
		}
	case "$env":
		r.refuse(n, "unknown name $env")
	}
}

// member notes the columns of row.name and row["name"], and gives a list's index
// the machine's integer.
func (r *rewriter) member(n *ast.MemberNode) {
	if id, ok := n.Node.(*ast.IdentifierNode); ok && id.Value == "row" {
		name, ok := n.Property.(*ast.StringNode)
		if !ok {
			r.refuse(n, wholeRow)
			return
		}
		r.rows--
		r.columns = append(r.columns, name.Value)
		return
	}
	switch p := n.Property.(type) {
	case *ast.ConstantNode:
		if v, ok := constant(p); ok && v.IsInt() && v.Num().IsInt64() {
			ast.Patch(&n.Property, &ast.IntegerNode{Value: int(v.Num().Int64())})
		}
	case *ast.StringNode:
		r.refuse(n, "only row has columns")
	default:
		call(&n.Property, fnIndex, p)
	}
}

// reach replaces a member or an element of a value by a function of ours, which
// reads documents.
func (r *rewriter) reach(node *ast.Node, n *ast.MemberNode) {
	if id, ok := n.Node.(*ast.IdentifierNode); ok && id.Value == "$env" {
		r.refuse(n, "unknown name $env")
		return
	}
	fn := fnMember
	if n.Optional {
		fn = fnMaybe
	}
	call(node, fn, n.Node, n.Property)
}
