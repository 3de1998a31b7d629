package recording

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"
)

// maxStatsRoutes bounds the table of routes; what finds no room is counted
// under otherRoutes.
const (
	maxStatsRoutes = 10_000
	otherRoutes    = "(other routes)"
	noRequest      = "(no request)"
)

// Stats adds exchanges up. Its JSON form is that of `parallax stats --json`.
type Stats struct {
	Exchanges int64 `json:"exchanges"`
	// Whole exchanges have a request and a response that lack nothing.
	Whole      int64            `json:"whole"`
	Incomplete map[Reason]int64 `json:"incomplete"`
	Sessions   int64            `json:"sessions"`
	FirstAt    int64            `json:"first_at_ns"`
	LastAt     int64            `json:"last_at_ns"`
	// Statuses counts final answers, Ends the outcomes of a run.
	Statuses map[string]int64      `json:"statuses"`
	Ends     map[End]int64         `json:"ends,omitempty"`
	Routes   map[string]*RouteStat `json:"routes"`

	route    func(method, target string) string
	sessions map[string]struct{}
}

// RouteStat adds up one route.
type RouteStat struct {
	Exchanges     int64 `json:"exchanges"`
	RequestBytes  int64 `json:"request_bytes"`
	ResponseBytes int64 `json:"response_bytes"`
	Errors        int64 `json:"errors"` // answers of 500 and above
}

// NewStats returns empty statistics; route names a request's route.
func NewStats(route func(method, target string) string) *Stats {
	return &Stats{
		Incomplete: map[Reason]int64{}, Statuses: map[string]int64{}, Ends: map[End]int64{},
		Routes: map[string]*RouteStat{}, route: route, sessions: map[string]struct{}{},
	}
}

// Add counts ex, of which it keeps nothing but names.
func (s *Stats) Add(ex *Exchange) {
	s.Exchanges++
	if ex.Whole() {
		s.Whole++
	}
	if ex.Incomplete != "" {
		s.Incomplete[ex.Incomplete]++
	}
	if ex.Outcome != nil {
		s.Ends[ex.Outcome.End]++
	}
	s.session(ex.Session)
	s.times(ex)
	s.routeOf(ex).add(ex)
	if ex.Response != nil {
		s.Statuses[strconv.Itoa(ex.Response.Status)]++
	}
}

// maxStatsSessions bounds the sessions told apart; beyond it the number is a
// lower bound.
const maxStatsSessions = 1 << 20

func (s *Stats) session(name string) {
	if _, known := s.sessions[name]; known || len(s.sessions) >= maxStatsSessions {
		return
	}
	s.sessions[name] = struct{}{}
	s.Sessions++
}

func (s *Stats) times(ex *Exchange) {
	first, last := ex.FirstAt(), ex.FirstAt()
	if ex.Response != nil {
		last = max(last, ex.Response.LastAt)
	}
	if s.FirstAt == 0 || first < s.FirstAt {
		s.FirstAt = first
	}
	s.LastAt = max(s.LastAt, last)
}

func (s *Stats) routeOf(ex *Exchange) *RouteStat {
	name := noRequest
	if ex.Request != nil {
		name = s.route(ex.Request.Method, ex.Request.Target)
	}
	r, ok := s.Routes[name]
	if !ok && len(s.Routes) >= maxStatsRoutes {
		name = otherRoutes
		r, ok = s.Routes[name]
	}
	if !ok {
		r = &RouteStat{}
		s.Routes[name] = r
	}
	return r
}

func (r *RouteStat) add(ex *Exchange) {
	r.Exchanges++
	if ex.Request != nil {
		r.RequestBytes += ex.Request.Body.Length
	}
	if ex.Response != nil {
		r.ResponseBytes += ex.Response.Body.Length
		if ex.Response.Status >= 500 {
			r.Errors++
		}
	}
}

// Rate is the mean number of exchanges a second.
func (s *Stats) Rate() float64 {
	span := time.Duration(s.LastAt - s.FirstAt).Seconds()
	if span <= 0 {
		return 0
	}
	return float64(s.Exchanges) / span
}

// Print writes tables; safe makes recorded text fit for the place.
func (s *Stats) Print(w io.Writer, safe func(string) string) error {
	p := &printer{w: w}
	p.linef("%d exchanges, %d whole, %d sessions, %.1f/s", s.Exchanges, s.Whole, s.Sessions, s.Rate())
	if s.Exchanges > 0 {
		p.linef("%s to %s", utc(s.FirstAt), utc(s.LastAt))
	}
	p.linef("%10s %14s %14s %8s  %s", "exchanges", "request bytes", "answer bytes", "5xx", "route")
	for _, name := range slices.Sorted(maps.Keys(s.Routes)) {
		r := s.Routes[name]
		p.linef("%10d %14d %14d %8d  %s", r.Exchanges, r.RequestBytes, r.ResponseBytes, r.Errors, safe(name))
	}
	for _, status := range slices.Sorted(maps.Keys(s.Statuses)) {
		p.linef("%10d status %s", s.Statuses[status], status)
	}
	for _, reason := range slices.Sorted(maps.Keys(s.Incomplete)) {
		p.linef("%10d incomplete: %s", s.Incomplete[reason], reason)
	}
	for _, end := range slices.Sorted(maps.Keys(s.Ends)) {
		p.linef("%10d %s", s.Ends[end], end)
	}
	return p.err
}

// printer writes lines and remembers the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) linef(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func utc(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000Z") }
