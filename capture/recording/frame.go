package recording

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A frame is how journal and spilled segments hold one record: the payload's
// length (4 bytes), its CRC32C (4 bytes), both little-endian, and the payload.

const frameHead = 8

// maxFrame bounds a payload: two bodies and a head.
const maxFrame = 2*maxBody + 1<<28

// errTorn: the bytes end, or stop making sense, within a frame.
var errTorn = errors.New("torn record")

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// beginFrame leaves room for the head; endFrame fills it. start is len(dst)
// before beginFrame.
func beginFrame(dst []byte) []byte { return append(dst, 0, 0, 0, 0, 0, 0, 0, 0) }

func endFrame(dst []byte, start int) []byte {
	payload := dst[start+frameHead:]
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(dst[start+4:], crc32.Checksum(payload, castagnoli()))
	return dst
}

// frameReader reads frames and knows how far the good ones reach.
type frameReader struct {
	r    *bufio.Reader
	good int64 // offset behind the last good frame
	left int64 // bytes of the file from good on
}

func newFrameReader(r io.ReaderAt, start, end int64) *frameReader {
	section := io.NewSectionReader(r, start, end-start)
	return &frameReader{r: bufio.NewReaderSize(section, 64<<10), good: start, left: end - start}
}

// next returns the next payload, which is the caller's, io.EOF at a clean end, or an error that wraps
// errTorn.
func (f *frameReader) next() ([]byte, error) {
	var head [frameHead]byte
	n, err := io.ReadFull(f.r, head[:])
	if err == io.EOF {
		return nil, io.EOF
	}
	if err == io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("%w at offset %d: %d bytes of a record's head", errTorn, f.good, n)
	}
	if err != nil {
		return nil, err
	}
	size, err := payloadSize(head, f.left-frameHead)
	if err != nil {
		return nil, fmt.Errorf("%w at offset %d", err, f.good)
	}
	payload, err := f.take(int(size))
	if err != nil {
		return nil, fmt.Errorf("read record at offset %d: %w", f.good, err)
	}
	if err := checkPayload(head, payload); err != nil {
		return nil, fmt.Errorf("%w at offset %d", err, f.good)
	}
	f.good += frameHead + size
	f.left -= frameHead + size
	return payload, nil
}

func payloadSize(head [frameHead]byte, left int64) (int64, error) {
	size := int64(binary.LittleEndian.Uint32(head[:]))
	if size == 0 || size > maxFrame || size > left {
		return 0, fmt.Errorf("%w: a record of %d bytes, %d left", errTorn, size, left)
	}
	return size, nil
}

func checkPayload(head [frameHead]byte, payload []byte) error {
	if crc32.Checksum(payload, castagnoli()) != binary.LittleEndian.Uint32(head[4:]) {
		return fmt.Errorf("%w: its checksum is wrong", errTorn)
	}
	return nil
}

// frameAt reads the one frame that begins at an offset; its payload is the caller's.
func frameAt(r io.ReaderAt, at, end int64) ([]byte, error) {
	var head [frameHead]byte
	if _, err := r.ReadAt(head[:], at); err != nil {
		return nil, err
	}
	size, err := payloadSize(head, end-at-frameHead)
	if err != nil {
		return nil, err
	}
	payload := make([]byte, size)
	if _, err := r.ReadAt(payload, at+frameHead); err != nil {
		return nil, err
	}
	return payload, checkPayload(head, payload)
}

// take reads n bytes into memory of their own. What the buffer holds is copied
// from there, so that new memory need not be cleared first.
func (f *frameReader) take(n int) ([]byte, error) {
	if n > f.r.Size() {
		b := make([]byte, n)
		_, err := io.ReadFull(f.r, b)
		return b, err
	}
	seen, err := f.r.Peek(n)
	if err != nil {
		return nil, err
	}
	b := append([]byte(nil), seen...)
	_, err = f.r.Discard(n)
	return b, err
}

// maxSought bounds the payload of a frame that is looked for behind damage.
const maxSought = 1 << 20

// nextFrame returns the offset of the first frame at or behind from whose checksum
// is right, -1 where there is none: only a journal's records are looked for.
func nextFrame(r io.ReaderAt, from, end int64) (int64, error) {
	const step = 4 << 20
	buf := make([]byte, min(step+frameHead+maxSought, max(end-from, 0)))
	for ; from < end; from += step {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), end-from)], from)
		if err != nil && !errors.Is(err, io.EOF) {
			return -1, err
		}
		for i := range min(n, step) {
			if isRecord(buf[i:n]) {
				return from + int64(i), nil
			}
		}
	}
	return -1, nil
}

// isRecord reports whether a whole frame of a journal begins b.
func isRecord(b []byte) bool {
	if len(b) <= frameHead || b[frameHead] != recordExchange && b[frameHead] != recordIntent {
		return false
	}
	size := binary.LittleEndian.Uint32(b)
	if size == 0 || size > maxSought || int(size) > len(b)-frameHead {
		return false
	}
	return crc32.Checksum(b[frameHead:frameHead+size], castagnoli()) == binary.LittleEndian.Uint32(b[4:])
}
