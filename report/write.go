package report

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Files names where each form goes; an empty name is a form not wanted.
type Files struct {
	HTML, JUnit, Markdown, JSON, Metrics string
}

// InDir returns the files that a report has in dir.
func InDir(dir string) Files {
	return Files{
		HTML:     filepath.Join(dir, "report.html"),
		JUnit:    filepath.Join(dir, "junit.xml"),
		Markdown: filepath.Join(dir, "summary.md"),
		JSON:     filepath.Join(dir, "report.json"),
		Metrics:  filepath.Join(dir, "metrics.txt"),
	}
}

// Write makes the files and the folders they need. Each file appears whole,
// replacing the one before, or not at all.
func Write(r *Report, f Files) error {
	for _, form := range []struct {
		path  string
		print func(io.Writer, *Report) error
	}{
		{f.HTML, HTML}, {f.JUnit, JUnit}, {f.JSON, JSON}, {f.Metrics, Metrics},
		{f.Markdown, func(w io.Writer, r *Report) error { return Markdown(w, r, 0) }},
	} {
		if form.path == "" {
			continue
		}
		if err := writeFile(form.path, func(w io.Writer) error { return form.print(w, r) }); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

// writeFile prints into a temporary file beside path, makes it last and renames
// it. A report holds recorded values: only its owner may read it.
func writeFile(path string, print func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	b := bufio.NewWriter(f)
	for _, step := range []func() error{func() error { return print(b) }, b.Flush, f.Sync, f.Close} {
		if err := step(); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the new name last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}
