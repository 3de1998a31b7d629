package openapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"parallax/internal/route"
)

// The bounds of a description.
const (
	maxBytes    = 16 << 20
	maxPaths    = 10_000
	maxServers  = 100
	maxVariants = 1000 // of one server's URL, by its variables
)

// Routes names requests by a description. It is safe for concurrent use.
type Routes struct {
	*route.Templates
	digest string
	paths  int
}

// Digest is the hex SHA-256 of what the description says of routes, in whatever
// form and order.
func (r *Routes) Digest() string { return r.digest }

// Paths is the number of paths.
func (r *Routes) Paths() int { return r.paths }

// ReadFile reads a description. An error names the file and, where it has one, the
// line.
func ReadFile(path string) (*Routes, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	r, err := Read(text)
	if err != nil {
		return nil, fmt.Errorf("openapi: %s: %w", path, err)
	}
	return r, nil
}

// Read reads a description from its text.
func Read(text []byte) (*Routes, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("larger than %d bytes", maxBytes)
	}
	t, isJSON, err := readJSON(text)
	if !isJSON {
		t, err = readYAML(text)
	}
	if err != nil {
		return nil, err
	}
	if err := t.checkVersion(); err != nil {
		return nil, err
	}
	found, err := t.templates()
	if err != nil {
		return nil, err
	}
	made, err := route.NewTemplates(found)
	if err != nil {
		return nil, err
	}
	return &Routes{made, digestOf(found), len(found)}, nil
}

func (t *tree) checkVersion() error {
	if s := t.get("swagger"); s != nil {
		return at(s.line, "this is OpenAPI 2 (swagger: %.20s); convert it to OpenAPI 3", s.text)
	}
	v := t.get("openapi")
	if v == nil {
		return errors.New("the key openapi is missing: this is no OpenAPI 3 description")
	}
	if !strings.HasPrefix(v.text, "3.") {
		return at(v.line, "openapi: %.20q, want 3.x", v.text)
	}
	return nil
}

// templates lists the paths with their methods and bases.
func (t *tree) templates() (found []route.Template, err error) {
	bases, err := t.bases([]string{""})
	if err != nil {
		return nil, err
	}
	paths := t.get("paths")
	if paths == nil || len(paths.members) == 0 {
		return nil, errors.New("paths: there are none")
	}
	if len(paths.members) > maxPaths {
		return nil, at(paths.line, "more than %d paths", maxPaths)
	}
	for i := range paths.members {
		m := &paths.members[i]
		if strings.HasPrefix(m.key, "x-") {
			continue
		}
		of, err := m.value.operations(m.key, bases)
		if err != nil {
			return nil, err
		}
		found = append(found, of...)
	}
	return found, nil
}

// operations makes the template of a path item. Operations with servers of their
// own are under their bases, too.
func (t *tree) operations(path string, bases []string) ([]route.Template, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, at(t.line, "path %.100q does not begin with /", path)
	}
	if t.get("$ref") != nil {
		return nil, at(t.line, "path %.100q: $ref is not followed: bundle the description into one file", path)
	}
	bases, err := t.bases(bases)
	if err != nil {
		return nil, err
	}
	made := route.Template{Path: path, Bases: slices.Clone(bases)}
	for i := range t.members {
		m := &t.members[i]
		if !isMethod(m.key) {
			continue
		}
		own, err := m.value.bases(nil)
		if err != nil {
			return nil, err
		}
		made.Methods, made.Bases = append(made.Methods, strings.ToUpper(m.key)), append(made.Bases, own...)
	}
	slices.Sort(made.Bases)
	made.Bases = slices.Compact(made.Bases)
	slices.Sort(made.Methods)
	return []route.Template{made}, nil
}

func isMethod(key string) bool {
	switch key {
	case "get", "put", "post", "delete", "options", "head", "patch", "trace", "query":
		return true
	}
	return false
}

// digestOf is the same for the same routes in any order.
func digestOf(found []route.Template) string {
	var lines []string
	for _, t := range found {
		lines = append(lines, fmt.Sprintf("%q %q %q\n", t.Path, t.Methods, t.Bases))
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:])
}
