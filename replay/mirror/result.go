package mirror

import (
	"maps"
	"slices"

	"parallax/capture/recording"
	"parallax/replay"
)

// Result is what a mirror did.
type Result struct {
	// Offered exchanges are those that ended in Run and those in Dropped.
	Offered int64
	// Run is the sum of all legs. Its histograms, and what is of one replay only,
	// are empty.
	Run replay.Result
	// Dropped counts what was not handed to a leg, by reason.
	Dropped map[string]int64
	// Pauses is how often the candidate was let alone because it failed; each time
	// what the sessions carried was forgotten.
	Pauses int64
	// Failure is why the mirror ended before Close, nil where it did not.
	Failure error
}

// Progress is a moment of a mirror.
type Progress struct {
	Offered, Waiting, Dropped int64
	// Failing is why the candidate was let alone, until something could be sent to
	// it again; "" where it was not.
	Failing string
	// Failure is why nothing is mirrored any more, nil where it is.
	Failure error
}

func newResult() Result {
	return Result{Run: replay.Result{Ends: map[recording.End]int64{}, Blocked: replay.Reasons{}}, Dropped: map[string]int64{}}
}

// add takes a leg's counts.
func (r *Result) add(leg *replay.Result) {
	sum := &r.Run
	sum.Total += leg.Total
	for end, n := range leg.Ends {
		sum.Ends[end] += n
	}
	for why, n := range leg.Blocked {
		sum.Blocked.Add(why, n)
	}
	sum.Carried += leg.Carried
	sum.LeftOut += leg.LeftOut
	sum.Forgotten += leg.Forgotten
	sum.Connections += leg.Connections
	sum.Displaced += leg.Displaced
	sum.Stale += leg.Stale
	sum.Retried += leg.Retried
}

// Ledger says where every offer ended. What was dropped is lost: it could have
// been asked and was not.
func (r *Result) Ledger() recording.Ledger {
	l := r.Run.Ledger()
	a := l.Account(replay.AccountName)
	a.Total = r.Offered
	for _, why := range slices.Sorted(maps.Keys(r.Dropped)) {
		class := recording.Lost
		if why == cameBack {
			class = recording.Fine // nobody's question but our own
		}
		a.Add(why, class, r.Dropped[why])
	}
	return l
}

// DroppedAll is the sum of Dropped.
func (r *Result) DroppedAll() (n int64) {
	for _, c := range r.Dropped {
		n += c
	}
	return n
}
