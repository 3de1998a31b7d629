package doctor

import (
	"runtime"
	"strings"
)

// Versions says what is running, on what, and which formats it reads and writes.
func Versions(tool string, formats ...string) []Finding {
	return []Finding{
		{State: OK, Subject: "program", Found: tool + ", " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH},
		{State: OK, Subject: "system", Found: Kernel()},
		{State: OK, Subject: "formats", Found: strings.Join(formats, ", ")},
	}
}
