//go:build unix

package doctor

import (
	"bytes"

	"golang.org/x/sys/unix"
)

func roomOf(dir string) (room, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return room{}, err
	}
	return room{bytes: uint64(s.Bavail) * uint64(s.Bsize), nodes: uint64(s.Ffree), allNodes: uint64(s.Files)}, nil
}

// Kernel is the running system's name and release.
func Kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "unknown"
	}
	return text(u.Sysname[:]) + " " + text(u.Release[:])
}

func text(field []byte) string {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		field = field[:i]
	}
	return string(field)
}
