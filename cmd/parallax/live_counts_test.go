package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"parallax/capture/recording"
	"parallax/diff"
)

func TestLiveCounts(t *testing.T) {
	l := &liveCounts{routes: map[string]*routeCounts{}}
	count := func(route string, fates ...diff.Fate) {
		for _, f := range fates {
			l.total.add(f)
			l.of(route).add(f)
		}
	}
	count("GET /a", diff.Equal, diff.UnderRules, diff.Different)
	count("GET /b", diff.Different, diff.MissingNew, diff.MissingOld)
	count("GET /c", diff.Equal, diff.NotCompared, diff.Blocked, diff.Incomplete, diff.NotReached, diff.Filtered)
	if got, want := l.line(), "3 matched, 3 differing, 1 unanswered, 1 not compared, 4 not sent"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := l.worst(), "\n  GET /b  2 of 3 differ, 1 unanswered\n  GET /a  1 of 3 differ"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for i := range 2 * maxLiveRoutes {
		count(fmt.Sprintf("GET /%d", i), diff.Different)
	}
	if n := len(l.routes); n != maxLiveRoutes+1 || l.routes[otherRoutes].Differing != maxLiveRoutes+3 {
		t.Errorf("%d routes, %d others", n, l.routes[otherRoutes].Differing)
	}
	if got := l.worst(); !strings.HasPrefix(got, "\n  "+otherRoutes) || strings.Count(got, "\n") != shownRoutes+1 {
		t.Errorf("%q", got)
	}
}

// A line is printed now and then, and its route's names obey no terminal.
func TestLiveCountsOnATerminal(t *testing.T) {
	live, err := newLiveCounts(nil, new(routeNames), "")
	if err != nil {
		t.Fatal(err)
	}
	answered := func(status int) *recording.Exchange {
		return &recording.Exchange{ID: recording.MakeID(1, "0123456789abcdef", 0),
			Request:  &recording.Request{Method: "GET\x1b[2J", Target: "/x"},
			Response: &recording.Response{Status: status}, Outcome: &recording.Outcome{End: recording.Answered}}
	}
	live.compare(answered(200), answered(500))
	if got := live.worst(); !strings.Contains(got, "1 of 1 differ") || strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
	var out bytes.Buffer
	p := newProgress(&out, "mirrored", false)
	p.line("too soon")
	p.last = time.Now().Add(-plainEvery)
	p.line(live.line() + live.worst())
	if got := out.String(); strings.Contains(got, "too soon") || !strings.HasPrefix(got, "0 matched, 1 differing") {
		t.Errorf("%q", got)
	}
}
