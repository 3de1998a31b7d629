package files

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

type csvReader struct{ o database.Options }

// csvFile is an open CSV file behind its header.
type csvFile struct {
	text   *textFile
	bound  *bounded
	csv    *csv.Reader
	header []string
	// end is the last line of the record before; blank counts the empty lines, which
	// encoding/csv steps over.
	end, blank int
}

func openCSV(path string) (*csvFile, error) {
	text, err := openText(path)
	if err != nil {
		return nil, err
	}
	f := &csvFile{text: text, bound: &bounded{in: text}}
	f.csv = csv.NewReader(f.bound)
	f.csv.ReuseRecord = true
	if err := f.readHeader(); err != nil {
		return nil, errors.Join(err, text.Close())
	}
	return f, nil
}

func (f *csvFile) readHeader() error {
	header, err := f.next()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("it is empty: a CSV file begins with the names of its columns")
	}
	if err != nil {
		return err
	}
	f.header = append(f.header, header...) // the record is reused
	if len(header) > maxColumns {
		return fmt.Errorf("the header names %d columns, want at most %d", len(header), maxColumns)
	}
	seen := map[string]bool{}
	for i, name := range f.header {
		if name == "" || seen[name] {
			return fmt.Errorf("the header's column %d is called %q: names must be there and differ", i+1, name)
		}
		seen[name] = true
	}
	return nil
}

// next returns the next record, until the next call; errors name the line.
func (f *csvFile) next() ([]string, error) {
	f.bound.begin()
	record, err := f.csv.Read()
	if err != nil {
		return nil, err
	}
	first, _ := f.csv.FieldPos(0)
	f.blank += first - f.end - 1
	f.end, _ = f.csv.FieldPos(len(record) - 1)
	for _, c := range []byte(record[len(record)-1]) {
		if c == '\n' {
			f.end++
		}
	}
	return record, nil
}

func (r *csvReader) describe(_ context.Context, f *file, t *snapshot.Table) error {
	c, err := openCSV(f.path)
	if err != nil {
		return err
	}
	for _, name := range c.header {
		t.Columns = append(t.Columns, snapshot.Column{Name: name, Declared: "text", Class: snapshot.Text, Mixed: true})
	}
	return errors.Join(declare(&r.o, t), c.text.Close())
}

func (r *csvReader) read(ctx context.Context, f *file, t *snapshot.Table, emit func(*snapshot.Batch) error) (err error) {
	c, err := openCSV(f.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.text.Close()) }()
	if len(c.header) != len(t.Columns) {
		return fmt.Errorf("it has %d columns, and had %d when it was found", len(c.header), len(t.Columns))
	}
	out := newBatcher(t, &r.o)
	for {
		record, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		r.add(out, record)
		if err := out.flush(ctx, false, emit); err != nil {
			return err
		}
	}
	note(t, "blank lines stepped over", int64(c.blank))
	return out.flush(ctx, true, emit)
}

func (r *csvReader) add(out *batcher, record []string) {
	for i, s := range record {
		v := &out.batch.Columns[i]
		if r.o.NullText != nil && s == *r.o.NullText {
			v.AppendNull()
			continue
		}
		out.buf = append(out.buf[:0], s...)
		appendText(v, out.parsers[i], out.buf)
		out.weight += len(s)
	}
	out.batch.Rows++
}

// batcher gathers rows of text files.
type batcher struct {
	batch   *snapshot.Batch
	parsers []parser
	rows    int // of a batch
	weight  int
	buf     []byte
}

func newBatcher(t *snapshot.Table, o *database.Options) *batcher {
	b := &batcher{batch: snapshot.NewBatch(t.Columns), rows: o.BatchRows}
	for i := range t.Columns {
		var parse parser
		if t.Columns[i].Encoding != "" { // declared
			parse, _ = parserOf(t.Columns[i].Class)
		}
		b.parsers = append(b.parsers, parse)
	}
	return b
}

// flush hands a batch on where it is full, or at the end.
func (b *batcher) flush(ctx context.Context, end bool, emit func(*snapshot.Batch) error) error {
	if b.batch.Rows < b.rows && b.weight < batchBytes && !end || b.batch.Rows == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := emit(b.batch); err != nil {
		return err
	}
	b.batch.Reset()
	b.weight = 0
	return nil
}

// note adds to a table's notes what is not nothing.
func note(t *snapshot.Table, name string, n int64) {
	if n == 0 {
		return
	}
	if t.Notes == nil {
		t.Notes = map[string]int64{}
	}
	t.Notes[name] += n
}
