package invariants

import (
	"iter"
	"slices"
	"strings"
	"testing"

	"parallax/capture/snapshot"
)

// fake is a side in memory.
type fake struct {
	tables  []snapshot.TableEntry
	rows    [][][]string // by table, row and column: "class:text", or a number, or null
	fail    error
	missing int64 // rows that are not handed out
	passes  int
}

func (f *fake) Tables() []snapshot.TableEntry { return f.tables }

func (f *fake) Batches(table int, columns []int) iter.Seq2[*snapshot.Batch, error] {
	f.passes++
	return func(yield func(*snapshot.Batch, error) bool) {
		b := snapshot.NewBatch(f.tables[table].Columns)
		for _, row := range f.rows[table][:int64(len(f.rows[table]))-f.missing] {
			if b.Rows == 2 {
				if !yield(b, nil) {
					return
				}
				b.Reset()
			}
			for i, text := range row {
				if slices.Contains(columns, i) {
					class, c := cellOf(text)
					b.Columns[i].Append(class, c)
				}
			}
			b.Rows++
		}
		if yield(b, nil) && f.fail != nil {
			yield(nil, f.fail)
		}
	}
}

func cellOf(text string) (snapshot.Class, []byte) {
	name, value, ok := strings.Cut(text, ":")
	if text == "null" {
		return snapshot.Null, nil
	}
	if !ok {
		c, err := snapshot.AppendNumberText(nil, text)
		if err != nil {
			return snapshot.Text, []byte(text)
		}
		return snapshot.Number, c
	}
	switch name {
	case "float":
		n, _ := parseNumberText(value)
		return snapshot.Float, snapshot.AppendFloat(nil, n)
	}
	return snapshot.Text, []byte(value)
}

// table adds a table; the columns are numbers, and rows may hold others.
func (f *fake) table(name string, columns []string, rows ...[]string) *snapshot.TableEntry {
	e := snapshot.TableEntry{Rows: int64(len(rows))}
	e.Schema, e.Name, _ = strings.Cut(name, ".")
	if e.Name == "" {
		e.Schema, e.Name = "", name
	}
	for _, c := range columns {
		e.Columns = append(e.Columns, snapshot.Column{Name: c, Class: snapshot.Number, Mixed: true})
	}
	e.Key = columns[:1]
	f.tables, f.rows = append(f.tables, e), append(f.rows, rows)
	return &f.tables[len(f.tables)-1]
}

func rows(lines ...string) (out [][]string) {
	for _, l := range lines {
		out = append(out, strings.Fields(l))
	}
	return out
}

func must(t *testing.T, o Options, list ...Invariant) *Set {
	t.Helper()
	s, err := Compile(list, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
