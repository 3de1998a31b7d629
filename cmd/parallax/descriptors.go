package main

import "parallax/replay"

// ownDescriptors is what a replay opens beside its connections: streams, parts,
// journal, lock, spills.
const ownDescriptors = 24

// checkDescriptors refuses more connections than the process may open files for:
// found in the middle of a run it would look as if the target failed.
func checkDescriptors(connections int) error {
	if connections <= 0 {
		connections = replay.DefaultConnections
	}
	limit, known := descriptorLimit()
	if !known || uint64(connections)+ownDescriptors <= limit {
		return nil
	}
	return usagef("--connections %d: this process may open %d files, too many open files would end the run\nhint: --connections %d, or raise the limit (ulimit -n)",
		connections, limit, max(int64(limit)-ownDescriptors, 1))
}
