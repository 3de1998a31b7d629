package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// record is a row as it is sorted: its key and its cells.
type record struct {
	prefix uint64 // the key's first bytes
	key    []byte
	cells  []byte // for each column the class, the length, the bytes
}

func prefixOf(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}

// appendRecord appends a row: the lengths of key and cells, the key, the cells.
func appendRecord(dst, key []byte, row int, cells []cells) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	sizeAt := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = append(dst, key...)
	start := len(dst)
	for i := range cells {
		class, c := cells[i].next(row)
		dst = append(dst, byte(class))
		dst = binary.AppendUvarint(dst, uint64(len(c)))
		dst = append(dst, c...)
	}
	binary.LittleEndian.PutUint64(dst[sizeAt:], uint64(len(dst)-start))
	return dst
}

var errRecord = errors.New("a spilled row makes no sense")

// cutRecord takes a record from the beginning of b.
func cutRecord(b []byte) (r record, rest []byte, err error) {
	n, k := binary.Uvarint(b)
	if k <= 0 || len(b) < k+8 {
		return r, nil, errRecord
	}
	size := binary.LittleEndian.Uint64(b[k:])
	b = b[k+8:]
	if n > uint64(len(b)) || size > uint64(len(b))-n {
		return r, nil, errRecord
	}
	r.key, r.cells = b[:n:n], b[n:n+size:n+size]
	r.prefix = prefixOf(r.key)
	return r, b[n+size:], nil
}

// compare is the order of rows: by key, equal keys by the whole row.
func (r *record) compare(o *record) int {
	if r.prefix != o.prefix {
		if r.prefix < o.prefix {
			return -1
		}
		return 1
	}
	if c := bytes.Compare(r.key, o.key); c != 0 {
		return c
	}
	if bytes.Equal(r.cells, o.cells) {
		return 0
	}
	return bytes.Compare(appendCellsKey(nil, r.cells), appendCellsKey(nil, o.cells))
}

// appendCellsKey appends the key that the whole row would have.
func appendCellsKey(dst, cells []byte) []byte {
	for len(cells) > 0 {
		class, c, rest, err := cutCell(cells)
		if err != nil {
			return dst // found when the row is taken out
		}
		dst, cells = AppendKey(dst, class, c), rest
	}
	return dst
}

func cutCell(b []byte) (class Class, c, rest []byte, err error) {
	if len(b) < 2 {
		return 0, nil, nil, errRecord
	}
	n, k := binary.Uvarint(b[1:])
	if k <= 0 || n > uint64(len(b)-1-k) {
		return 0, nil, nil, errRecord
	}
	c = b[1+k:]
	return Class(b[0]), c[:n:n], c[n:], nil
}

// appendTo appends the row to a batch.
func (r *record) appendTo(b *Batch) error {
	rest := r.cells
	for i := range b.Columns {
		class, c, more, err := cutCell(rest)
		if err != nil {
			return err
		}
		b.Columns[i].Append(class, c)
		rest = more
	}
	b.Rows++
	if len(rest) > 0 {
		return errRecord
	}
	return nil
}

// appendEncoded appends the record as appendRecord does.
func (r *record) appendEncoded(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(r.key)))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(r.cells)))
	return append(append(dst, r.key...), r.cells...)
}
