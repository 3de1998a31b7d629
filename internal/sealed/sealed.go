// Package sealed keeps files whose every byte is proved before it is used.
//
// Terms: a chunk is a stretch of a file, all of one size but the last; its sidecar
// holds the SHA-256 of each chunk; a File is what a manifest says of a file.
//
// Steps: a Writer hashes what it writes, whole and by chunk; a Reader hands on no
// byte of a chunk that it has not hashed; Verify hashes a file whole.
//
// Limits: nothing here knows what the bytes mean.
package sealed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"parallax/internal/store"
)

// ErrDamaged: the bytes are not those that were written.
var ErrDamaged = errors.New("damaged")

// ChunkBytes is the usual size of a chunk. Files of which little is read here and
// there have smaller ones: all of a chunk is hashed for a byte of it.
const ChunkBytes = 1 << 20

// MaxSmall bounds what ReadWhole reads: manifests and sidecars.
const MaxSmall = 64 << 20

// File is one file with what proves it whole.
type File struct {
	Name   string
	Size   int64
	SHA256 string
}

// CheckSize compares sizes and says in which way they differ.
func CheckSize(name string, got, want int64) error {
	switch {
	case got < want:
		return fmt.Errorf("%s: %w: truncated, %d of %d bytes are there", name, ErrDamaged, got, want)
	case got > want:
		return fmt.Errorf("%s: %w: %d trailing bytes after the %d that were written", name, ErrDamaged, got-want, want)
	}
	return nil
}

// Listed wraps the error of opening a file that a manifest lists: where it is not
// there, that is damage.
func Listed(name string, err error) error {
	if store.IsNotExist(err) {
		return fmt.Errorf("%s: %w: it is missing, and the manifest lists it: %w", name, ErrDamaged, err)
	}
	return fmt.Errorf("%s, listed in the manifest: %w", name, err)
}

// WriteWhole writes a small file and describes it.
func WriteWhole(s store.Store, name string, b []byte) (File, error) {
	if err := store.WriteFile(s, name, b); err != nil {
		return File{}, err
	}
	sum := sha256.Sum256(b)
	return File{Name: name, Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:])}, nil
}

// ReadWhole reads a small file and compares it with its digest.
func ReadWhole(s store.Store, f File) ([]byte, error) {
	b, err := store.ReadFile(s, f.Name, MaxSmall)
	if err != nil {
		return nil, Listed(f.Name, err)
	}
	if err := CheckSize(f.Name, int64(len(b)), f.Size); err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, fmt.Errorf("%s: %w: its SHA-256 is not the manifest's", f.Name, ErrDamaged)
	}
	return b, nil
}

// Verify hashes a whole file and its chunks of chunkBytes each, in one pass.
func Verify(s store.Store, file, chunks File, chunkBytes int64) error {
	r, err := Open(s, file, chunks, chunkBytes)
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
