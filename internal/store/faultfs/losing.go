package faultfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"parallax/internal/store"
)

// Losing is a file system that knows what a loss of power would leave: of files
// what was synced, of names those whose folder was synced. It holds all bytes in
// memory and is for small tests.
type Losing struct {
	mu      sync.Mutex
	now     map[string]*node // by name
	durable map[string]*node
	folders map[string]bool
	moved   map[string]string // folders whose new names are not durable, to their old ones
	// Calls counts the calls that change the disk; from StopAt on (0: never) each
	// of them fails with ErrPower.
	Calls, StopAt int
}

// ErrPower: the power is gone.
var ErrPower = errors.New("the power is gone")

// node is a file without a name.
type node struct{ synced []byte }

// NewLosing returns an empty file system.
func NewLosing() *Losing {
	return &Losing{now: map[string]*node{}, durable: map[string]*node{}, folders: map[string]bool{}, moved: map[string]string{}}
}

func (l *Losing) call() error {
	l.Calls++
	if l.StopAt > 0 && l.Calls >= l.StopAt {
		return ErrPower
	}
	return nil
}

// OpenFile opens a file of the machine.
func (l *Losing) OpenFile(name string, flag int, perm os.FileMode) (store.File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if flag&os.O_CREATE != 0 {
		if err := l.call(); err != nil {
			return nil, err
		}
	}
	file, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	if l.now[name] == nil {
		l.now[name] = &node{}
	}
	return &losingFile{File: file, fs: l, node: l.now[name]}, nil
}

// Link links a name.
func (l *Losing) Link(oldname, newname string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.call(); err != nil {
		return err
	}
	if err := os.Link(oldname, newname); err != nil {
		return err
	}
	l.now[newname] = l.now[oldname]
	return nil
}

// Rename renames a file or a folder.
func (l *Losing) Rename(oldname, newname string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.call(); err != nil {
		return err
	}
	if err := os.Rename(oldname, newname); err != nil {
		return err
	}
	if l.now[oldname] == nil {
		rekey(l.now, oldname, newname)
		l.moved[newname] = oldname
		return nil
	}
	l.now[newname] = l.now[oldname]
	delete(l.now, oldname)
	return nil
}

// rekey moves what lies under the folder from to the folder to.
func rekey[V any](m map[string]V, from, to string) {
	for full, v := range m {
		if rest, under := strings.CutPrefix(full, from+string(filepath.Separator)); under || full == from {
			delete(m, full)
			m[filepath.Join(to, rest)] = v
		}
	}
}

// Remove removes a name.
func (l *Losing) Remove(name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.call(); err != nil {
		return err
	}
	delete(l.now, name)
	return os.Remove(name)
}

// SyncDir makes the names in a folder durable.
func (l *Losing) SyncDir(name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.call(); err != nil {
		return err
	}
	list, err := os.ReadDir(name)
	if err != nil {
		return err
	}
	for to, from := range l.moved {
		if filepath.Dir(to) == name {
			rekey(l.durable, from, to)
			rekey(l.folders, from, to)
			delete(l.moved, to)
		}
	}
	for full := range l.durable {
		if filepath.Dir(full) == name {
			delete(l.durable, full)
		}
	}
	for _, e := range list {
		full := filepath.Join(name, e.Name())
		if e.IsDir() {
			l.folders[full] = true
		} else if n := l.now[full]; n != nil {
			l.durable[full] = n
		}
	}
	return nil
}

// Crash makes the folder dir what a loss of power would leave of it.
func (l *Losing) Crash(dir string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for to, from := range l.moved {
		if err := os.Rename(to, from); err != nil {
			return err
		}
	}
	err := filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && full != dir && !l.folders[full]:
			if err := os.RemoveAll(full); err != nil {
				return err
			}
			return fs.SkipDir
		case d.IsDir():
			return nil
		case l.durable[full] == nil:
			return os.Remove(full)
		}
		return nil
	})
	for full, n := range l.durable {
		if _, gone := os.Stat(filepath.Dir(full)); gone == nil {
			if rerr := os.Remove(full); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
				err = errors.Join(err, rerr)
			}
			err = errors.Join(err, os.WriteFile(full, n.synced, 0o600))
		}
	}
	return err
}

type losingFile struct {
	*os.File
	fs   *Losing
	node *node
}

func (f *losingFile) Write(b []byte) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.fs.call(); err != nil {
		return 0, err
	}
	return f.File.Write(b)
}

func (f *losingFile) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.fs.call(); err != nil {
		return err
	}
	b, err := os.ReadFile(f.Name())
	if err == nil {
		f.node.synced = b
	}
	return err
}
