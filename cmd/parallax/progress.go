package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"parallax/internal/ledger"
)

// progress prints one line that is rewritten on a terminal, and a plain line
// now and then elsewhere.
type progress struct {
	w        io.Writer
	what     string
	quiet    bool
	terminal bool
	start    time.Time
	last     time.Time
}

const (
	terminalEvery = 200 * time.Millisecond
	plainEvery    = 10 * time.Second
)

func newProgress(w io.Writer, what string, quiet bool) *progress {
	now := time.Now()
	return &progress{w: w, what: what, quiet: quiet, terminal: isTerminal(w), start: now, last: now}
}

// update shows n things done.
func (p *progress) update(n int64) { p.line(fmt.Sprintf("%d %s, %s", n, p.what, p.rate(n))) }

func (p *progress) rate(n int64) string {
	seconds := time.Since(p.start).Seconds()
	if seconds <= 0 {
		return "0/s"
	}
	return fmt.Sprintf("%.0f/s", float64(n)/seconds)
}

// line shows text where the time for it has come.
func (p *progress) line(text string) {
	every := plainEvery
	if p.terminal {
		every = terminalEvery
	}
	now := time.Now()
	if p.quiet || now.Sub(p.last) < every {
		return
	}
	p.last = now
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s", text)
		return
	}
	fmt.Fprintln(p.w, text)
}

// done ends the line on a terminal.
func (p *progress) done() {
	if p.terminal && !p.quiet && p.last != p.start {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func isTerminal(w io.Writer) bool {
	if o, ok := w.(*output); ok {
		w = o.Writer
	}
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// printLedger prints the accounts, a line each, with the residual where there
// is one.
func printLedger(w io.Writer, l *ledger.Ledger) {
	for i := range l.Accounts {
		a := &l.Accounts[i]
		fmt.Fprintf(w, "%s: %d", a.Name, a.Total)
		for j, b := range a.Buckets {
			sep := ", "
			if j == 0 {
				sep = " = "
			}
			fmt.Fprintf(w, "%s%d %s", sep, b.Count, b.Name)
		}
		if r := a.Residual(); r != 0 {
			fmt.Fprintf(w, ", UNEXPLAINED %d", r)
		}
		fmt.Fprintln(w)
	}
}

// checkClosed refuses an artefact of which the sums do not close.
func checkClosed(l *ledger.Ledger, out string) error {
	if l.Closed() {
		return nil
	}
	return unverifiedf("%s: the ledger does not close: see `parallax stats %s`", out, out)
}
