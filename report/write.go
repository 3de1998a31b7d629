package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"parallax/internal/store"
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
func Write(r *Report, f Files) error { return write(r, f, store.OS{}) }

// write is Write on a disk that tests can fail.
func write(r *Report, f Files, disk store.Files) error {
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
		if err := writeFile(disk, form.path, func(w io.Writer) error { return form.print(w, r) }); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

// writeFile prints into a temporary file beside path, makes it last and renames
// it. A report holds recorded values: only its owner may read it.
func writeFile(disk store.Files, path string, print func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	if _, err := store.MakeFolder(dir, disk); err != nil {
		return err
	}
	if err := sweep(disk, dir, filepath.Base(path)); err != nil {
		return err
	}
	temp := filepath.Join(dir, fmt.Sprintf(".%s.%08x", filepath.Base(path), rand.Uint32()))
	f, err := disk.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(f)
	err = errors.Join(print(b), b.Flush())
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = disk.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), disk.Remove(temp))
	}
	return disk.SyncDir(dir)
}

// abandoned is how old a temporary file is that no living process can be writing.
const abandoned = time.Hour

// sweep removes what a killed process left of a form: recorded values must not
// lie about.
func sweep(disk store.Files, dir, base string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		suffix, ours := strings.CutPrefix(e.Name(), "."+base+".")
		if _, err := strconv.ParseUint(suffix, 16, 32); !ours || len(suffix) != 8 || err != nil {
			continue
		}
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < abandoned {
			continue // gone already, or somebody's
		}
		if err := disk.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
