package postgres

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"parallax/capture/snapshot"
)

// signature begins the binary form of COPY; flags and the length of an extension
// follow, four bytes each.
const signature = "PGCOPY\n\xff\r\n\x00"

// batchBytes bounds what a batch was decoded from.
const batchBytes = 4 << 20

// Where in the stream we are.
const (
	inHeader = iota
	inRows
	atEnd
)

var (
	// errEmit: rows.refused has the reason.
	errEmit = errors.New("emit failed")
	// errShort: the row goes on in the next piece.
	errShort = errors.New("short")
)

// rows decodes the stream of one COPY into batches. The pieces that are written to
// it may be cut anywhere; a server sends a row in each.
type rows struct {
	table  *snapshot.Table
	decode []decoder
	batch  *snapshot.Batch
	emit   func(*snapshot.Batch) error
	most   int // rows of a batch

	state   int
	pending []byte // the beginning of a row
	size    int    // bytes that the batch was decoded from
	count   int64
	emitted int64
	refused error
	notes   map[string]int64
}

// Write takes the next piece.
func (r *rows) Write(piece []byte) (int, error) {
	p := piece
	if len(r.pending) > 0 {
		r.pending = append(r.pending, piece...)
		p = r.pending
	}
	for len(p) > 0 {
		n, err := r.next(p)
		if err == errShort {
			break
		}
		if err != nil {
			return 0, err
		}
		p = p[n:]
	}
	r.pending = append(r.pending[:0], p...) // may be its own end
	return len(piece), nil
}

// next takes the header, a row or the end from the beginning of p.
func (r *rows) next(p []byte) (int, error) {
	switch {
	case r.state == inHeader:
		return r.header(p)
	case r.state == atEnd:
		return 0, fmt.Errorf("%d bytes behind the end of the rows: %w", len(p), errForm)
	case len(p) < 2:
		return 0, errShort
	}
	fields := int16(binary.BigEndian.Uint16(p))
	if fields == -1 {
		r.state = atEnd
		return 2, nil
	}
	if int(fields) != len(r.decode) {
		return 0, fmt.Errorf("row %d has %d columns, not %d: %w", r.count, fields, len(r.decode), errForm)
	}
	n, err := r.row(p)
	if err != nil {
		return 0, err
	}
	return n, r.ended(n)
}

func (r *rows) header(p []byte) (int, error) {
	const fixed = len(signature) + 8
	if !bytes.HasPrefix(p, []byte(signature)[:min(len(p), len(signature))]) {
		return 0, fmt.Errorf("the stream does not begin as a binary COPY: %w", errForm)
	}
	if len(p) < fixed {
		return 0, errShort
	}
	flags, extension := binary.BigEndian.Uint32(p[len(signature):]), binary.BigEndian.Uint32(p[fixed-4:])
	if flags != 0 || extension != 0 {
		return 0, fmt.Errorf("a COPY header with flags %x and %d bytes of extension, which is not known: %w", flags, extension, errForm)
	}
	r.state = inRows
	return fixed, nil
}

// row decodes one row. On errShort nothing of it stays in the batch.
func (r *rows) row(p []byte) (int, error) {
	at := 2
	for i, decode := range r.decode {
		if len(p)-at < 4 {
			return 0, r.rollback(i)
		}
		size := int(int32(binary.BigEndian.Uint32(p[at:])))
		at += 4
		v := &r.batch.Columns[i]
		if size == -1 {
			v.AppendNull()
			continue
		}
		if size < 0 {
			return 0, r.broken(i, fmt.Errorf("a value of %d bytes: %w", size, errForm))
		}
		if len(p)-at < size {
			return 0, r.rollback(i)
		}
		var err error
		if v.Data, err = decode(v.Data, p[at:at+size]); err != nil {
			return 0, r.broken(i, err)
		}
		v.End()
		at += size
	}
	r.batch.Rows++
	return at, nil
}

func (r *rows) broken(column int, err error) error {
	return fmt.Errorf("row %d: column %q: %w", r.count, r.table.Columns[column].Name, err)
}

// rollback takes the first columns of an unfinished row back.
func (r *rows) rollback(columns int) error {
	row := r.batch.Rows
	for i := range columns {
		v := &r.batch.Columns[i]
		v.Data = v.Data[:len(v.Data)-len(v.Bytes(row))]
		v.Ends = v.Ends[:row]
		if n := len(v.Nulls); n > 0 && v.Nulls[n-1] == uint32(row) {
			v.Nulls = v.Nulls[:n-1]
		}
	}
	return errShort
}

// ended counts a row of n bytes, and hands the batch on where it is full.
func (r *rows) ended(n int) error {
	r.count++
	r.size += n
	if r.batch.Rows < r.most && r.size < batchBytes {
		return nil
	}
	return r.flush()
}

func (r *rows) flush() error {
	if r.batch.Rows == 0 {
		return nil
	}
	for i := range r.batch.Columns {
		if err := r.fits(i); err != nil {
			return err
		}
	}
	r.emitted += int64(r.batch.Rows)
	if r.refused = r.emit(r.batch); r.refused != nil {
		return errEmit
	}
	r.batch.Reset() // or another one, of emit's
	r.size = 0
	return nil
}

// fits refuses what only an array can reach: its text is longer than what the
// server stored.
func (r *rows) fits(column int) error {
	if len(r.batch.Columns[column].Data) <= snapshot.MaxCell {
		return nil
	}
	return fmt.Errorf("rows to %d: column %q: more than %d bytes in a cell", r.count, r.table.Columns[column].Name, snapshot.MaxCell)
}

// finish emits the last rows of a stream that has ended well.
func (r *rows) finish() error {
	if r.state != atEnd || len(r.pending) > 0 {
		return fmt.Errorf("the stream of rows ends early, after %d: %w", r.count, errForm)
	}
	return r.flush()
}
