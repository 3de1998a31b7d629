package main

import "fmt"

// ownFiles is what recordings, standard streams and the runtime need open.
const ownFiles = 24

// connectionsFor returns how many connections of so many files each fit under
// the process's limit beside others; all of want where that is not known. want 0
// is as many as fit, of which 0 then says that there is no bound.
func connectionsFor(limit int64, want, each, others int) (int, error) {
	if limit == 0 {
		return want, nil
	}
	fit := (int(limit) - ownFiles - others) / each
	if fit < 1 {
		return 0, usagef("the limit of open files is %d, too few for one connection\nhint: ulimit -n %d, or fewer connections of the mirror", limit, ownFiles+others+each*64)
	}
	if want == 0 || want > fit {
		return fit, nil
	}
	return want, nil
}

// sayFewer tells that fewer connections are used than were asked for.
func sayFewer(s streams, limit int64, want, got int) {
	if limit > 0 && got < want {
		fmt.Fprintf(s.err, "the limit of open files is %d: %d connections at once instead of %d (ulimit -n)\n", limit, got, want)
	}
}
