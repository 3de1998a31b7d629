package files

import (
	"fmt"

	"github.com/parquet-go/parquet-go/deprecated"
	pq "github.com/parquet-go/parquet-go/format"

	"parallax/capture/database"
	"parallax/capture/snapshot"
	"parallax/internal/pageguard"
)

// element is a node of a schema with what stands below it.
type element struct {
	*pq.SchemaElement
	children []*element
}

// tree rebuilds the schema, which the footer holds depth first.
func tree(flat []pq.SchemaElement) (*element, error) {
	next := 0
	var build func(depth int) (*element, error)
	build = func(depth int) (*element, error) {
		if next == len(flat) || depth > 100 {
			return nil, fmt.Errorf("the schema is malformed")
		}
		e := &element{SchemaElement: &flat[next]}
		next++
		for range e.NumChildren.V {
			child, err := build(depth + 1)
			if err != nil {
				return nil, err
			}
			e.children = append(e.children, child)
		}
		return e, nil
	}
	root, err := build(0)
	if err == nil && next != len(flat) {
		err = fmt.Errorf("the schema has %d nodes of %d in its tree", next, len(flat))
	}
	return root, err
}

func (e *element) is(r pq.FieldRepetitionType) bool { return e.RepetitionType.V == r }

func (e *element) isList() bool {
	_, list := e.LogicalType.Value.(*pq.ListType)
	return list || e.ConvertedType.Valid && e.ConvertedType.V == deprecated.List
}

// leaf is a column of the table and the column of the file that holds it.
type leaf struct {
	column snapshot.Column
	// maxDef is the definition level of a value; repDef, of lists, that of an element
	// or a null in its place: one less is an empty list, two less none.
	maxDef, repDef int
	// element is the class of a list's elements.
	element snapshot.Class
	convert converter
	// physical and length are what its values are in the file.
	physical pq.Type
	length   int
}

// pages is what its pages are read as.
func (l *leaf) pages() pageguard.Leaf {
	return pageguard.Leaf{Type: l.physical, Length: l.length, MaxDef: l.maxDef, MaxRep: min(l.repDef, 1)}
}

// leaves describes the columns of a schema, or refuses one by name.
func leaves(root *element) (out []leaf, err error) {
	for _, field := range root.children {
		var l leaf
		end, err := l.descend(field)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", field.Name, err)
		}
		if l.column, l.convert, err = columnOf(end); err != nil {
			return nil, fmt.Errorf("column %q: %w", field.Name, err)
		}
		l.physical, l.length = end.Type.V, int(end.TypeLength.V)
		l.column.Name = field.Name
		l.column.NotNull = field.is(pq.Required)
		if l.repDef > 0 {
			l.element = l.column.Class
			l.column = snapshot.Column{Name: field.Name, Declared: "LIST of " + l.column.Declared, Class: snapshot.List, NotNull: l.column.NotNull}
		}
		out = append(out, l)
	}
	return out, nil
}

// descend goes down to the only leaf of a field, which is the field or the
// element of a list: then each field has one leaf, and its index is the field's.
func (l *leaf) descend(top *element) (*element, error) {
	e := top
	for depth := 0; ; depth++ {
		if err := l.level(e); err != nil {
			return nil, err
		}
		if len(e.children) == 0 {
			break
		}
		if !top.isList() || len(e.children) != 1 || depth == 2 {
			return nil, fmt.Errorf("a group of columns: %w\nhint: flatten it in the query that writes the file", database.ErrType)
		}
		e = e.children[0]
	}
	if top.isList() && l.repDef == 0 {
		return nil, fmt.Errorf("a list without repetition: %w", database.ErrType)
	}
	return e, nil
}

func (l *leaf) level(e *element) error {
	if e.is(pq.Optional) || e.is(pq.Repeated) {
		l.maxDef++
	}
	if !e.is(pq.Repeated) {
		return nil
	}
	if l.repDef > 0 {
		return fmt.Errorf("a list of lists: %w", database.ErrType)
	}
	l.repDef = l.maxDef
	return nil
}
