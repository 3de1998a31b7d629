package gate

import (
	"math/bits"

	"parallax/capture/recording"
	"parallax/diff/comparison"
)

// tally is the sum of some routes' counters.
type tally struct {
	subjects                       int
	whole, attempted               int64 // whole: recorded in full; attempted: meant to be answered
	compared, counted, notCompared int64
	notReached                     int64
	failed, failedSent             int64
}

func (t *tally) add(s *comparison.Subject, counted int64, p *Policy) {
	t.subjects++
	t.whole += whole(s, p)
	t.attempted += s.Recorded - s.Incomplete - s.Filtered - s.Blocked - s.NotReached
	t.compared += s.Compared()
	t.counted += counted
	t.notCompared += s.NotCompared + uncovered(s, counted)
	t.notReached += s.NotReached
	all, sent := failures(s)
	t.failed += all
	t.failedSent += sent
}

// whole is the number of records that could have been compared.
func whole(s *comparison.Subject, p *Policy) int64 {
	n := s.Recorded
	if allowed(p.AllowEdges) {
		n -= s.Incomplete
	}
	if p.AllowNotReached {
		n -= s.NotReached
	}
	return n
}

// failures returns the answers that the new side failed to give, and those of
// them whose request surely reached it: the others prove nothing about it.
func failures(s *comparison.Subject) (all, sent int64) {
	for end, n := range s.Failed {
		all += n
		if e := recording.End(end); e.Sent() && e != recording.Unknown {
			sent += n
		}
	}
	return all, sent
}

// residual is what a route's counters leave unexplained of its records.
func residual(s *comparison.Subject) int64 {
	return s.Recorded - s.Compared() - s.NotCompared - s.Incomplete - s.Filtered - s.Blocked - s.NotReached
}

// countMismatches bounds from above the number of s's records with a difference
// that accepted does not set aside.
func countMismatches(s *comparison.Subject, accepted func(*comparison.Group) bool) int64 {
	var inGroups, left int64
	for i := range s.Groups {
		g := &s.Groups[i]
		if g.Noise || g.Kind == comparison.NotCompared {
			continue
		}
		inGroups += g.Records
		if !accepted(g) {
			left += g.Records
		}
	}
	// Every mismatched record is in a group; what the groups lack is not accepted.
	left += max(0, s.Mismatched()-inGroups)
	return min(left, s.Mismatched())
}

// uncovered bounds from above the number of s's different records whose differences
// are accepted and of which something else could not be compared: nothing accepts that.
func uncovered(s *comparison.Subject, counted int64) int64 {
	return min(s.Partly, s.Mismatched()-counted)
}

func allowed(setting *bool) bool { return setting == nil || *setting }

// mulDiv is a*b/d without overflow, for a < d.
func mulDiv(a, b, d int64) int64 {
	high, low := bits.Mul64(uint64(a), uint64(b))
	quotient, _ := bits.Div64(high, low, uint64(d))
	return int64(quotient)
}
