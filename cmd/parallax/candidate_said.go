package main

import (
	"fmt"

	"parallax/replay/mirror"
)

// report says now and then how far it is, and at once where it ends or pauses.
func (c *candidate) report() {
	if c == nil {
		return
	}
	p := c.mirror.Progress()
	trouble := p.Failing
	if p.Failure != nil {
		trouble = "for good: " + p.Failure.Error()
	}
	if trouble != c.said {
		c.said = trouble
		if trouble == "" {
			fmt.Fprintln(c.streams.err, "mirroring again")
		} else {
			fmt.Fprintf(c.streams.err, "NOT MIRRORING: %s\nclients are still served and recorded\n", safeText(trouble))
		}
	}
	if p.Offered > 0 {
		c.lines.line(c.line(p))
	}
}

func (c *candidate) line(p mirror.Progress) string {
	tail := fmt.Sprintf("%d dropped, %d waiting", p.Dropped, p.Waiting)
	if c.counts == nil {
		return fmt.Sprintf("mirror: %d offered, %s", p.Offered, tail)
	}
	if tail = ", " + tail; !c.lines.terminal { // there it is one line, written over and over
		tail += c.counts.worst()
	}
	return "mirror: " + c.counts.line() + tail
}

func mirrorNotes(r *mirror.Result, passed int64) (notes []string) {
	if n := r.DroppedAll(); n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d exchanges were not sent to the candidate: their rows say why", n, r.Offered))
	}
	if r.Pauses > 0 {
		notes = append(notes, fmt.Sprintf("the candidate failed and was let alone %d times; what sessions had carried was forgotten each time", r.Pauses))
	}
	if r.Run.LeftOut > 0 {
		notes = append(notes, fmt.Sprintf("%d headers or cookies were not sent because they held a credential", r.Run.LeftOut))
	}
	if passed > 0 {
		notes = append(notes, fmt.Sprintf("%d requests were mirrored with the clients' own credentials (credentials: pass)", passed))
	}
	return notes
}

func (c *candidate) print(r *mirror.Result) {
	ledger := r.Ledger()
	fmt.Fprintf(c.streams.err, "mirrored to %s, the run is in %s\n", safeText(c.options.Target.URL), safeText(c.options.Out))
	printLedger(c.streams.err, &ledger)
	printBlocked(c.streams.err, r.Run.Blocked)
	if c.counts != nil {
		fmt.Fprintf(c.streams.err, "compared while it ran: %s%s\n", c.counts.line(), c.counts.worst())
	}
	for _, note := range mirrorNotes(r, c.passed.Load()) {
		fmt.Fprintln(c.streams.err, note)
	}
	if r.Run.LeftOut > 0 {
		fmt.Fprintln(c.streams.err, "hint: `carry`, `auth` and `rewrite` give the candidate credentials of its own; `credentials: pass` of the target sends the clients'")
	}
}
