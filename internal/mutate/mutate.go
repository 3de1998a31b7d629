// Package mutate damages files for tests, the way disks, copies and people do.
//
// Terms: a mutation is one accident: a flipped bit, bytes gone or added, a sector
// of zeros, a file cut short, missing, or swapped with another; in a text also a
// number, a word or a line that somebody edited.
//
// Steps: Bytes damages one file's bytes; Folder damages a folder and says how to
// undo it. The same random source gives the same accidents.
//
// Limits: for tests only. Nothing here knows what the bytes mean.
package mutate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// sector is what a disk loses at once.
const sector = 512

// Bytes returns a damaged copy of b and what was done. It may be equal to b.
func Bytes(r *rand.Rand, b []byte) ([]byte, string) {
	out := slices.Clone(b)
	if len(out) == 0 {
		return []byte{byte(r.Uint32())}, "a byte where there was none"
	}
	at := r.IntN(len(out))
	n := min(1+r.IntN(40), len(out)-at)
	switch r.IntN(8) {
	case 0, 1:
		bit := r.IntN(8)
		out[at] ^= 1 << bit
		return out, fmt.Sprintf("bit %d of byte %d flipped", bit, at)
	case 2:
		for range 3 {
			out[r.IntN(len(out))] = byte(r.Uint32())
		}
		return out, "three bytes changed"
	case 3:
		from := at / sector * sector
		clear(out[from:min(from+sector, len(out))])
		return out, fmt.Sprintf("sector at %d zeroed", from)
	case 4:
		return slices.Delete(out, at, at+n), fmt.Sprintf("%d bytes at %d gone", n, at)
	case 5:
		return slices.Insert(out, at, b[:n]...), fmt.Sprintf("%d bytes added at %d", n, at)
	case 6:
		return append(out, b[:n]...), fmt.Sprintf("%d bytes added at the end", n)
	default:
		return out[:at], fmt.Sprintf("cut to %d of %d bytes", at, len(b))
	}
}

// Text returns b as if somebody had edited it, and what was done: a number, a
// word, or a line less.
func Text(r *rand.Rand, b []byte) ([]byte, string) {
	pattern := []string{`\d+`, `[a-z]{3,}`, `(?m)^.*\n`}[r.IntN(3)]
	found := regexp.MustCompile(pattern).FindAllIndex(b, -1)
	if len(found) == 0 {
		return Bytes(r, b)
	}
	at := found[r.IntN(len(found))]
	word := string(b[at[0]:at[1]])
	other := ""
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		other = strconv.FormatInt(max(0, n+int64(r.IntN(3))-1), 10)
	} else if pattern != `(?m)^.*\n` {
		other = word[:len(word)-1]
	}
	return slices.Concat(b[:at[0]], []byte(other), b[at[1]:]), fmt.Sprintf("%q edited to %q at %d", word, other, at[0])
}

// Folder is one of which every file is known.
type Folder struct {
	Dir   string
	names []string
	whole map[string][]byte
	other map[string][]byte
}

// Open reads all files under dir, and those of other, another folder of the same
// kind from which files may be swapped in. An empty other is none.
func Open(dir, other string) (*Folder, error) {
	f := &Folder{Dir: dir}
	var err error
	if f.whole, err = read(dir); err != nil {
		return nil, err
	}
	if other != "" {
		if f.other, err = read(other); err != nil {
			return nil, err
		}
	}
	for name := range f.whole {
		f.names = append(f.names, name)
	}
	slices.Sort(f.names)
	return f, nil
}

func read(dir string) (map[string][]byte, error) {
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			all[name], err = os.ReadFile(path)
		}
		return err
	})
	return all, err
}

// Damage does one accident to the folder and says what. It reports false where
// the accident changed no byte.
func (f *Folder) Damage(r *rand.Rand) (what string, changed bool, err error) {
	name := f.names[r.IntN(len(f.names))]
	b := f.whole[name]
	switch {
	case r.IntN(12) == 0:
		return name + " removed", true, os.Remove(filepath.Join(f.Dir, name))
	case r.IntN(8) == 0:
		return f.swap(r, name)
	case filepath.Ext(name) == ".json" && r.IntN(2) == 0:
		out, how := Text(r, b)
		return name + ": " + how, !bytes.Equal(out, b), f.put(name, out)
	}
	out, how := Bytes(r, b)
	return name + ": " + how, !bytes.Equal(out, b), f.put(name, out)
}

// swap exchanges a file with another one of this folder, or puts in the one
// that the other folder has under its name.
func (f *Folder) swap(r *rand.Rand, name string) (string, bool, error) {
	if b, there := f.other[name]; there && r.IntN(2) == 0 {
		return name + " taken from another", !bytes.Equal(b, f.whole[name]), f.put(name, b)
	}
	second := f.names[r.IntN(len(f.names))]
	if err := f.put(name, f.whole[second]); err != nil {
		return "", false, err
	}
	return name + " and " + second + " swapped", !bytes.Equal(f.whole[name], f.whole[second]), f.put(second, f.whole[name])
}

func (f *Folder) put(name string, b []byte) error {
	return os.WriteFile(filepath.Join(f.Dir, name), b, 0o600)
}

// Restore undoes what Damage did.
func (f *Folder) Restore() error {
	for _, name := range f.names {
		now, err := os.ReadFile(filepath.Join(f.Dir, name))
		if err == nil && bytes.Equal(now, f.whole[name]) {
			continue
		}
		if err := f.put(name, f.whole[name]); err != nil {
			return err
		}
	}
	return nil
}

// Rounds is few, or many where PARALLAX_NIGHTLY is set.
func Rounds(few, many int) int {
	if os.Getenv("PARALLAX_NIGHTLY") != "" {
		return many
	}
	return few
}
