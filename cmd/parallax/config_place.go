package main

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// withPlace gives an error of decoding text its line, its column and its key, where
// it has none: the types that read their scalars as they are spelled are not told
// where these stand. Decode must fail alike on the part of text that is at fault.
func withPlace(text []byte, err error, decode func(ast.Node) error) error {
	if placed := yaml.Error(nil); err == nil || errors.As(err, &placed) {
		return err
	}
	file, broken := parser.ParseBytes(text, 0)
	if broken != nil || len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return err
	}
	root := file.Docs[0].Body
	at := faulty(root, func() bool {
		again := decode(root)
		return again != nil && again.Error() == err.Error()
	})
	if at == root {
		return err
	}
	key := strings.TrimPrefix(at.GetPath(), "$.")
	return &yaml.SyntaxError{Message: key + ": " + err.Error(), Token: at.GetToken()}
}

// faulty returns the innermost node below n, or n, which fails also where all others
// beside it and beside those around it are away. The tree is left like that.
func faulty(n ast.Node, fails func() bool) ast.Node {
	switch n := n.(type) {
	case *ast.MappingNode:
		all := n.Values
		for i := range all {
			if n.Values = all[i : i+1]; fails() {
				return faulty(all[i].Value, fails)
			}
		}
		n.Values = all
	case *ast.SequenceNode:
		all := n.Values
		for i := range all {
			if n.Values = all[i : i+1]; fails() {
				return faulty(all[i], fails)
			}
		}
		n.Values = all
	}
	return n
}
