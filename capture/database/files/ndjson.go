package files

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

type ndjsonReader struct{ o database.Options }

// lines hands on the lines of a file that are not blank, with their numbers.
func lines(path string, f func(number int, line []byte) error) (err error) {
	text, err := openText(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, text.Close()) }()
	var long []byte
	for number := 1; ; number++ {
		line, err := readLine(text.Reader, &long)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if trimmed := bytes.Trim(line, " \t\r\n"); len(trimmed) > 0 {
			if err := f(number, trimmed); err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
		}
		if err != nil {
			return nil
		}
	}
}

// readLine returns a line until the next call; long holds one that is longer than
// the buffer.
func readLine(in *bufio.Reader, long *[]byte) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	*long = (*long)[:0]
	for errors.Is(err, bufio.ErrBufferFull) {
		if *long = append(*long, line...); len(*long) > maxRecord {
			return nil, fmt.Errorf("more than %d bytes: %w", maxRecord, errRecord)
		}
		line, err = in.ReadSlice('\n')
	}
	*long = append(*long, line...)
	return *long, err
}

// describe reads all lines once: the columns are the names in the order in which
// they first appear, each of the class of its first value that is not null.
func (r *ndjsonReader) describe(ctx context.Context, f *file, t *snapshot.Table) error {
	s := scanner{at: map[string]int{}}
	var known []bool
	err := lines(f.path, func(number int, line []byte) error {
		if number%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		return s.object(line, func(i int, name string, value []byte) error {
			if i == len(t.Columns) {
				if i == maxColumns {
					return fmt.Errorf("more than %d names", maxColumns)
				}
				t.Columns = append(t.Columns, snapshot.Column{Name: name, Declared: "json", Class: snapshot.Text, Mixed: true})
				known = append(known, false)
			}
			if class := classOf(value); !known[i] && class != snapshot.Null {
				t.Columns[i].Class, known[i] = class, true
			}
			return nil
		})
	})
	if err == nil && len(t.Columns) == 0 {
		err = errors.New("no line names a column")
	}
	if err != nil {
		return err
	}
	return declare(&r.o, t)
}

// classOf is the class of a JSON value; its grammar was checked.
func classOf(value []byte) snapshot.Class {
	switch value[0] {
	case 'n':
		return snapshot.Null
	case 't', 'f':
		return snapshot.Bool
	case '"':
		return snapshot.Text
	case '{', '[':
		return snapshot.JSON
	}
	return snapshot.Number
}

func (r *ndjsonReader) read(ctx context.Context, f *file, t *snapshot.Table, emit func(*snapshot.Batch) error) error {
	s := scanner{at: map[string]int{}}
	for i := range t.Columns {
		s.add(t.Columns[i].Name)
	}
	out := newBatcher(t, &r.o)
	missing := make([]int64, len(t.Columns))
	err := lines(f.path, func(_ int, line []byte) error {
		if err := s.object(line, out.addValue); err != nil {
			return err
		}
		out.fillRow(missing)
		return out.flush(ctx, false, emit)
	})
	if err != nil {
		return err
	}
	for i, n := range missing {
		note(t, fmt.Sprintf("column %q: missing, kept as null", t.Columns[i].Name), n)
	}
	return out.flush(ctx, true, emit)
}

// addValue appends a value to the row that is being read.
func (b *batcher) addValue(i int, name string, value []byte) error {
	if i >= len(b.batch.Columns) {
		return fmt.Errorf("the name %q was not there when the file was found", name)
	}
	v := &b.batch.Columns[i]
	b.weight += len(value)
	switch class := classOf(value); class {
	case snapshot.Null:
		v.AppendNull()
	case snapshot.Bool:
		v.Append(class, snapshot.AppendBool(b.buf[:0], value[0] == 't'))
	case snapshot.Number:
		b.addNumber(v, value)
	case snapshot.Text:
		b.buf = unquote(b.buf[:0], value)
		appendText(v, b.parsers[i], b.buf)
	default:
		b.addDocument(i, v, value)
	}
	return nil
}

// addDocument keeps an object or array, but for a scalar that MongoDB's tools write
// as an object, where a type is declared for its column.
func (b *batcher) addDocument(i int, v *snapshot.Vector, value []byte) {
	if b.declared[i] && v.Class != snapshot.JSON {
		if text, ok := extendedScalar(b.buf[:0], value); ok {
			b.buf = text
			appendText(v, b.parsers[i], text)
			return
		}
	}
	v.Append(snapshot.JSON, value)
}

// addNumber keeps a number exactly; one whose digits alone would fill the memory
// stays the JSON that it is. Where doubles are declared, it becomes one.
func (b *batcher) addNumber(v *snapshot.Vector, value []byte) {
	parse := parseNumber
	class := snapshot.Number
	if v.Class == snapshot.Float {
		parse, class = parseFloat, snapshot.Float
	}
	data, ok := parse(b.buf[:0], value)
	if !ok {
		v.Append(snapshot.JSON, value)
		return
	}
	b.buf = data
	v.Append(class, data)
}

// fillRow ends a row: columns without a value in it get a null, counted.
func (b *batcher) fillRow(missing []int64) {
	b.batch.Rows++
	for i := range b.batch.Columns {
		if b.batch.Columns[i].Len() < b.batch.Rows {
			b.batch.Columns[i].AppendNull()
			missing[i]++
		}
	}
}

// scanner walks the members of objects.
type scanner struct {
	at    map[string]int // a name's column
	names []string       // by column
	seen  []int          // by column, the object in which it was last
	count int
	name  []byte
}

// object hands on the members of one line's object. A new name gets the next
// column.
func (s *scanner) object(line []byte, f func(column int, name string, value []byte) error) error {
	if line[0] != '{' || !json.Valid(line) {
		return errors.New("it is no JSON object")
	}
	s.count++
	rest := bytes.TrimLeft(line[1:], space)
	for rest[0] != '}' {
		n := valueEnd(rest)
		s.name = unquote(s.name[:0], rest[:n])
		rest = bytes.TrimLeft(rest[n:], space)
		rest = bytes.TrimLeft(rest[1:], space) // the colon
		n = valueEnd(rest)
		if err := s.member(rest[:n], f); err != nil {
			return err
		}
		rest = bytes.TrimLeft(rest[n:], space)
		if rest[0] == ',' {
			rest = bytes.TrimLeft(rest[1:], space)
		}
	}
	return nil
}

func (s *scanner) member(value []byte, f func(column int, name string, value []byte) error) error {
	i, ok := s.at[string(s.name)]
	if !ok {
		i = len(s.at)
		s.add(string(s.name))
	}
	if s.seen[i] == s.count {
		return fmt.Errorf("the name %q stands twice in one object", s.name)
	}
	s.seen[i] = s.count
	return f(i, s.names[i], value)
}

func (s *scanner) add(name string) {
	s.at[name] = len(s.names)
	s.names, s.seen = append(s.names, name), append(s.seen, 0)
}
