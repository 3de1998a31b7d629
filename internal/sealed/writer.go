package sealed

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"parallax/internal/store"
)

// Writer is a file being written and the digests of what was written to it.
type Writer struct {
	store         store.Store
	name, sidecar string
	pending       store.Pending
	whole, chunk  hash.Hash
	chunkBytes    int64
	size          int64
	sums          []byte
}

// Create begins the file called name; the digests of its chunks of chunkBytes each
// will stand in sidecar. Exactly one of Commit and Discard ends it.
func Create(s store.Store, name, sidecar string, chunkBytes int64) (*Writer, error) {
	pending, err := s.Create(name)
	if err != nil {
		return nil, err
	}
	return &Writer{store: s, name: name, sidecar: sidecar, pending: pending, chunkBytes: chunkBytes, whole: sha256.New(), chunk: sha256.New()}, nil
}

// Name is the file's name.
func (w *Writer) Name() string { return w.name }

// Write appends p.
func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.pending.Write(p)
	w.whole.Write(p[:n])
	for rest := p[:n]; len(rest) > 0; {
		k := min(int64(len(rest)), w.chunkBytes-w.size%w.chunkBytes)
		w.chunk.Write(rest[:k])
		w.size += k
		rest = rest[k:]
		if w.size%w.chunkBytes == 0 {
			w.endChunk()
		}
	}
	return n, err
}

func (w *Writer) endChunk() {
	w.sums = w.chunk.Sum(w.sums)
	w.chunk.Reset()
}

// Commit makes the file visible, then its sidecar, and describes both.
func (w *Writer) Commit() (file, chunks File, err error) {
	if w.size%w.chunkBytes != 0 {
		w.endChunk()
	}
	if err := w.pending.Commit(); err != nil {
		return File{}, File{}, err
	}
	if chunks, err = WriteWhole(w.store, w.sidecar, w.sums); err != nil {
		return File{}, File{}, err
	}
	return File{Name: w.name, Size: w.size, SHA256: hex.EncodeToString(w.whole.Sum(nil))}, chunks, nil
}

// Discard removes what was written.
func (w *Writer) Discard() error { return w.pending.Discard() }
