//go:build !linux

package doctor

// Mask is the process's umask, where it can be read without setting it.
func Mask() (mask int, known bool) { return 0, false }

// Synchronised reports whether the clock is held by a time service, where the
// system tells.
func Synchronised() (yes, known bool) { return false, false }
