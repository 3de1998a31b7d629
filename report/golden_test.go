package report

import (
	"bytes"
	"io"
	"testing"
)

func TestGoldens(t *testing.T) {
	for _, c := range []struct {
		file   string
		report *Report
		print  func(io.Writer, *Report) error
	}{
		{"sample.html", sampleReport(), HTML},
		{"passing.html", passingReport(), HTML},
		{"tables.html", tablesReport(), HTML},
		{"tables.md", tablesReport(), func(w io.Writer, r *Report) error { return Markdown(w, r, 0) }},
		{"tables.txt", tablesReport(), func(w io.Writer, r *Report) error { return Terminal(w, r, TerminalOptions{}) }},
		{"sample.junit.xml", sampleReport(), JUnit},
		{"sample.json", sampleReport(), JSON},
		{"sample.metrics.txt", sampleReport(), Metrics},
		{"sample.md", sampleReport(), func(w io.Writer, r *Report) error { return Markdown(w, r, 0) }},
		{"sample.txt", sampleReport(), func(w io.Writer, r *Report) error { return Terminal(w, r, TerminalOptions{}) }},
		{"sample.80.txt", sampleReport(), func(w io.Writer, r *Report) error { return Terminal(w, r, TerminalOptions{Width: 80}) }},
		{"passing.txt", passingReport(), func(w io.Writer, r *Report) error { return Terminal(w, r, TerminalOptions{Color: true}) }},
	} {
		t.Run(c.file, func(t *testing.T) {
			var b, again bytes.Buffer
			if err := c.print(&b, c.report); err != nil {
				t.Fatal(err)
			}
			if err := c.print(&again, c.report); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Errorf("printed twice it differs (%v)", err)
			}
			golden(t, c.file, b.Bytes())
		})
	}
}
