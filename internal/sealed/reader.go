package sealed

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"

	"parallax/internal/store"
)

// DefaultKept is the number of chunks that a Reader keeps unless told.
const DefaultKept = 8

// Reader hands on no byte of a file whose chunk it has not hashed. A chunk that
// leaves the cache is hashed again when it is read again: the file may have
// changed. It may be used from several goroutines.
type Reader struct {
	name       string
	blob       store.Blob
	size       int64
	sums       []byte
	chunkBytes int64

	mu    sync.Mutex
	kept  int
	cache []chunk
	clock int
}

type chunk struct {
	index int64
	used  int
	data  []byte
}

// Open opens a file and its sidecar, whose digests are of chunkBytes each, and
// compares their sizes and the sidecar's digest with what was written.
func Open(s store.Store, file, chunks File, chunkBytes int64) (*Reader, error) {
	sums, err := ReadWhole(s, chunks)
	if err != nil {
		return nil, err
	}
	if want := chunkCount(file.Size, chunkBytes) * sha256.Size; int64(len(sums)) != want {
		return nil, fmt.Errorf("%s: %w: %d bytes of digests, want %d", chunks.Name, ErrDamaged, len(sums), want)
	}
	blob, err := s.Open(file.Name)
	if err != nil {
		return nil, Listed(file.Name, err)
	}
	if err := CheckSize(file.Name, blob.Size(), file.Size); err != nil {
		blob.Close()
		return nil, err
	}
	return NewReader(file.Name, blob, sums, chunkBytes), nil
}

// NewReader reads blob, checked against the digests sums of chunkBytes each.
func NewReader(name string, blob store.Blob, sums []byte, chunkBytes int64) *Reader {
	return &Reader{name: name, blob: blob, size: blob.Size(), sums: sums, chunkBytes: chunkBytes, kept: DefaultKept}
}

func chunkCount(size, chunkBytes int64) int64 { return (size + chunkBytes - 1) / chunkBytes }

// Keep says how many chunks to keep: as many as are read side by side.
func (r *Reader) Keep(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = max(n, 1)
}

// ChunkBytes is the size of a chunk.
func (r *Reader) ChunkBytes() int64 { return r.chunkBytes }

// Size is the file's size.
func (r *Reader) Size() int64 { return r.size }

// Close closes the file.
func (r *Reader) Close() error { return r.blob.Close() }

// ReadAt implements io.ReaderAt.
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%s: read at negative offset %d", r.name, off)
	}
	done := 0
	for done < len(p) && off < r.size {
		n, err := r.readSome(p[done:], off)
		if err != nil {
			return done, err
		}
		done, off = done+n, off+int64(n)
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// readSome reads whole chunks straight into p, the part of one by way of the cache:
// the rest of it is likely to be asked for next.
func (r *Reader) readSome(p []byte, off int64) (int, error) {
	if whole := r.wholeChunks(off, len(p)); whole > 0 {
		return whole, r.check(p[:whole], off)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	data, err := r.chunk(off / r.chunkBytes)
	if err != nil {
		return 0, err
	}
	return copy(p, data[off%r.chunkBytes:]), nil
}

// wholeChunks is how many of the n bytes at off are chunks of which nothing is
// left out.
func (r *Reader) wholeChunks(off int64, n int) int {
	switch {
	case off%r.chunkBytes != 0:
		return 0
	case off+int64(n) >= r.size:
		return int(r.size - off)
	}
	return n - int(int64(n)%r.chunkBytes)
}

// check fills p with whole chunks of the file.
func (r *Reader) check(p []byte, off int64) error {
	if got, err := r.blob.ReadAt(p, off); got < len(p) {
		if err == io.EOF {
			return fmt.Errorf("%s: %w: shrank while it was read, at offset %d", r.name, ErrDamaged, off+int64(got))
		}
		return fmt.Errorf("%s: offset %d: %w", r.name, off+int64(got), err)
	}
	for len(p) > 0 {
		n := min(int64(len(p)), r.chunkBytes)
		sum, at := sha256.Sum256(p[:n]), off/r.chunkBytes*sha256.Size
		if !bytes.Equal(sum[:], r.sums[at:at+sha256.Size]) {
			return fmt.Errorf("%s: %w: bytes %d to %d are not those that were written (SHA-256)", r.name, ErrDamaged, off, off+n)
		}
		p, off = p[n:], off+n
	}
	return nil
}

// chunk returns a chunk's checked bytes, valid while the lock is held.
func (r *Reader) chunk(index int64) ([]byte, error) {
	r.clock++
	for i := range r.cache {
		if r.cache[i].index == index {
			r.cache[i].used = r.clock
			return r.cache[i].data, nil
		}
	}
	slot := r.victim()
	slot.index = -1 // not this chunk's until it is checked
	if err := r.load(slot, index); err != nil {
		return nil, err
	}
	slot.index, slot.used = index, r.clock
	return slot.data, nil
}

func (r *Reader) victim() *chunk {
	if len(r.cache) < r.kept {
		r.cache = append(r.cache, chunk{})
		return &r.cache[len(r.cache)-1]
	}
	oldest := &r.cache[0]
	for i := range r.cache {
		if r.cache[i].used < oldest.used {
			oldest = &r.cache[i]
		}
	}
	return oldest
}

func (r *Reader) load(slot *chunk, index int64) error {
	start := index * r.chunkBytes
	n := int(min(r.chunkBytes, r.size-start))
	if cap(slot.data) < n {
		slot.data = make([]byte, n)
	}
	slot.data = slot.data[:n]
	return r.check(slot.data, start)
}
