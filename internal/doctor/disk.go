package doctor

// Below these, a night's recording may not fit.
const (
	fewBytes = 1 << 30
	fewNodes = 10_000
)

// room is what a file system has left for this user. Nodes are unknown where
// there are none in all.
type room struct {
	bytes, nodes, allNodes uint64
}

// Disk says how much can still be written to the file system of dir.
func Disk(dir string) []Finding {
	at, err := existing(dir)
	if err != nil {
		return about(dir, failed("name a folder that can be reached", "%v", err))
	}
	r, err := roomOf(at)
	if err != nil {
		return about(dir, warning("see to it by hand", "free space is not told: %v", err))
	}
	return about(dir, r.judge())
}

func (r room) judge() []Finding {
	switch {
	case r.bytes < fewBytes/10:
		return failed("make room, or name another folder", "%s free", bytesText(r.bytes))
	case r.allNodes > 0 && r.nodes < fewNodes/100:
		return failed("make room, or name another folder", "%d files can still be made", r.nodes)
	case r.bytes < fewBytes:
		return warning("make room: a recording takes about as much as its bodies do when compressed", "%s free", bytesText(r.bytes))
	case r.allNodes > 0 && r.nodes < fewNodes:
		return warning("make room", "%s free, but only %d files can still be made", bytesText(r.bytes), r.nodes)
	case r.allNodes == 0:
		return fine("%s free", bytesText(r.bytes))
	}
	return fine("%s free, %d files", bytesText(r.bytes), r.nodes)
}
