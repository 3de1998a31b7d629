package comparison

import (
	"bufio"
	"errors"
	"fmt"
	"iter"
	"os"
)

// Spool keeps differences in a temporary file, to be read back in order once.
// It is for verdicts that are known only at the end of a pass.
type Spool struct {
	file *os.File
	into *bufio.Writer
	part *partWriter
}

// NewSpool opens a spool in dir.
func NewSpool(dir string) (*Spool, error) {
	file, err := os.CreateTemp(dir, "spool-*.parquet")
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	into := bufio.NewWriterSize(file, 256<<10)
	return &Spool{file: file, into: into, part: newPartWriter(into)}, nil
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
func (s *Spool) Remove() error { return errors.Join(s.file.Close(), os.Remove(s.file.Name())) }
