package files

import (
	"context"
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
	scan   csvScanner
	header []string
}

func openCSV(path string) (*csvFile, error) {
	text, err := openText(path)
	if err != nil {
		return nil, err
	}
	f := &csvFile{text: text, scan: csvScanner{in: text.Reader}}
	if err := f.readHeader(); err != nil {
		return nil, errors.Join(err, text.Close())
	}
	f.scan.keepBlank = len(f.header) == 1
	return f, nil
}

func (f *csvFile) readHeader() error {
	err := f.scan.next()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("it is empty: a CSV file begins with the names of its columns")
	}
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range f.scan.ends {
		name := string(f.scan.field(i))
		if name == "" || seen[name] {
			return fmt.Errorf("the header's column %d is called %q: names must be there and differ", i+1, name)
		}
		seen[name] = true
		f.header = append(f.header, name)
	}
	return nil
}

// next reads a record of as many fields as the header names.
func (f *csvFile) next() error {
	if err := f.scan.next(); err != nil {
		return err
	}
	if n := len(f.scan.ends); n != len(f.header) {
		return fmt.Errorf("line %d: %d fields, the header names %d", f.scan.line, n, len(f.header))
	}
	return nil
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
		if err := c.next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		r.add(out, &c.scan)
		if err := out.flush(ctx, false, emit); err != nil {
			return err
		}
	}
	note(t, "blank lines stepped over", c.scan.blank)
	return out.flush(ctx, true, emit)
}

// add appends a record. What is quoted is no null.
func (r *csvReader) add(out *batcher, s *csvScanner) {
	null := r.o.NullText
	for i := range s.ends {
		v, field := &out.batch.Columns[i], s.field(i)
		if null != nil && !s.quoted[i] && string(field) == *null {
			v.AppendNull()
			continue
		}
		appendText(v, out.parsers[i], field)
		out.weight += len(field)
	}
	out.batch.Rows++
}

// batcher gathers rows of text files.
type batcher struct {
	batch   *snapshot.Batch
	parsers []parser
	// declared are the columns whose type somebody said.
	declared []bool
	rows     int // of a batch
	weight   int
	buf      []byte
}

func newBatcher(t *snapshot.Table, o *database.Options) *batcher {
	b := &batcher{batch: snapshot.NewBatch(t.Columns), rows: o.BatchRows}
	for i := range t.Columns {
		var parse parser
		if t.Columns[i].Encoding != "" { // declared
			parse, _ = parserOf(t.Columns[i].Class)
		}
		b.parsers = append(b.parsers, parse)
		b.declared = append(b.declared, t.Columns[i].Encoding != "")
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
