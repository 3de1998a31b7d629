package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const lockName = ".lock"

// ErrLocked: another process works in the folder.
var ErrLocked = errors.New("locked by another process")

// Lock is held on a folder by one process; the system frees it when that
// process ends, however it ends.
type Lock struct {
	file *os.File
	path string
}

// Lock takes the folder's lock or fails at once with ErrLocked, which tells who
// holds it. The lock is always on the machine's file system.
func (f *Folder) Lock() (*Lock, error) {
	name := filepath.Join(f.dir, lockName)
	// A holder removes the file when it ends. Who opened it just before holds
	// the lock of a file without a name, so look again.
	for range 100 {
		l, again, err := tryLock(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.dir, err)
		}
		if !again {
			return l, nil
		}
	}
	return nil, fmt.Errorf("%s: %w: its lock file changes all the time", f.dir, ErrLocked)
}

func tryLock(name string) (l *Lock, again bool, err error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, filePerm)
	if err != nil {
		return nil, false, err
	}
	held, err := flock(file)
	if err != nil || held {
		defer file.Close()
		if held {
			err = fmt.Errorf("%w (%s)", ErrLocked, holder(file))
		}
		return nil, false, err
	}
	if !sameFile(file, name) {
		return nil, true, file.Close()
	}
	l = &Lock{file: file, path: name}
	if err := l.sign(); err != nil {
		return nil, false, errors.Join(err, l.Unlock())
	}
	return l, false, nil
}

func sameFile(file *os.File, name string) bool {
	a, err := file.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(name)
	return err == nil && os.SameFile(a, b)
}

// sign writes who holds the lock, for the other's message.
func (l *Lock) sign() error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	if err := l.file.Chmod(filePerm); err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt(fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), 0)
	return err
}

func holder(file *os.File) string {
	b := make([]byte, 256)
	n, _ := file.ReadAt(b, 0) // the text is a courtesy; without it the lock holds all the same
	if text := strings.TrimSpace(string(b[:n])); text != "" {
		return strings.ToValidUTF8(text, "?")
	}
	return "not signed yet"
}

// Moved says that the folder was renamed to dir while its lock was held.
func (l *Lock) Moved(dir string) { l.path = filepath.Join(dir, lockName) }

// Unlock frees the lock and removes its file.
func (l *Lock) Unlock() error {
	return errors.Join(os.Remove(l.path), l.file.Close())
}
