// Package faultfs is a file system for tests that fails on request.
//
// Terms: a step is one call that changes the disk: open for writing, write,
// sync, close, truncate, link, rename, remove, sync of a folder. Steps are counted from 1.
//
// Limits: a failing write writes half of its bytes first, as a full disk does.
package faultfs

import (
	"fmt"
	"os"
	"sync"

	"parallax/internal/store"
)

// FS fails the At-th step with Err, or that and all later ones with Forever.
type FS struct {
	At      int
	Forever bool
	Err     error
	// Unsynced leaves out the syncs of the disk, which are still steps: for
	// tests with many steps.
	Unsynced bool

	mu    sync.Mutex
	steps int
	hit   string
}

// Steps returns how many steps there were.
func (f *FS) Steps() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.steps
}

// Hit names the first step that failed, or is empty.
func (f *FS) Hit() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hit
}

func (f *FS) step(what, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.steps++
	if f.At == 0 || f.steps < f.At || f.steps > f.At && !f.Forever {
		return nil
	}
	if f.hit == "" {
		f.hit = fmt.Sprintf("%s %s (step %d)", what, name, f.steps)
	}
	return fmt.Errorf("%s %s: %w", what, name, f.Err)
}

// OpenFile opens a file whose changes are steps.
func (f *FS) OpenFile(name string, flag int, perm os.FileMode) (store.File, error) {
	if flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE) != 0 {
		if err := f.step("open", name); err != nil {
			return nil, err
		}
	}
	file, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultFile{File: file, fs: f}, nil
}

// Link is a step.
func (f *FS) Link(oldname, newname string) error {
	if err := f.step("link", newname); err != nil {
		return err
	}
	return os.Link(oldname, newname)
}

// Rename is a step.
func (f *FS) Rename(oldname, newname string) error {
	if err := f.step("rename", newname); err != nil {
		return err
	}
	return os.Rename(oldname, newname)
}

// Remove is a step.
func (f *FS) Remove(name string) error {
	if err := f.step("remove", name); err != nil {
		return err
	}
	return os.Remove(name)
}

// SyncDir is a step.
func (f *FS) SyncDir(name string) error {
	if err := f.step("sync folder", name); err != nil {
		return err
	}
	if f.Unsynced {
		return nil
	}
	return store.OS{}.SyncDir(name)
}

type faultFile struct {
	*os.File
	fs *FS
}

func (f *faultFile) Write(b []byte) (int, error) {
	if err := f.fs.step("write", f.Name()); err != nil {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, err
	}
	return f.File.Write(b)
}

func (f *faultFile) Sync() error {
	if err := f.fs.step("sync", f.Name()); err != nil {
		return err
	}
	if f.fs.Unsynced {
		return nil
	}
	return f.File.Sync()
}

func (f *faultFile) Truncate(size int64) error {
	if err := f.fs.step("truncate", f.Name()); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

// Close closes in any case: a failed close loses the bytes, not the descriptor.
func (f *faultFile) Close() error {
	err := f.fs.step("close", f.Name())
	if cerr := f.File.Close(); err == nil {
		err = cerr
	}
	return err
}
