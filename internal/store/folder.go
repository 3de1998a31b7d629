package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

const (
	filePerm   = 0o600
	folderPerm = 0o700
	// tempSuffix ends the names of files that are not finished; List leaves
	// them out and Sweep removes them.
	tempSuffix = ".tmp"
)

// Folder is a Store on a file system.
type Folder struct {
	dir   string
	files Files
}

// OpenFolder returns the folder dir, which must exist. A nil files is the
// machine's file system.
func OpenFolder(dir string, files Files) (*Folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s: not a folder", dir)
	}
	if files == nil {
		files = OS{}
	}
	return &Folder{dir: dir, files: files}, nil
}

// MakeFolder makes dir, and the folders above it, where they are missing. The
// folders it makes are 0700.
func MakeFolder(dir string, files Files) (*Folder, error) {
	if files == nil {
		files = OS{}
	}
	if err := makeAll(dir, files); err != nil {
		return nil, err
	}
	return OpenFolder(dir, files)
}

// makeAll makes a folder's name durable too: a file that is synced in a folder
// without a name is lost all the same.
func makeAll(dir string, files Files) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if up := filepath.Dir(dir); up != dir {
		if err := makeAll(up, files); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, folderPerm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Chmod(dir, folderPerm); err != nil {
		return err
	}
	return files.SyncDir(filepath.Dir(dir))
}

// Dir returns the folder's path.
func (f *Folder) Dir() string { return f.dir }

func (f *Folder) path(name string) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	return filepath.Join(f.dir, filepath.FromSlash(name)), nil
}

// Create begins the file called name.
func (f *Folder) Create(name string) (Pending, error) {
	full, err := f.path(name)
	if err != nil {
		return nil, err
	}
	if err := makeAll(filepath.Dir(full), f.files); err != nil {
		return nil, fmt.Errorf("create %s: %w", name, err)
	}
	file, err := f.scratch(full + tempSuffix)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", name, err)
	}
	return &pendingFile{folder: f, name: name, full: full, file: file}, nil
}

// Scratch opens an empty file for reading and writing that List does not show
// and that the caller removes. Only a holder of the folder's lock may call it:
// what an earlier process left under the name is replaced.
func (f *Folder) Scratch(name string) (File, error) {
	full, err := f.path(name + tempSuffix)
	if err != nil {
		return nil, err
	}
	return f.scratch(full)
}

func (f *Folder) scratch(full string) (File, error) {
	return f.openMode(full, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
}

func (f *Folder) openMode(full string, flag int) (File, error) {
	file, err := f.files.OpenFile(full, flag, filePerm)
	if err != nil {
		return nil, err
	}
	if err := file.Chmod(filePerm); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// RemoveScratch removes what Scratch made.
func (f *Folder) RemoveScratch(name string) error {
	full, err := f.path(name + tempSuffix)
	if err != nil {
		return err
	}
	return f.files.Remove(full)
}

// Append opens name for appending, and makes it (durably) where create is set.
func (f *Folder) Append(name string, create bool) (File, error) {
	full, err := f.path(name)
	if err != nil {
		return nil, err
	}
	flag := os.O_RDWR | os.O_APPEND
	if create {
		flag |= os.O_CREATE | os.O_EXCL
	}
	file, err := f.openMode(full, flag)
	if err != nil {
		return nil, err
	}
	if err := f.files.SyncDir(filepath.Dir(full)); err != nil {
		return nil, errors.Join(fmt.Errorf("sync folder of %s: %w", name, err), file.Close())
	}
	return file, nil
}

// Remove removes name and makes that durable.
func (f *Folder) Remove(name string) error {
	full, err := f.path(name)
	if err != nil {
		return err
	}
	if err := f.files.Remove(full); err != nil {
		return err
	}
	return f.files.SyncDir(filepath.Dir(full))
}

// Replace writes name anew, all or nothing, whether it is there or not. Only a
// holder of the folder's lock may call it.
func (f *Folder) Replace(name string, b []byte) error {
	full, err := f.path(name)
	if err != nil {
		return err
	}
	if err := f.writeTemp(full+tempSuffix, b); err != nil {
		return errors.Join(fmt.Errorf("replace %s: %w", name, err), f.files.Remove(full+tempSuffix))
	}
	if err := f.files.Rename(full+tempSuffix, full); err != nil {
		return errors.Join(fmt.Errorf("replace %s: %w", name, err), f.files.Remove(full+tempSuffix))
	}
	if err := f.files.SyncDir(filepath.Dir(full)); err != nil {
		return fmt.Errorf("sync folder of %s: %w", name, err)
	}
	return nil
}

func (f *Folder) writeTemp(full string, b []byte) error {
	file, err := f.scratch(full)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// Open opens a finished file.
func (f *Folder) Open(name string) (Blob, error) {
	full, err := f.path(name)
	if err != nil {
		return nil, err
	}
	file, err := f.files.OpenFile(full, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", name)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &blob{File: file, size: info.Size()}, nil
}

type blob struct {
	File
	size int64
}

func (b *blob) Size() int64 { return b.size }

// Stat describes one file.
func (f *Folder) Stat(name string) (Entry, error) {
	full, err := f.path(name)
	if err != nil {
		return Entry{}, err
	}
	info, err := os.Stat(full)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Name: name, Size: info.Size()}, nil
}

// List returns the finished files whose names begin with prefix.
func (f *Folder) List(prefix string) ([]Entry, error) {
	var out []Entry
	err := filepath.WalkDir(f.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(f.dir, p)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if !strings.HasPrefix(name, prefix) || hidden(name) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		out = append(out, Entry{Name: name, Size: info.Size()})
		return nil
	})
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out, err
}

// hidden tells files that are not content: unfinished ones and the lock.
func hidden(name string) bool {
	return strings.HasSuffix(name, tempSuffix) || path.Base(name) == lockName
}

// Sweep removes the unfinished files that a killed process left. Only a holder
// of the folder's lock may call it.
func (f *Folder) Sweep() error {
	return filepath.WalkDir(f.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, tempSuffix) {
			return err
		}
		return f.files.Remove(p)
	})
}
