package doctor

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// ownFiles is what a run has open besides its connections: parts, journal, spills,
// standard streams.
const ownFiles = 64

// Files holds the limit on open files against the connections of a run. Zero is
// unknown.
func Files(limit uint64, connections int) []Finding {
	need := uint64(connections) + ownFiles
	switch {
	case limit == 0:
		return fine("no limit that this system tells")
	case limit < need:
		return failed("ulimit -n "+strconv.FormatUint(need, 10)+", or fewer --connections",
			"%d files may be open; %d connections need %d", limit, connections, need)
	}
	return fine("%d files may be open, %d connections need %d", limit, connections, need)
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
