package doctor

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Mask is the process's umask; it is read, not set, so that no other thread sees
// it change.
func Mask() (mask int, known bool) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Umask:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(rest), 8, 32)
			return int(n), err == nil
		}
	}
	return 0, false
}

// Synchronised reports whether the kernel's clock is held by a time service.
func Synchronised() (yes, known bool) {
	var t unix.Timex // no mode: nothing is changed
	if _, err := unix.Adjtimex(&t); err != nil {
		return false, false
	}
	return t.Status&unix.STA_UNSYNC == 0, true
}
