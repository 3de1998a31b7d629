//go:build unix

package main

import "syscall"

// openFiles returns how many files and connections this process may have open,
// 0 where that is not known. Go has raised the limit as far as it goes.
func openFiles() int64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return 0
	}
	return int64(limit.Cur)
}
