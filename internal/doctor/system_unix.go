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

// OpenFiles is the limit on open files, 0 for none. Go has raised the soft limit
// to the hard one already.
func OpenFiles() uint64 {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil || uint64(l.Cur) >= 1<<62 {
		return 0
	}
	return uint64(l.Cur)
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
