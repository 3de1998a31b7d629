package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parallax/capture/snapshot"
)

// Flatten turns a column of JSON documents into the rows of another table: one
// row for each element of the array at Path.
type Flatten struct {
	Reason string `yaml:"reason,omitempty" json:"reason,omitempty"`
	// From and Column hold the documents; Path is the JSON Pointer of the array.
	From   string `yaml:"from" json:"from"`
	Column string `yaml:"column" json:"column"`
	Path   string `yaml:"path,omitempty" json:"path,omitempty"`
	// Into is the table that the rows make, Columns what its columns hold: "index"
	// (of the element, from 0), a JSON Pointer within the element ("" is the
	// element), or "row.name", a column of the row that holds the document.
	Into    string            `yaml:"into" json:"into"`
	Columns map[string]string `yaml:"columns" json:"columns"`
	Key     []string          `yaml:"key" json:"key"`
}

// Flattener is a Flatten, compiled. It is safe for concurrent use.
type Flattener struct {
	spec  Flatten
	path  pointer
	cells []flatCell // the key's first, then by name
}

// flatCell is what one column of the new rows holds.
type flatCell struct {
	name    string
	index   bool
	row     string // the name of a column of the source, or ""
	pointer pointer
}

func (e *Flatten) compile() (*Flattener, error) {
	switch {
	case e.From == "" || e.Column == "" || e.Into == "":
		return nil, errors.New("from, column and into must be given")
	case len(e.Columns) == 0:
		return nil, fmt.Errorf("into %s: columns is empty", e.Into)
	case len(e.Key) == 0:
		return nil, fmt.Errorf("into %s: key names no column", e.Into)
	}
	f := &Flattener{spec: *e}
	var err error
	if f.path, err = parsePointer(e.Path); err != nil {
		return nil, fmt.Errorf("into %s: path: %w", e.Into, err)
	}
	for i, name := range e.Key {
		if _, ok := e.Columns[name]; !ok || slices.Contains(e.Key[:i], name) {
			return nil, fmt.Errorf("into %s: key: %q is none of the columns, or stands twice", e.Into, name)
		}
	}
	for _, name := range e.order() {
		c, err := parseFlatCell(name, e.Columns[name])
		if err != nil {
			return nil, fmt.Errorf("into %s: column %s: %w", e.Into, name, err)
		}
		f.cells = append(f.cells, c)
	}
	return f, nil
}

// order puts the key's columns first, the others by name: a mapping in YAML has
// no order of its own.
func (e *Flatten) order() []string {
	return slices.SortedFunc(maps.Keys(e.Columns), func(a, b string) int {
		i, j := slices.Index(e.Key, a), slices.Index(e.Key, b)
		switch {
		case i >= 0 && j >= 0:
			return cmp.Compare(i, j)
		case i >= 0:
			return -1
		case j >= 0:
			return 1
		}
		return strings.Compare(a, b)
	})
}

func parseFlatCell(name, text string) (c flatCell, err error) {
	c.name = name
	row, isRow := strings.CutPrefix(text, "row.")
	switch {
	case text == "index":
		c.index = true
	case isRow && row != "":
		c.row = row
	case text == "" || text[0] == '/':
		c.pointer, err = parsePointer(text)
	default:
		err = fmt.Errorf("%q is neither index nor row.name nor a JSON Pointer", text)
	}
	return c, err
}

// From is the table that holds the documents, Into the one that the rows make.
func (f *Flattener) From() string { return f.spec.From }

// Into is the name of the table that the rows make.
func (f *Flattener) Into() string { return f.spec.Into }

// Reason says why the user wants it.
func (f *Flattener) Reason() string { return f.spec.Reason }

// Needs names the columns of the source that are read, sorted.
func (f *Flattener) Needs() []string {
	out := []string{f.spec.Column}
	for _, c := range f.cells {
		if c.row != "" {
			out = append(out, c.row)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Table describes the new table. A column is declared as target's of the same
// name (target is the table that the rows are compared with, or nil), else as the
// source's, else as a number for the index and as mixed text for what a document
// holds.
func (f *Flattener) Table(source, target *snapshot.Table) (snapshot.Table, error) {
	t := snapshot.Table{
		Name: f.spec.Into, From: "query", Query: "flattened " + f.spec.From + "." + f.spec.Column + " " + f.spec.Path,
		Key: slices.Clone(f.spec.Key), KeyFrom: "declared",
	}
	if target != nil {
		t.Schema, t.Name = target.Schema, target.Name
	}
	if _, err := columnIndex(source, f.spec.Column); err != nil {
		return t, err
	}
	for _, c := range f.cells {
		column, err := c.describe(source, target)
		if err != nil {
			return t, err
		}
		t.Columns = append(t.Columns, column)
	}
	return t, nil
}

func (c *flatCell) describe(source, target *snapshot.Table) (snapshot.Column, error) {
	out := snapshot.Column{Declared: "flattened", Class: snapshot.Text, Mixed: true}
	switch {
	case c.index:
		out.Class = snapshot.Number
	case c.row != "":
		i, err := columnIndex(source, c.row)
		if err != nil {
			return out, err
		}
		out = source.Columns[i]
	}
	if target != nil && c.row == "" {
		if i, err := columnIndex(target, c.name); err == nil {
			out.Class = target.Columns[i].Class
		}
	}
	out.Name = c.name
	return out, nil
}

func columnIndex(t *snapshot.Table, name string) (int, error) {
	i := slices.IndexFunc(t.Columns, func(c snapshot.Column) bool { return c.Name == name })
	if i < 0 {
		return 0, fmt.Errorf("table %s: there is no column %q", t.FullName(), name)
	}
	return i, nil
}
