package recording

import (
	"strings"
	"testing"
)

func TestStatsCountEachExchangeOnce(t *testing.T) {
	s := NewStats(func(method, target string) string { return method + " " + target })
	whole := &Exchange{
		Session: "a", Request: &Request{Method: "GET", Target: "/x", FirstAt: 1e9, Body: StoredBody([]byte("ab"))},
		Response: &Response{Status: 503, LastAt: 3e9, Body: StoredBody([]byte("abc"))},
	}
	s.Add(whole)
	s.Add(&Exchange{Session: "a", Incomplete: RequestBeforeStart, Response: &Response{Status: 200, FirstAt: 2e9, LastAt: 2e9}})
	s.Add(&Exchange{Session: "b", Outcome: &Outcome{End: NotReached, DueAt: 2e9}})

	if s.Exchanges != 3 || s.Whole != 1 || s.Sessions != 2 || s.Incomplete[RequestBeforeStart] != 1 || s.Ends[NotReached] != 1 {
		t.Errorf("counted %+v", s)
	}
	if r := s.Routes["GET /x"]; r == nil || *r != (RouteStat{1, 2, 3, 1}) {
		t.Errorf("route: %+v", r)
	}
	if s.FirstAt != 1e9 || s.LastAt != 3e9 || s.Rate() != 1.5 {
		t.Errorf("times %d %d, rate %v", s.FirstAt, s.LastAt, s.Rate())
	}
	var out strings.Builder
	if err := s.Print(&out, strings.ToUpper); err != nil || !strings.Contains(out.String(), "GET /X") {
		t.Errorf("printed %q, %v", out.String(), err)
	}
}
