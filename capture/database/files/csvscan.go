package files

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// csvScanner reads records of RFC 4180, strictly: a quote stands at both ends of a
// field or nowhere in it. encoding/csv would do, but for what it makes equal: line
// ends inside quotes, and an empty field with and without quotes.
type csvScanner struct {
	in   *bufio.Reader
	long []byte
	// line is the number of the line that was read last; rest, what is left of it,
	// and eol, how it ended.
	line      int
	rest, eol []byte
	// keepBlank: a blank line is a record of one empty field, as it must be where
	// there is one column; else blank counts those that were stepped over.
	keepBlank bool
	blank     int64

	data   []byte // the record's fields, one after the other
	ends   []int
	quoted []bool
}

// field returns a field until the next record.
func (s *csvScanner) field(i int) []byte {
	from := 0
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.data[from:s.ends[i]]
}

// next reads a record; io.EOF after the last.
func (s *csvScanner) next() error {
	s.data, s.ends, s.quoted = s.data[:0], s.ends[:0], s.quoted[:0]
	if err := s.load(); err != nil {
		return err
	}
	for len(s.rest) == 0 && !s.keepBlank {
		s.blank++
		if err := s.load(); err != nil {
			return err
		}
	}
	for more := true; more; {
		var err error
		if more, err = s.scan(); err != nil {
			return err
		}
		if len(s.ends) > maxColumns {
			return fmt.Errorf("line %d: more than %d fields", s.line, maxColumns)
		}
	}
	return nil
}

// load reads the next line.
func (s *csvScanner) load() error {
	line, err := readLine(s.in, &s.long)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("line %d: %w", s.line+1, err)
	}
	if len(line) == 0 {
		return io.EOF
	}
	s.line++
	n := len(line)
	if line[n-1] == '\n' {
		if n--; n > 0 && line[n-1] == '\r' {
			n--
		}
	}
	s.rest, s.eol = line[:n], line[n:]
	return nil
}

// scan reads one field; more is true where a comma follows it.
func (s *csvScanner) scan() (more bool, err error) {
	if len(s.rest) > 0 && s.rest[0] == '"' {
		return s.scanQuoted()
	}
	field, rest, more := bytes.Cut(s.rest, []byte{','})
	if bytes.IndexByte(field, '"') >= 0 {
		return false, fmt.Errorf("line %d: a quote inside a field without quotes", s.line)
	}
	s.data, s.rest = append(s.data, field...), rest
	s.end(false)
	return more, nil
}

func (s *csvScanner) end(quoted bool) {
	s.ends, s.quoted = append(s.ends, len(s.data)), append(s.quoted, quoted)
}

func (s *csvScanner) scanQuoted() (more bool, err error) {
	s.rest = s.rest[1:]
	for from, open := s.line, true; open; {
		if open, err = s.scanPiece(from); err != nil {
			return false, err
		}
	}
	s.end(true)
	if len(s.rest) == 0 {
		return false, nil
	}
	if s.rest[0] != ',' {
		return false, fmt.Errorf("line %d: text behind a closing quote", s.line)
	}
	s.rest = s.rest[1:]
	return true, nil
}

// scanPiece reads a quoted field up to a quote or the line's end; open is false
// where the quote was the last one.
func (s *csvScanner) scanPiece(from int) (open bool, err error) {
	text, rest, found := bytes.Cut(s.rest, []byte{'"'})
	s.data, s.rest = append(s.data, text...), rest
	if !found {
		return true, s.goOn(from)
	}
	if len(rest) == 0 || rest[0] != '"' {
		return false, nil
	}
	s.data, s.rest = append(s.data, '"'), rest[1:]
	return true, nil
}

// goOn takes the line's end into a quoted field, as it is, and reads the next
// line.
func (s *csvScanner) goOn(from int) error {
	if s.data = append(s.data, s.eol...); len(s.data) > maxRecord {
		return fmt.Errorf("line %d: more than %d bytes: %w", from, maxRecord, errRecord)
	}
	err := s.load()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("line %d: a quote is never closed", from)
	}
	return err
}
