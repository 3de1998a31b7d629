package replay

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parallax/capture/recording"
	"parallax/internal/literal"
	"parallax/replay/schedule"
)

func share(t *testing.T, text string) Share {
	t.Helper()
	s, err := ParseShare(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// feed gives a condition what a text says: "." keeps the limit, "x" breaks it. It
// returns after how many it was broken, or 0.
func feedCondition(c *condition, text string) int {
	for i, r := range text {
		s := noted{answered: r == '.', recorded: true}
		if c.add(&s) != nil {
			return i + 1
		}
	}
	return 0
}

// TestWindowsCountAnswers: a condition decides nothing before its window is full,
// looks at the last answers only, and lets exactly its share pass.
func TestWindowsCountAnswers(t *testing.T) {
	for _, c := range []struct {
		share, answers string
		want           int
	}{
		{"20%", "xx........", 0},
		{"20%", "xxx.......", 10},
		{"20%", "xxxxxxxxx", 0},
		{"20%", "xx........xx", 0}, // the first two have left the window
		{"20%", "..x.......xx", 12},
		{"0.25", "xx.......x.", 10}, // 2 of 10 are within a quarter, 3 are not
		{"1%", ".........x", 10},    // none of ten may
	} {
		a := Abort{Window: 10, Errors: share(t, c.share)}
		if got := feedCondition(a.conditions()[0], c.answers); got != c.want {
			t.Errorf("%s of %q: stops after %d, want %d", c.share, c.answers, got, c.want)
		}
	}
}

func TestLatencyWindows(t *testing.T) {
	a := Abort{Window: 200, Latency: AbortLatency{P50: literal.Duration(time.Second), P99: literal.Duration(3 * time.Second)}}
	for _, c := range []struct {
		slow, verySlow int
		want           string
	}{{100, 0, ""}, {101, 0, "latency p50"}, {0, 2, ""}, {0, 3, "latency p99"}} {
		w, got := &watched{a.conditions()}, ""
		for i := range 200 {
			o := outcome{attempted: true, noted: noted{answered: true, took: int64(time.Second)}}
			switch {
			case i < c.slow:
				o.noted.took++
			case i < c.slow+c.verySlow:
				o.noted.took = int64(3*time.Second) + 1
			}
			if b := w.add(&o); b != nil {
				got = b.Condition
			}
		}
		if got != c.want {
			t.Errorf("%d slow, %d very slow of 200: %q, want %q", c.slow, c.verySlow, got, c.want)
		}
	}
}

// sequence is a baseline of n requests that wait for one another.
func sequence(n int) *script {
	s := &script{}
	for i := range n {
		answeredBy(s.add("one", 10*i, 10*i+5, "GET", fmt.Sprintf("/%d", i)), "same")
	}
	return s
}

// TestAbortConditions: each stops the run at the answer that breaks it, says so
// with figures, and the rest is not reached.
func TestAbortConditions(t *testing.T) {
	for _, c := range []struct {
		name     string
		abort    Abort
		answer   func(i string) string
		recorded func(*recording.Exchange)
		stopped  int // 0: complete
		why      string
	}{
		{name: "server errors", abort: Abort{Window: 10, ServerErrors: share(t, "30%")}, answer: from("/12", "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nsame"),
			stopped: 16, why: "server_errors: 4 of the last 10 answers were of status 5xx and the recorded ones not, at most 3 may (30%)"},
		{name: "server errors that were recorded", abort: Abort{Window: 10, ServerErrors: share(t, "30%")}, answer: from("/12", "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nsame"),
			recorded: func(ex *recording.Exchange) { ex.Response.Status = 500 }},
		{name: "divergence of bodies", abort: Abort{Window: 10, Divergence: share(t, "0.5")}, answer: from("/5", ok("other")),
			stopped: 11, why: "divergence: 6 of the last 10 answers had another status or body"},
		{name: "divergence of statuses", abort: Abort{Window: 10, Divergence: share(t, "0.5")}, answer: from("/0", "HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nsame"),
			stopped: 10, why: "divergence: 10 of the last 10"},
		{name: "redacted bodies are not looked at", abort: Abort{Window: 10, Divergence: share(t, "0.5")}, answer: from("/0", ok("other")),
			recorded: func(ex *recording.Exchange) { ex.Response.Body.Redacted = true }},
		{name: "nor answers that were cut", abort: Abort{Window: 10, Divergence: share(t, "0.5")}, answer: from("/0", ok("other")),
			recorded: func(ex *recording.Exchange) { ex.Incomplete = recording.ResponseAfterEnd }},
		{name: "latency", abort: Abort{Window: 10, Latency: AbortLatency{P99: 1}}, answer: from("/0", ok("same")), stopped: 10, why: "latency p99: 10 of the last 10 answers took longer, at most 0 may (1ns)"},
		{name: "errors", abort: Abort{Window: 10, Errors: share(t, "50%")}, answer: from("/7", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nshort"),
			stopped: 13, why: "errors: 6 of the last 10 requests had no answer"},
		{name: "all is well", abort: Abort{Window: 10, Errors: share(t, "50%"), Divergence: share(t, "1%"), ServerErrors: share(t, "1%"), Latency: AbortLatency{P99: literal.Duration(time.Hour)}}, answer: from("/x", "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, requests := httpServer(t, func(s seen) string { return c.answer(s.target) })
			s := sequence(40)
			for _, ex := range s.list {
				if c.recorded != nil {
					c.recorded(ex)
				}
			}
			r, _ := run(t, s, address, Options{Abort: c.abort, Schedule: schedule.Max(), Pool: Pool{Connections: 1}})
			if c.stopped == 0 {
				if r.Stopped != StopComplete || r.Aborted != nil {
					t.Fatalf("stopped: %s: %s", r.Stopped, r.Why)
				}
				return
			}
			if n := len(requests()); r.Stopped != StopAbort || !strings.HasPrefix(r.Why, c.why) || n != c.stopped {
				t.Errorf("%s: %q after %d requests, want %q after %d", r.Stopped, r.Why, n, c.why, c.stopped)
			}
			if r.Aborted == nil || r.Aborted.Window != 10 || r.Ends[recording.NotReached] != int64(40-len(requests())) {
				t.Errorf("aborted %+v, ends %v", r.Aborted, r.Ends)
			}
		})
	}
}

// from answers as recorded until target begins, in the order of numbers.
func from(target, answer string) func(string) string {
	begun := false
	return func(t string) string {
		if begun = begun || t == target; begun {
			return answer
		}
		return ok("same")
	}
}

func TestAbortIsChecked(t *testing.T) {
	for _, text := range []string{"", "0", "0%", "100%", "1", "-1", "2", "x", "1e-3", "50%%", "1/2", "NaN"} {
		if _, err := ParseShare(text); err == nil {
			t.Errorf("%q is a share", text)
		}
	}
	for _, a := range []Abort{{Window: 9, Errors: share(t, "1%")}, {Window: 2_000_000, Errors: share(t, "1%")}, {Window: 100}} {
		if a.Validate() == nil {
			t.Errorf("%+v is taken", a)
		}
	}
}
