package main

import (
	"encoding/json"
	"io"
	"sync"

	"parallax/internal/sanitise"
)

// output is standard output; it remembers the first failure to write, so that no
// command ends well with half of its data on a full disk.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

// printJSON writes v as one indented document that no terminal obeys.
func printJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(sanitise.JSON(nil, text), '\n'))
	return err
}

// shared is a writer that several processes print to at once.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}
