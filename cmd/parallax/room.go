package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"parallax/internal/store"
)

// lowWater is how much of a file system a live recording leaves free: the lesser
// of a share and of a number of bytes, so that neither a huge nor a tiny disk is
// left half unused.
type lowWater struct {
	percent int64
	bytes   int64
}

func defaultLowWater() lowWater { return lowWater{percent: 5, bytes: 1 << 30} }

// parseLowWater reads --min-free: "5%", "500MiB", "2GiB", bytes, or 0 for none.
func parseLowWater(text string) (lowWater, error) {
	if text == "" {
		return defaultLowWater(), nil
	}
	if share, ok := strings.CutSuffix(text, "%"); ok {
		n, err := strconv.ParseInt(share, 10, 64)
		if err != nil || n < 0 || n > 100 {
			return lowWater{}, usagef("--min-free %q: want 0%% to 100%%", text)
		}
		return lowWater{percent: n, bytes: -1}, nil
	}
	unit := int64(1)
	for _, u := range []struct {
		name string
		size int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}} {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			text, unit = number, u.size
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return lowWater{}, usagef("--min-free: want a share (5%%) or a size (500MiB, 2GiB, 0 for none)")
	}
	return lowWater{percent: 100, bytes: n * unit}, nil
}

// of returns the mark of a file system of size bytes.
func (l lowWater) of(size int64) int64 {
	share := size / 100 * l.percent
	if l.bytes < 0 {
		return share
	}
	return min(share, l.bytes)
}

// check fails where the file system that holds dir, or will, is below the mark.
// Where the space cannot be found out, the disk's own word has to do.
func (l lowWater) check(dir string) error {
	free, size, err := store.Free(dir)
	for errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		free, size, err = store.Free(dir)
	}
	if err != nil || free >= l.of(size) {
		return nil
	}
	return fmt.Errorf("the disk is nearly full: %s are free, and %s are to stay so (--min-free)", mebi(free), mebi(l.of(size)))
}

func mebi(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
