// Package store keeps named files in folders so that what is visible is whole.
//
// Terms: a name is relative, with slashes; a blob is a finished file; a pending
// file is one that is being written and that nobody sees.
//
// Steps: Create writes to a temporary file; Commit syncs it, gives it its name
// with link(2), which fails where the name is taken, and syncs the folder.
//
// Limits: files are 0600 and folders 0700 whatever the umask. Nothing here
// knows what the bytes mean.
package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Store is a folder or an object-store prefix. Its methods may be called from
// several goroutines.
type Store interface {
	// Create begins the file called name; it becomes visible at Commit, once.
	Create(name string) (Pending, error)
	// Open opens a finished file for reading at any offset.
	Open(name string) (Blob, error)
	// List returns the files whose names begin with prefix, sorted by name.
	List(prefix string) ([]Entry, error)
	// Stat describes one file.
	Stat(name string) (Entry, error)
}

// Pending is a file being written. Exactly one of Commit and Discard ends it.
type Pending interface {
	io.Writer
	// Commit makes the file durable and visible; where the name is taken it
	// fails with fs.ErrExist and the pending bytes are gone.
	Commit() error
	// Discard removes what was written. After Commit it does nothing.
	Discard() error
}

// Blob is a finished file.
type Blob interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Entry describes a file.
type Entry struct {
	Name string
	Size int64
}

// CheckName refuses names that would lead out of the folder.
func CheckName(name string) error {
	if name == "" || path.IsAbs(name) || path.Clean(name) != name || name == ".." ||
		strings.HasPrefix(name, "../") || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("file name %q leads out of its folder or is not plain", name)
	}
	return nil
}

// WriteFile creates name with the bytes b.
func WriteFile(s Store, name string, b []byte) error {
	p, err := s.Create(name)
	if err != nil {
		return err
	}
	if _, err := p.Write(b); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), p.Discard())
	}
	return p.Commit()
}

// ReadFile returns the bytes of name, at most limit of them; a longer file is
// an error.
func ReadFile(s Store, name string, limit int64) ([]byte, error) {
	f, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size() > limit {
		return nil, fmt.Errorf("%s: %d bytes, want at most %d", name, f.Size(), limit)
	}
	b := make([]byte, f.Size())
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return nil, fmt.Errorf("read %s: %d of %d bytes: %w", name, n, len(b), err)
	}
	return b, nil
}

// IsNotExist reports whether err says that a file is not there.
func IsNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
