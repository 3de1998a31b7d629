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
	name string
	blob store.Blob
	size int64
	sums []byte

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

// Open opens a file and its sidecar and compares their sizes and the sidecar's
// digest with what was written.
func Open(s store.Store, file, chunks File) (*Reader, error) {
	sums, err := ReadWhole(s, chunks)
	if err != nil {
		return nil, err
	}
	if want := chunkCount(file.Size) * sha256.Size; int64(len(sums)) != want {
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
	return NewReader(file.Name, blob, sums), nil
}

// NewReader reads blob, checked against the digests sums.
func NewReader(name string, blob store.Blob, sums []byte) *Reader {
	return &Reader{name: name, blob: blob, size: blob.Size(), sums: sums, kept: DefaultKept}
}

func chunkCount(size int64) int64 { return (size + ChunkBytes - 1) / ChunkBytes }

// Keep says how many chunks to keep: as many as are read side by side.
func (r *Reader) Keep(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = max(n, 1)
}

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
		n, err := r.readChunk(p[done:], off)
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

func (r *Reader) readChunk(p []byte, off int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data, err := r.chunk(off / ChunkBytes)
	if err != nil {
		return 0, err
	}
	return copy(p, data[off%ChunkBytes:]), nil
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
	start := index * ChunkBytes
	n := int(min(ChunkBytes, r.size-start))
	if cap(slot.data) < n {
		slot.data = make([]byte, n)
	}
	slot.data = slot.data[:n]
	if got, err := r.blob.ReadAt(slot.data, start); got < n {
		if err == io.EOF {
			return fmt.Errorf("%s: %w: shrank while it was read, at offset %d", r.name, ErrDamaged, start+int64(got))
		}
		return fmt.Errorf("%s: offset %d: %w", r.name, start+int64(got), err)
	}
	sum := sha256.Sum256(slot.data)
	if !bytes.Equal(sum[:], r.sums[index*sha256.Size:(index+1)*sha256.Size]) {
		return fmt.Errorf("%s: %w: bytes %d to %d are not those that were written (SHA-256)", r.name, ErrDamaged, start, start+int64(n))
	}
	return nil
}
