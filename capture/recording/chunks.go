package recording

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"

	"parallax/internal/store"
)

// chunkBytes is the unit in which files are hashed and checked.
const chunkBytes = 1 << 20

// cachedChunks bounds what a checkedFile keeps: enough for one row group, whose
// columns are read side by side.
const cachedChunks = 8

// checkedFile hands on no byte of a file whose chunk it has not hashed. A chunk
// that leaves the cache is hashed again when it is read again: the file may
// have changed.
type checkedFile struct {
	name string
	blob store.Blob
	size int64
	sums []byte

	mu    sync.Mutex
	cache []cachedChunk
	clock int
}

type cachedChunk struct {
	index int64
	used  int
	data  []byte
}

// openChecked opens a part and its sidecar and compares their sizes and the
// sidecar's digest with the manifest.
func openChecked(s store.Store, p *Part) (*checkedFile, error) {
	sums, err := readWhole(s, &p.Chunks)
	if err != nil {
		return nil, err
	}
	if want := chunkCount(p.Size) * sha256.Size; int64(len(sums)) != want {
		return nil, fmt.Errorf("%s: %w: %d bytes of digests, want %d", p.Chunks.Name, ErrDamaged, len(sums), want)
	}
	blob, err := s.Open(p.Name)
	if err != nil {
		return nil, fmt.Errorf("part listed in the manifest: %w", err)
	}
	if err := checkSize(p.Name, blob.Size(), p.Size); err != nil {
		blob.Close()
		return nil, err
	}
	return &checkedFile{name: p.Name, blob: blob, size: p.Size, sums: sums}, nil
}

func chunkCount(size int64) int64 { return (size + chunkBytes - 1) / chunkBytes }

func checkSize(name string, got, want int64) error {
	switch {
	case got < want:
		return fmt.Errorf("%s: %w: truncated, %d of %d bytes are there", name, ErrDamaged, got, want)
	case got > want:
		return fmt.Errorf("%s: %w: %d trailing bytes after the %d that were written", name, ErrDamaged, got-want, want)
	}
	return nil
}

// readWhole reads a small file and compares it with its digest.
func readWhole(s store.Store, f *File) ([]byte, error) {
	b, err := store.ReadFile(s, f.Name, maxSmallFile)
	if err != nil {
		return nil, fmt.Errorf("file listed in the manifest: %w", err)
	}
	if err := checkSize(f.Name, int64(len(b)), f.Size); err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, fmt.Errorf("%s: %w: its SHA-256 is not the manifest's", f.Name, ErrDamaged)
	}
	return b, nil
}

// maxSmallFile bounds manifests and sidecars.
const maxSmallFile = 64 << 20

func (f *checkedFile) Close() error { return f.blob.Close() }

func (f *checkedFile) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%s: read at negative offset %d", f.name, off)
	}
	done := 0
	for done < len(p) && off < f.size {
		n, err := f.readChunk(p[done:], off)
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

func (f *checkedFile) readChunk(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := f.chunk(off / chunkBytes)
	if err != nil {
		return 0, err
	}
	return copy(p, data[off%chunkBytes:]), nil
}

// chunk returns a chunk's checked bytes, valid while the lock is held.
func (f *checkedFile) chunk(index int64) ([]byte, error) {
	f.clock++
	for i := range f.cache {
		if f.cache[i].index == index {
			f.cache[i].used = f.clock
			return f.cache[i].data, nil
		}
	}
	slot := f.victim()
	slot.index = -1 // not this chunk's until it is checked
	if err := f.load(slot, index); err != nil {
		return nil, err
	}
	slot.index, slot.used = index, f.clock
	return slot.data, nil
}

func (f *checkedFile) victim() *cachedChunk {
	if len(f.cache) < cachedChunks {
		f.cache = append(f.cache, cachedChunk{})
		return &f.cache[len(f.cache)-1]
	}
	oldest := &f.cache[0]
	for i := range f.cache {
		if f.cache[i].used < oldest.used {
			oldest = &f.cache[i]
		}
	}
	return oldest
}

func (f *checkedFile) load(slot *cachedChunk, index int64) error {
	start := index * chunkBytes
	n := int(min(chunkBytes, f.size-start))
	if cap(slot.data) < n {
		slot.data = make([]byte, n)
	}
	slot.data = slot.data[:n]
	if got, err := f.blob.ReadAt(slot.data, start); got < n {
		if err == io.EOF {
			return fmt.Errorf("%s: %w: shrank while it was read, at offset %d", f.name, ErrDamaged, start+int64(got))
		}
		return fmt.Errorf("%s: offset %d: %w", f.name, start+int64(got), err)
	}
	sum := sha256.Sum256(slot.data)
	if !bytes.Equal(sum[:], f.sums[index*sha256.Size:(index+1)*sha256.Size]) {
		return fmt.Errorf("%s: %w: bytes %d to %d are not those that were written (SHA-256)", f.name, ErrDamaged, start, start+int64(n))
	}
	return nil
}
