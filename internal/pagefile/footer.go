package pagefile

import (
	"encoding/binary"
	"errors"
	"io"
)

// tailBytes are the footer's length and the magic, at a file's end.
const tailBytes = 4 + len(magic)

// maxFooter bounds a footer, in bytes: what it describes takes many times its
// length in memory.
const maxFooter = 64 << 20

// CheckFooter looks at a Parquet file's footer before a Parquet library does: that
// it lies in the file, and that no list, map or text in it claims more elements
// than there are bytes left. Libraries allocate what such a claim says.
func CheckFooter(at io.ReaderAt, size int64) error {
	_, err := readFooter(at, size)
	return err
}

// readFooter returns the checked bytes of the footer.
func readFooter(at io.ReaderAt, size int64) ([]byte, error) {
	if size < int64(len(magic)+tailBytes) {
		return nil, damaged("%d bytes are no Parquet file", size)
	}
	var end [tailBytes]byte
	if _, err := at.ReadAt(end[:], size-int64(tailBytes)); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(end[:]))
	if string(end[4:]) != magic || n > size-int64(len(magic)+tailBytes) {
		return nil, damaged("no Parquet footer at the end")
	}
	if n > maxFooter {
		return nil, damaged("a footer of %d bytes, at most %d are read", n, maxFooter)
	}
	b := make([]byte, n)
	if _, err := at.ReadAt(b, size-int64(tailBytes)-n); err != nil {
		return nil, err
	}
	w := claims{rest: b}
	if !w.structure(0) {
		return nil, damaged("footer: byte %d claims more than there is", len(b)-len(w.rest))
	}
	return b, nil
}

// claims walks Thrift's compact protocol and believes no length.
type claims struct{ rest []byte }

// The protocol's types.
const (
	typeTrue, typeFalse, typeByte          = 1, 2, 3
	typeInt16, typeInt32, typeInt64        = 4, 5, 6
	typeDouble, typeBinary                 = 7, 8
	typeList, typeSet, typeMap, typeStruct = 9, 10, 11, 12

	// maxDepth is more than any footer has.
	maxDepth = 32
)

func (w *claims) skip(n uint64) bool {
	if n > uint64(len(w.rest)) {
		return false
	}
	w.rest = w.rest[n:]
	return true
}

func (w *claims) byte() (byte, bool) {
	if len(w.rest) == 0 {
		return 0, false
	}
	b := w.rest[0]
	w.rest = w.rest[1:]
	return b, true
}

func (w *claims) varint() (uint64, bool) {
	v, n := binary.Uvarint(w.rest)
	if n <= 0 {
		return 0, false
	}
	w.rest = w.rest[n:]
	return v, true
}

// structure walks fields until the stop byte.
func (w *claims) structure(depth int) bool {
	if depth > maxDepth {
		return false
	}
	for {
		head, ok := w.byte()
		if !ok || head == 0 {
			return ok
		}
		if head>>4 == 0 { // the field's number follows
			if _, ok := w.varint(); !ok {
				return false
			}
		}
		if kind := head & 15; kind != typeTrue && kind != typeFalse && !w.value(kind, depth) {
			return false
		}
	}
}

// value walks a value as it stands in a list; a field's is the same but for
// booleans, which are in its head.
func (w *claims) value(kind byte, depth int) bool {
	switch kind {
	case typeTrue, typeFalse, typeByte:
		return w.skip(1)
	case typeInt16, typeInt32, typeInt64:
		_, ok := w.varint()
		return ok
	case typeDouble:
		return w.skip(8)
	case typeBinary:
		n, ok := w.varint()
		return ok && w.skip(n)
	case typeList, typeSet:
		return w.list(depth + 1)
	case typeMap:
		return w.pairs(depth + 1)
	case typeStruct:
		return w.structure(depth + 1)
	}
	return false
}

func (w *claims) list(depth int) bool {
	head, ok := w.byte()
	n := uint64(head >> 4)
	if ok && n == 15 {
		n, ok = w.varint()
	}
	return ok && w.values(n, depth, head&15)
}

func (w *claims) pairs(depth int) bool {
	n, ok := w.varint()
	if !ok || n == 0 {
		return ok
	}
	kinds, ok := w.byte()
	return ok && w.values(n, depth, kinds>>4, kinds&15)
}

// values walks n elements, each a value of every kind, and each at least a byte.
func (w *claims) values(n uint64, depth int, kinds ...byte) bool {
	if n > uint64(len(w.rest)) || depth > maxDepth {
		return false
	}
	for range n {
		for _, kind := range kinds {
			if !w.value(kind, depth) {
				return false
			}
		}
	}
	return true
}
