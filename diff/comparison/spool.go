package comparison

import (
	"bufio"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"parallax/internal/store"
)

// Spool keeps differences in a temporary file, to be read back in order once.
// It is for verdicts that are known only at the end of a pass.
type Spool struct {
	disk store.Files
	name string
	file store.File
	into *bufio.Writer
	part *partWriter
}

// NewSpool opens a spool in dir, which holds no other.
func NewSpool(dir string) (*Spool, error) { return newSpool(dir, store.OS{}) }

// newSpool is NewSpool on a disk that tests can fail.
func newSpool(dir string, disk store.Files) (*Spool, error) {
	name := filepath.Join(dir, "spool.parquet")
	file, err := disk.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	into := bufio.NewWriterSize(file, 256<<10)
	return &Spool{disk: disk, name: name, file: file, into: into, part: newPartWriter(into)}, nil
}

// Write adds a difference.
func (s *Spool) Write(d *Difference) error {
	if err := s.part.write(d); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// All ends writing and streams what was written. An error comes once, last.
func (s *Spool) All() iter.Seq2[*Difference, error] {
	return func(yield func(*Difference, error) bool) {
		if err := errors.Join(s.part.out.Close(), s.into.Flush()); err != nil {
			yield(nil, fmt.Errorf("spool: %w", err))
			return
		}
		info, err := s.file.Stat()
		if err != nil {
			yield(nil, fmt.Errorf("spool: %w", err))
			return
		}
		_, err = readPart(s.file, info.Size(), func(d *Difference) bool { return yield(d, nil) })
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, fmt.Errorf("spool: %w", err))
		}
	}
}

// Remove removes the file.
func (s *Spool) Remove() error { return errors.Join(s.file.Close(), s.disk.Remove(s.name)) }
