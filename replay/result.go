package replay

import (
	"fmt"
	"slices"
	"time"

	"parallax/capture/recording"
	"parallax/replay/shift"
)

// Stop says why a run ended.
type Stop string

// The stops. Only StopComplete has sent all that it should.
const (
	StopComplete Stop = "complete"
	// StopTarget: the target could not be reached at the start.
	StopTarget Stop = "target down"
	// StopCircuit: too many of the last requests had no answer.
	StopCircuit Stop = "target failing"
	// StopAuth: an access token could not be had.
	StopAuth Stop = "no token"
	// StopAbort: a condition of Options.Abort was broken.
	StopAbort       Stop = "abort condition"
	StopInterrupted Stop = "interrupted"
	// StopError: Run returned an error.
	StopError Stop = "error"
)

// Result is what a run did.
type Result struct {
	Stopped Stop   `json:"stopped"`
	Why     string `json:"why,omitempty"`
	// Aborted is the condition where Stopped is StopAbort.
	Aborted *Aborted `json:"aborted,omitempty"`
	// Total is the number of exchanges read; Ends says how each ended. Resumed
	// of them ended in the run that this one goes on with, and are in Ends too.
	Total   int64                   `json:"total"`
	Ends    map[recording.End]int64 `json:"ends"`
	Resumed int64                   `json:"resumed"`
	// Blocked says why those that ended so were not sent, but for the Resumed.
	Blocked Reasons `json:"blocked,omitempty"`
	// Untimed of those not reached had no time in the schedule, which ended before.
	Untimed int64 `json:"untimed"`
	// Carried values, and headers and cookies left out for a redaction token.
	Carried int64 `json:"carried"`
	LeftOut int64 `json:"left_out"`
	// Foreign requests of a shard name a carried value that another shard's answer
	// brings: they were sent without it.
	Foreign int64 `json:"foreign"`
	// Forgotten pairs of carried values did not fit into memory.
	Forgotten int64 `json:"forgotten"`
	// Unlearnt answers of the interrupted run that this one goes on with brought
	// what is not known any more: credentials, redacted before they were written.
	Unlearnt int64 `json:"unlearnt,omitempty"`
	// Connections were opened; Displaced of the idle ones were closed for another
	// session; Stale ones were found closed before a byte was sent and replaced;
	// Retried requests were sent a second time (Pool.RetryStale); KeptClosed ended
	// without a byte of an answer as their kept connection did, and were not.
	Connections int64 `json:"connections"`
	Displaced   int64 `json:"displaced"`
	Stale       int64 `json:"stale"`
	Retried     int64 `json:"retried"`
	KeptClosed  int64 `json:"kept_closed"`
	// PoolWaits is how many requests waited for a connection to become free, and
	// BacklogFull how often reading ahead stopped because too many waited.
	PoolWaits   int64 `json:"pool_waits"`
	BacklogFull int64 `json:"backlog_full"`
	// Auth is there where the target's configuration has a token.
	Auth *Auth `json:"auth,omitempty"`
	// Shifted says what became of times that were to be moved, by rule.
	Shifted []shift.Count `json:"shifted,omitempty"`
	// Order says what requests waited for by Options.Order.
	Order OrderResult `json:"order"`
	// Timing is of what was sent.
	Timing Timing `json:"timing"`
}

// Timing holds what was measured.
type Timing struct {
	// Paced: the schedule had times; else lateness means nothing.
	Paced bool `json:"paced"`
	// Late is how many requests left later than the limit by our own fault. The
	// run is Fair unless they are more than 1 % of all and at least fewLate.
	Late   int64  `json:"late"`
	Fair   bool   `json:"fair"`
	Unfair string `json:"unfair,omitempty"`
	// Lateness is sent − max(due, ready), FromDue and FromSent are latencies of
	// answers.
	Lateness Histogram `json:"lateness"`
	FromDue  Histogram `json:"from_due"`
	FromSent Histogram `json:"from_sent"`
	// Elapsed is from the first possible send to the last row.
	Elapsed time.Duration `json:"elapsed_ns"`
}

// Sent is the number of exchanges of which a byte may have reached the target
// (in this run and those it goes on with).
func (r *Result) Sent() (n int64) {
	for end, count := range r.Ends {
		if end.Sent() {
			n += count
		}
	}
	return n
}

// AccountName is the account of all exchanges in Ledger, PaceAccount that of
// the requests which a paced run sent (not those of the run it goes on with).
const (
	AccountName = "exchanges"
	PaceAccount = "pace"
)

// Ledger says where every exchange ended, and whether a paced run kept its pace:
// the few late ones of a fair run are noise, those of an unfair one are lost.
func (r *Result) Ledger() recording.Ledger {
	var l recording.Ledger
	a := l.Account(AccountName)
	a.Total = r.Total
	for _, end := range r.sortedEnds() {
		a.Add(string(end), class(end), r.Ends[end])
	}
	if r.Timing.Paced {
		r.Timing.account(l.Account(PaceAccount))
	}
	return l
}

func (t *Timing) account(a *recording.Account) {
	a.Total = t.Lateness.Count()
	var late int64
	if !t.Fair {
		late = t.Late
		a.Add("late by our own fault", recording.Lost, late)
	}
	a.Add("in time", recording.Fine, a.Total-late)
}

func (r *Result) sortedEnds() []recording.End {
	var ends []recording.End
	for end := range r.Ends {
		ends = append(ends, end)
	}
	slices.Sort(ends)
	return ends
}

// class: what was asked for on purpose, or answered, is fine; a recorded
// request that is not whole was counted as lost, or as an edge, by the capture;
// an exchange that was sent and failed is data to be compared. What could not
// be sent is lost.
func class(end recording.End) recording.Class {
	switch {
	case end == recording.Filtered, end == recording.Blocked:
		return recording.Fine
	case end == recording.NotWhole:
		return recording.Edge
	case end == recording.Unknown, !end.Sent():
		return recording.Lost
	}
	return recording.Fine
}

// late counts how late a request left by our own fault.
func (t *Timing) late(by int64, limit time.Duration) {
	t.Lateness.Add(by)
	if t.Paced && by > int64(limit) {
		t.Late++
	}
}

// Fewer late requests than fewLate are no verdict on a run: one pause of the
// machine makes as many.
const fewLate = 10

// judge decides whether the run was fair.
func (t *Timing) judge(limit time.Duration) {
	sent := t.Lateness.Count()
	t.Fair = t.Late < fewLate || t.Late*100 <= sent
	if !t.Fair {
		t.Unfair = fmt.Sprintf("%d of %d requests left more than %v late by our own fault (1 %% may)", t.Late, sent, limit)
	}
}

// Progress is a moment of a run.
type Progress struct {
	Elapsed time.Duration
	// Done counts rows, Answered and Failed those that were sent. Total is
	// Options.Total.
	Done, Total, Answered, Failed int64
	// Rate is of rows in the last interval, per second.
	Rate int64
	// Lag is how long the request sent last waited after it was due.
	Lag time.Duration
}

// circuit watches the last answers.
type circuit struct {
	last   [circuitWindow]bool // true: failed
	next   int
	failed int
}

const (
	circuitWindow = 200
	// circuitLimit: more failures than this in the window stop the run.
	circuitLimit = circuitWindow / 2
)

// add takes one outcome and reports whether the run should stop.
func (c *circuit) add(failed bool) bool {
	if c.last[c.next] {
		c.failed--
	}
	c.last[c.next] = failed
	if failed {
		c.failed++
	}
	c.next = (c.next + 1) % circuitWindow
	return c.failed > circuitLimit
}
