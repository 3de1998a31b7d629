package main

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The bounds of a configuration beyond its bytes: what the decoder keeps of a value
// grows with its depth, and an alias stands for all that it names.
const (
	maxLevels = 100
	maxTokens = 200_000
	maxValues = 200_000
)

// checkSize refuses a text that would be enormous once it is decoded.
func checkSize(tokens token.Tokens) error {
	if len(tokens) > maxTokens {
		return fmt.Errorf("%d tokens, at most %d are read", len(tokens), maxTokens)
	}
	if t := tooDeep(tokens); t != nil {
		return fmt.Errorf("line %d: more than %d levels", t.Position.Line, maxLevels)
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return err
	}
	w := weigher{}
	for _, doc := range file.Docs {
		if n := w.values(doc.Body); n > maxValues {
			return fmt.Errorf("more than %d values, counting each alias as what it names", maxValues)
		}
	}
	return nil
}

// tooDeep returns the token at which brackets, or dashes in one line, are nested
// beyond maxLevels. Levels by indentation cost their own bytes.
func tooDeep(tokens token.Tokens) *token.Token {
	brackets, dashes, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			dashes, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType:
			dashes++
		}
		if brackets > maxLevels || dashes > maxLevels {
			return t
		}
	}
	return nil
}

// weigher knows how many values each anchor stands for.
type weigher map[string]int

// values counts those of a node, at most a little beyond maxValues.
func (w weigher) values(n ast.Node) int {
	switch n := n.(type) {
	case *ast.AnchorNode:
		w[name(n.Name)] = 0 // an alias of itself adds nothing: the decoder refuses it
		w[name(n.Name)] = w.values(n.Value)
		return w[name(n.Name)]
	case *ast.AliasNode:
		return 1 + w[name(n.Value)]
	case *ast.TagNode:
		return w.values(n.Value)
	case *ast.MappingValueNode:
		return w.sum(n.Key, n.Value)
	case *ast.MappingNode:
		total := 1
		for _, v := range n.Values {
			total = min(total+w.values(v), maxValues+1)
		}
		return total
	case *ast.SequenceNode:
		return w.sum(n.Values...)
	}
	return 1
}

func (w weigher) sum(nodes ...ast.Node) int {
	total := 1
	for _, n := range nodes {
		total = min(total+w.values(n), maxValues+1)
	}
	return total
}

func name(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

// tokensOf splits a text without looking at its structure.
func tokensOf(text []byte) token.Tokens { return lexer.Tokenize(string(text)) }
