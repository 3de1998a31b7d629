//go:build linux || darwin

package store

import (
	"fmt"
	"syscall"
)

// Free returns how many bytes can still be written to the file system that
// holds dir by who is not its administrator, and how many it has in all.
func Free(dir string) (free, size int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize), nil
}
