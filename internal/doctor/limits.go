package doctor

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Files holds the limit on open files against the connections of a run, which has
// own files open besides. A limit of zero is unknown.
func Files(limit, own int64, connections int) []Finding {
	fit := limit - own
	switch {
	case limit == 0:
		return fine("no limit that this system tells")
	case fit < 1:
		return failed(fmt.Sprintf("ulimit -n %d", own+int64(connections)), "%d files may be open: not one connection fits", limit)
	case fit < int64(connections):
		return warning(fmt.Sprintf("ulimit -n %d, or be content with fewer", own+int64(connections)),
			"%d files may be open: %d connections at once instead of %d", limit, fit, connections)
	}
	return fine("%d files may be open, enough for %d connections", limit, connections)
}

// leastMemory is what a replay with its default budgets lives in: bodies under way
// (256 MiB at most), parts being written, the collector's room.
const leastMemory = 512 << 20

// Memory holds what the process may use against what a run with default settings
// may need. Zero is unknown.
func Memory(limit, available uint64) []Finding {
	least, of := limit, "the control group allows"
	if limit == 0 || available != 0 && available < limit {
		least, of = available, "available"
	}
	switch {
	case least == 0:
		return fine("not told by this system")
	case least < leastMemory:
		return warning("give it more, or lower --max-memory, --max-body and --connections",
			"%s %s; a run with large bodies may need %s", bytesText(least), of, bytesText(leastMemory))
	}
	return fine("%s %s", bytesText(least), of)
}

// groupLimit reads the control group's limit, version 2 or 1; 0 where there is
// none.
func groupLimit() uint64 {
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
		if err == nil && n < 1<<60 { // version 1 says "none" by a huge number
			return n
		}
		return 0
	}
	return 0
}

// availableMemory is what the kernel thinks can be had, 0 where it does not say.
func availableMemory() uint64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(line, "MemAvailable:")
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
		if err == nil {
			return n << 10
		}
	}
	return 0
}

// MachineMemory is Memory of this process.
func MachineMemory() []Finding { return Memory(groupLimit(), availableMemory()) }

// Processors says how many a run will use.
func Processors() []Finding {
	return fine("%d processors, %d used", runtime.NumCPU(), runtime.GOMAXPROCS(0))
}
