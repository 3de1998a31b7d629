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
	if _, err := StructureLength(b); err != nil {
		return nil, damaged("footer: %v", err)
	}
	return b, nil
}
