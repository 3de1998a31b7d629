// Package sealed writes files with what proves them whole and reads them so that
// no unproven byte is handed on.
//
// Terms. A chunk is 1 MiB of a file, the last one less; the sidecar of a file is
// the SHA-256 of each of its chunks, back to back.
//
// Steps. Create hashes what is written, whole and by chunk; Commit makes file and
// sidecar visible and describes them. Open compares sizes and the sidecar's own
// digest; ReadAt hashes each chunk before it hands on a byte of it.
//
// Limits. A chunk that left the small cache is hashed again when it is read again:
// the file may have changed.
package sealed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"parallax/internal/store"
)

// ErrDamaged: the bytes are not those that were written.
var ErrDamaged = errors.New("damaged")

// ChunkBytes is the unit in which files are hashed and checked.
const ChunkBytes = 1 << 20

// MaxSmall bounds files that are read whole: manifests and sidecars.
const MaxSmall = 64 << 20

// File is one file with what proves it whole.
type File struct {
	Name   string `json:"name"` // relative, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Writer writes one file and its sidecar.
type Writer struct {
	s       store.Store
	name    string
	pending store.Pending
	size    int64
	whole   hash.Hash
	chunk   hash.Hash
	left    int // of the open chunk
	sums    []byte
}

// Create begins the file called name; its sidecar is name + ".chunks".
func Create(s store.Store, name string) (*Writer, error) {
	p, err := s.Create(name)
	if err != nil {
		return nil, err
	}
	return &Writer{s: s, name: name, pending: p, whole: sha256.New(), chunk: sha256.New(), left: ChunkBytes}, nil
}

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.pending.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return n, fmt.Errorf("write %s: %w", w.name, err)
	}
	w.size += int64(n)
	w.whole.Write(p)
	for len(p) > 0 {
		k := min(len(p), w.left)
		w.chunk.Write(p[:k])
		p, w.left = p[k:], w.left-k
		if w.left == 0 {
			w.endChunk()
		}
	}
	return n, nil
}

func (w *Writer) endChunk() {
	w.sums = w.chunk.Sum(w.sums)
	w.chunk.Reset()
	w.left = ChunkBytes
}

// Size is the number of bytes written.
func (w *Writer) Size() int64 { return w.size }

// Commit makes the file, then its sidecar, visible.
func (w *Writer) Commit() (file, chunks File, err error) {
	if w.left < ChunkBytes {
		w.endChunk()
	}
	if err := w.pending.Commit(); err != nil {
		return File{}, File{}, fmt.Errorf("finish %s: %w", w.name, err)
	}
	if chunks, err = WriteSmall(w.s, w.name+".chunks", w.sums); err != nil {
		return File{}, File{}, err
	}
	return File{Name: w.name, Size: w.size, SHA256: hex.EncodeToString(w.whole.Sum(nil))}, chunks, nil
}

// Discard removes what was written.
func (w *Writer) Discard() error { return w.pending.Discard() }

// WriteSmall writes a file and describes it.
func WriteSmall(s store.Store, name string, b []byte) (File, error) {
	if err := store.WriteFile(s, name, b); err != nil {
		return File{}, err
	}
	sum := sha256.Sum256(b)
	return File{Name: name, Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:])}, nil
}

// ReadSmall reads a small file and compares it with its digest.
func ReadSmall(s store.Store, f File) ([]byte, error) {
	b, err := store.ReadFile(s, f.Name, MaxSmall)
	if err != nil {
		return nil, fmt.Errorf("file listed in the manifest: %w: %w", ErrDamaged, err)
	}
	if err := checkSize(f.Name, int64(len(b)), f.Size); err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, fmt.Errorf("%s: %w: its SHA-256 is not the manifest's", f.Name, ErrDamaged)
	}
	return b, nil
}

func checkSize(name string, got, want int64) error {
	switch {
	case got < want:
		return fmt.Errorf("%s: %w: truncated, %d of %d bytes are there", name, ErrDamaged, got, want)
	case got > want:
		return fmt.Errorf("%s: %w: %d trailing bytes after the %d that were written", name, ErrDamaged, got-want, want)
	}
	return nil
}

// cached bounds the chunks that a Reader keeps.
const cached = 24

// Reader is an io.ReaderAt over proven bytes. It is safe for concurrent use.
type Reader struct {
	file File
	blob store.Blob
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

// Open opens a file and its sidecar.
func Open(s store.Store, file, chunks File) (*Reader, error) {
	sums, err := ReadSmall(s, chunks)
	if err != nil {
		return nil, err
	}
	if want := (file.Size + ChunkBytes - 1) / ChunkBytes * sha256.Size; int64(len(sums)) != want {
		return nil, fmt.Errorf("%s: %w: %d bytes of digests, want %d", chunks.Name, ErrDamaged, len(sums), want)
	}
	blob, err := s.Open(file.Name)
	if err != nil {
		return nil, fmt.Errorf("file listed in the manifest: %w: %w", ErrDamaged, err)
	}
	if err := checkSize(file.Name, blob.Size(), file.Size); err != nil {
		return nil, errors.Join(err, blob.Close())
	}
	return &Reader{file: file, blob: blob, sums: sums}, nil
}

// Size is the file's size.
func (r *Reader) Size() int64 { return r.file.Size }

// Close closes the file.
func (r *Reader) Close() error { return r.blob.Close() }

// ReadAt implements io.ReaderAt.
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%s: read at negative offset %d", r.file.Name, off)
	}
	done := 0
	for done < len(p) && off < r.file.Size {
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

func (r *Reader) victim() *cachedChunk {
	if len(r.cache) < cached {
		r.cache = append(r.cache, cachedChunk{})
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

func (r *Reader) load(slot *cachedChunk, index int64) error {
	start := index * ChunkBytes
	n := int(min(ChunkBytes, r.file.Size-start))
	if cap(slot.data) < n {
		slot.data = make([]byte, n)
	}
	slot.data = slot.data[:n]
	if got, err := r.blob.ReadAt(slot.data, start); got < n {
		if err == io.EOF {
			return fmt.Errorf("%s: %w: shrank while it was read, at offset %d", r.file.Name, ErrDamaged, start+int64(got))
		}
		return fmt.Errorf("%s: offset %d: %w", r.file.Name, start+int64(got), err)
	}
	sum := sha256.Sum256(slot.data)
	if !bytes.Equal(sum[:], r.sums[index*sha256.Size:(index+1)*sha256.Size]) {
		return fmt.Errorf("%s: %w: bytes %d to %d are not those that were written (SHA-256)", r.file.Name, ErrDamaged, start, start+int64(n))
	}
	return nil
}

// VerifyWhole hashes a file as a whole and by chunk.
func VerifyWhole(s store.Store, file, chunks File) error {
	r, err := Open(s, file, chunks)
	if err != nil {
		return err
	}
	defer r.Close()
	whole := sha256.New()
	if _, err := io.Copy(whole, io.NewSectionReader(r, 0, file.Size)); err != nil {
		return err
	}
	if hex.EncodeToString(whole.Sum(nil)) != file.SHA256 {
		return fmt.Errorf("%s: %w: its SHA-256 is not the manifest's", file.Name, ErrDamaged)
	}
	return nil
}
