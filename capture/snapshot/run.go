package snapshot

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"parallax/internal/store"
)

// run is a sorted stretch of rows in a scratch file: frames of whole records,
// each with its length (8 bytes) and its CRC32C (4 bytes), little-endian.
type run struct {
	level int
	name  string
	file  store.File
	limit int // of a frame
	size  int64

	buf []byte // written: the frame at hand, with its head
	at  int64  // read: where the next frame stands
	in  []byte // read: what is left of the frame
}

const runHead = 12

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// append adds an encoded record.
func (r *run) append(encoded []byte) error {
	if len(r.buf) == 0 {
		r.buf = append(r.buf, make([]byte, runHead)...)
	}
	r.buf = append(r.buf, encoded...)
	if len(r.buf) < r.limit {
		return nil
	}
	return r.flush()
}

func (r *run) flush() error {
	if len(r.buf) == 0 {
		return nil
	}
	body := r.buf[runHead:]
	binary.LittleEndian.PutUint64(r.buf, uint64(len(body)))
	binary.LittleEndian.PutUint32(r.buf[8:], crc32.Checksum(body, castagnoli()))
	if _, err := r.file.Write(r.buf); err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	r.size += int64(len(r.buf))
	r.buf = r.buf[:0]
	return nil
}

// seal ends the writing. There is no sync: the run is of no use to another
// process.
func (r *run) seal() error {
	err := r.flush()
	r.buf = nil
	return err
}

// next implements source.
func (r *run) next() (rec record, ok bool, err error) {
	if len(r.in) == 0 {
		if r.at == r.size {
			return rec, false, nil
		}
		if err := r.load(); err != nil {
			return rec, false, fmt.Errorf("spilled rows %s: offset %d: %w", r.name, r.at, err)
		}
	}
	rec, r.in, err = cutRecord(r.in)
	return rec, err == nil, err
}

// load reads the next frame. The record handed out before is no longer valid.
func (r *run) load() error {
	var head [runHead]byte
	if _, err := r.file.ReadAt(head[:], r.at); err != nil {
		return unexpectedEnd(err)
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > uint64(r.size-r.at-runHead) {
		return fmt.Errorf("%w: a frame of %d bytes", ErrDamaged, n)
	}
	if uint64(cap(r.buf)) < n {
		r.buf = make([]byte, n)
	}
	body := r.buf[:n]
	if _, err := r.file.ReadAt(body, r.at+runHead); err != nil {
		return unexpectedEnd(err)
	}
	if crc32.Checksum(body, castagnoli()) != binary.LittleEndian.Uint32(head[8:]) {
		return fmt.Errorf("%w: its checksum is wrong", ErrDamaged)
	}
	r.in, r.at = body, r.at+runHead+int64(n)
	return nil
}

func unexpectedEnd(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
