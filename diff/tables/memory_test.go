package tables

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// value is a cell in a test.
type value struct {
	class snapshot.Class
	bytes string
}

func null() value            { return value{} }
func number(n int64) value   { return value{snapshot.Number, string(snapshot.AppendInt(nil, n))} }
func text(s string) value    { return value{snapshot.Text, s} }
func double(f float64) value { return value{snapshot.Float, string(snapshot.AppendFloat(nil, f))} }
func decimal(s string) value {
	c, err := snapshot.AppendNumberText(nil, s)
	if err != nil {
		panic(err)
	}
	return value{snapshot.Number, string(c)}
}

type row []value

// memory is a table in memory: sorted by key, cut into blocks, summed up.
type memory struct {
	entry  snapshot.TableEntry
	all    *snapshot.Batch
	blocks []snapshot.Block
	// batch is the number of rows of a batch.
	batch int
}

func newMemory(t snapshot.Table, rows []row, target int) *memory {
	m := &memory{entry: snapshot.TableEntry{Table: t, Rows: int64(len(rows))}, batch: 100}
	key, err := t.KeyIndexes()
	if err != nil {
		panic(err)
	}
	one := snapshot.NewBatch(t.Columns)
	keyed := make([]struct {
		key string
		row row
	}, len(rows))
	for i, r := range rows {
		one.Reset()
		appendValues(one, r)
		keyed[i].key, keyed[i].row = string(one.AppendRowKey(nil, key, 0)), r
	}
	slices.SortStableFunc(keyed, func(a, b struct {
		key string
		row row
	}) int {
		return bytes.Compare([]byte(a.key), []byte(b.key))
	})
	m.all = snapshot.NewBatch(t.Columns)
	open := snapshot.Block{Columns: make([]snapshot.Sum, len(t.Columns))}
	for i, k := range keyed {
		appendValues(m.all, k.row)
		hash := snapshot.KeyHash([]byte(k.key))
		open.Rows++
		open.Keys.Add(snapshot.KeySum([]byte(k.key)))
		for c, v := range k.row {
			open.Columns[c].Add(snapshot.CellSum(hash, v.class, []byte(v.bytes)))
		}
		same := i+1 < len(keyed) && keyed[i+1].key == k.key
		if same {
			m.entry.DuplicateKeys++
		}
		if !same && (snapshot.EndsBlock(hash, target) || i+1 == len(keyed)) {
			open.LastKey = []byte(k.key)
			m.blocks = append(m.blocks, open)
			open = snapshot.Block{First: int64(i + 1), Columns: make([]snapshot.Sum, len(t.Columns))}
		}
	}
	m.entry.Blocks = int64(len(m.blocks))
	return m
}

func appendValues(b *snapshot.Batch, r row) {
	for i, v := range r {
		b.Columns[i].Append(v.class, []byte(v.bytes))
	}
	b.Rows++
}

func (m *memory) Blocks(f func(*snapshot.Block) error) error {
	for i := range m.blocks {
		b := m.blocks[i]
		if err := f(&b); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Read(first, rows int64, columns []int, into *snapshot.Batch) error {
	into.Reset()
	if first < 0 || first+rows > int64(m.all.Rows) {
		return fmt.Errorf("rows %d to %d of %d", first, first+rows, m.all.Rows)
	}
	for i := range m.all.Columns {
		if columns != nil && !slices.Contains(columns, i) {
			continue
		}
		for row := first; row < first+rows; row++ {
			class, c := m.all.Columns[i].Cell(int(row))
			into.Columns[i].Append(class, c)
		}
	}
	into.Rows = int(rows)
	return nil
}

func (m *memory) Batches(columns []int) iter.Seq2[*snapshot.Batch, error] {
	return func(yield func(*snapshot.Batch, error) bool) {
		b := snapshot.NewBatch(m.entry.Columns)
		for first := 0; first < m.all.Rows; first += m.batch {
			err := m.Read(int64(first), int64(min(m.batch, m.all.Rows-first)), columns, b)
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

func input(name string, tables ...*memory) Input {
	in := Input{Name: name, Digest: "digest of " + name, Manifest: &snapshot.Manifest{BlockRows: 8}}
	for _, m := range tables {
		in.Manifest.Tables = append(in.Manifest.Tables, m.entry)
	}
	in.Table = func(i int) (Table, error) { return tables[i], nil }
	return in
}

// output keeps what is written.
type output struct {
	dir         string
	differences []comparison.Difference
}

func (o *output) Write(d *comparison.Difference) error {
	o.differences = append(o.differences, *d)
	return nil
}

func (o *output) ScratchDir() (string, error) { return o.dir, nil }

// compared compares and checks what must hold of every comparison.
func compared(t testing.TB, old, new Input, o Options) (*comparison.Summary, []comparison.Difference) {
	t.Helper()
	out := &output{dir: t.TempDir()}
	s, err := Compare(context.Background(), old, new, o, out)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.Ledgers {
		for _, a := range l.Accounts {
			if a.Residual() != 0 {
				t.Errorf("%s, %s: %d of %d unexplained: %+v", l.Name, a.Name, a.Residual(), a.Total, a.Buckets)
			}
		}
	}
	for _, u := range s.Subjects {
		if sum := u.Equal + u.UnderRules + u.Different + u.MissingNew + u.MissingOld + u.NotCompared + u.Filtered; sum != u.Recorded {
			t.Errorf("%s: %d recorded, counted %d", u.Name, u.Recorded, sum)
		}
	}
	return s, out.differences
}

func column(name string, class snapshot.Class) snapshot.Column {
	return snapshot.Column{Name: name, Class: class, Declared: class.String()}
}

// people is a table with an id, a name and an amount.
func people() snapshot.Table {
	return snapshot.Table{Name: "people", From: "table", Key: []string{"id"}, Columns: []snapshot.Column{
		column("id", snapshot.Number), column("name", snapshot.Text), column("amount", snapshot.Number),
	}}
}

func peopleRows(n int) []row {
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{number(int64(i)), text(fmt.Sprintf("name %d", i)), number(int64(i * 7 % 100))}
		if i%13 == 0 {
			rows[i][1] = null()
		}
	}
	return rows
}
