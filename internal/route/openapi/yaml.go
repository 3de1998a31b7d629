package openapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The bounds of a YAML file. The parser calls itself for every level, so that the
// depth is held before it is asked.
const (
	maxTokens = 4 << 20
	maxDepth  = 200
	maxNodes  = 1_000_000 // of the tree, aliases counted as often as they are used
)

func readYAML(text []byte) (*tree, error) {
	tokens := lexer.Tokenize(string(text))
	if err := checkTokens(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, errors.New(yaml.FormatError(err, false, false))
	}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			return nil, at(d.Body.GetToken().Position.Line, "a second document: a description is one")
		}
		body = d.Body
	}
	if body == nil {
		return nil, errors.New("the file is empty")
	}
	r := yamlReader{anchors: map[string]ast.Node{}}
	r.findAnchors(body)
	t, err := r.value(body, rootKeys(), 0)
	return &t, err
}

// checkTokens bounds how many there are and how deep they nest: brackets, and the
// indentation that dashes and keys of one line add up to.
func checkTokens(tokens token.Tokens) error {
	if len(tokens) > maxTokens {
		return fmt.Errorf("more than %d tokens", maxTokens)
	}
	open, inLine, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			inLine, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open = max(0, open-1)
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			inLine++
		}
		if open > maxDepth || inLine > maxDepth || t.Position.IndentNum > 4*maxDepth {
			return at(t.Position.Line, "nested more than %d deep", maxDepth)
		}
	}
	return nil
}

// yamlReader makes a tree of nodes.
type yamlReader struct {
	anchors map[string]ast.Node
	nodes   int
}

// findAnchors notes where each name stands first.
func (r *yamlReader) findAnchors(n ast.Node) {
	ast.Walk(visitor(func(n ast.Node) {
		if a, ok := n.(*ast.AnchorNode); ok && r.anchors[a.Name.String()] == nil {
			r.anchors[a.Name.String()] = a.Value
		}
	}), n)
}

type visitor func(ast.Node)

// Visit implements ast.Visitor.
func (v visitor) Visit(n ast.Node) ast.Visitor { v(n); return v }

func (r *yamlReader) value(n ast.Node, want wanted, depth int) (t tree, err error) {
	if n == nil {
		return t, nil
	}
	t.line = n.GetToken().Position.Line
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		return t, at(t.line, "more than %d values, with those that aliases stand for, or more than %d in each other", maxNodes, maxDepth)
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		return r.value(n.Value, want, depth+1)
	case *ast.TagNode:
		return r.value(n.Value, want, depth+1)
	case *ast.AliasNode:
		to, ok := r.anchors[n.Value.String()]
		if !ok {
			return t, at(t.line, "there is no anchor &%.60s", n.Value.String())
		}
		return r.value(to, want, depth+1)
	case *ast.MappingValueNode:
		err = r.members(&t, []*ast.MappingValueNode{n}, want, depth)
	case *ast.MappingNode:
		err = r.members(&t, n.Values, want, depth)
	case *ast.SequenceNode:
		err = r.items(&t, n.Values, want, depth)
	default:
		t.scalar, t.text = true, scalarText(n)
	}
	return t, err
}

func (r *yamlReader) items(t *tree, values []ast.Node, want wanted, depth int) error {
	below, ok := want[list]
	if !ok {
		return nil
	}
	for _, v := range values {
		item, err := r.value(v, below, depth+1)
		if err != nil {
			return err
		}
		t.items = append(t.items, item)
	}
	return nil
}

func (r *yamlReader) members(t *tree, values []*ast.MappingValueNode, want wanted, depth int) error {
	for _, v := range values {
		key := v.Key.GetToken()
		m := member{key: scalarText(v.Key), value: tree{line: key.Position.Line}}
		if v.Key.IsMergeKey() {
			return at(m.value.line, "a merge key (<<) is not followed")
		}
		if below, ok := want.of(m.key); ok {
			value, err := r.value(v.Value, below, depth+1)
			if err != nil {
				return err
			}
			value.line = m.value.line
			m.value = value
		}
		t.members = append(t.members, m)
	}
	return t.unique()
}

// scalarText is a scalar's text; a number's as it is spelt.
func scalarText(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.MappingKeyNode:
		return scalarText(n.Value)
	}
	return strings.TrimSpace(n.GetToken().Value)
}
