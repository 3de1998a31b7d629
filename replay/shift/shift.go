// Package shift moves times that requests hold, so that what was tomorrow when they
// were recorded is tomorrow when they are replayed.
//
// Terms. A rule names a place in requests and the form that times have there. They
// are moved by the time from the recording's start to the replay's, or by a fixed
// duration.
//
// Steps. The amount is fixed once: instants are moved by whole seconds, dates by the
// calendar days between both starts, and instants, too, where a rule rounds to days,
// so that nine o'clock stays nine o'clock. Each value is read, moved, and written in
// the form that it had: JSON at the token only, a number as a number, zone and
// fraction as they stood.
//
// Limits. A value that is not wholly of the form stays as it is, and is counted. At
// another speed than the recorded one only the starts lie as far apart as before.
package shift

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"parallax/capture/recording"
	"parallax/replay/carry"
)

// Rule is an element of the key shift. Exactly one of Body, Query, Header and Path
// is given.
type Rule struct {
	// Route is as in carry rules; empty is any.
	Route string `yaml:"route,omitempty" json:"route,omitempty"`
	// Body is a JSON Pointer, in which * is any member or index, or /NAME of a form.
	Body   string `yaml:"body,omitempty" json:"body,omitempty"`
	Query  string `yaml:"query,omitempty" json:"query,omitempty"`
	Header string `yaml:"header,omitempty" json:"header,omitempty"`
	// Path is a placeholder's name of the route.
	Path string `yaml:"path,omitempty" json:"path,omitempty"`
	// Format is rfc3339 (the default), date, unix, unix-ms, http or a layout of Go's.
	Format string `yaml:"format,omitempty" json:"format,omitempty"`
	// By is now (the default: from the recording's start to the replay's) or a
	// duration: 48h, 7d, -30m.
	By string `yaml:"by,omitempty" json:"by,omitempty"`
	// Round is day: whole calendar days, for instants as well.
	Round string `yaml:"round,omitempty" json:"round,omitempty"`
	// Zone is where days begin, and of layouts without one: UTC, Europe/Berlin.
	Zone string `yaml:"zone,omitempty" json:"zone,omitempty"`
}

// Count is what became of one rule's values.
type Count struct {
	Rule string `json:"rule"`
	// By is how far: 36h0m0s, or 2 days.
	By    string `json:"by"`
	Moved int64  `json:"moved"`
	// Unread values, or bodies, are not of the form, and were sent as they stood.
	Unread int64 `json:"unread"`
}

// Set is the rules made ready. It is safe for concurrent use.
type Set struct {
	rules []*rule
}

type rule struct {
	Rule
	place         *carry.Place
	move          mover
	by            amount
	moved, unread atomic.Int64
}

// New makes rules ready for a recording that began at from, replayed from to on, both
// in nanoseconds since 1970.
func New(rules []Rule, from, to int64) (*Set, error) {
	s := &Set{}
	for i, r := range rules {
		compiled, err := compile(r, from, to)
		if err != nil {
			return nil, fmt.Errorf("shift %d: %w", i+1, err)
		}
		s.rules = append(s.rules, compiled)
	}
	return s, nil
}

func compile(r Rule, from, to int64) (*rule, error) {
	place, err := carry.NewPlace(carry.To{Route: r.Route, Body: r.Body, Query: r.Query, Header: r.Header, Path: r.Path})
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), "path, body and cookie", "path, body"))
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil || r.Zone == "Local" {
		return nil, fmt.Errorf("zone: %q is not known: want one like Europe/Berlin", r.Zone)
	}
	c := &rule{Rule: r, place: place}
	var daysOnly bool
	if c.move, daysOnly, err = newMover(r.Format, zone); err != nil {
		return nil, err
	}
	if r.Round != "" && r.Round != "day" {
		return nil, fmt.Errorf("round: %q: want day", r.Round)
	}
	c.by, err = r.amount(from, to, zone, daysOnly || r.Round == "day")
	return c, err
}

// longest keeps what is moved inside of what can be written.
const longest = 200 * 365 * 24 * time.Hour

func (r *Rule) amount(from, to int64, zone *time.Location, whole bool) (amount, error) {
	a := amount{whole: whole}
	if r.By == "" || r.By == "now" {
		a.by = (time.Duration(to - from)).Truncate(time.Second)
		a.days = daysBetween(time.Unix(0, from).In(zone), time.Unix(0, to).In(zone))
		return a, nil
	}
	by, err := parseBy(r.By)
	if err != nil {
		return a, err
	}
	if whole && by%(24*time.Hour) != 0 {
		return a, fmt.Errorf("by: %s: these are dates: want whole days", r.By)
	}
	a.by, a.days = by, int(by/(24*time.Hour))
	return a, nil
}

// parseBy reads a duration in whole seconds; 7d is seven times 24 hours.
func parseBy(text string) (time.Duration, error) {
	by, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int64
		n, err = strconv.ParseInt(days, 10, 32)
		by = min(time.Duration(n), 1e6) * 24 * time.Hour
	}
	if err != nil || by%time.Second != 0 || by > longest || by < -longest {
		return 0, fmt.Errorf("by: %q: want now, or a duration in whole seconds like 48h, 7d or -30m", text)
	}
	return by, nil
}

// daysBetween counts the midnights from a to b.
func daysBetween(a, b time.Time) int {
	day := func(t time.Time) int64 {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
	}
	return int(day(b) - day(a))
}

// InBody reports whether a rule moves times in the body of such a request, which
// Apply wants then, without content coding.
func (s *Set) InBody(method, target string) bool {
	for _, r := range s.rules {
		if r.place.InBody(method, target) {
			return true
		}
	}
	return false
}

// Apply moves the times of req, which is the caller's own copy; its lists are
// replaced, not written to. Body is without content coding, nil where it cannot be
// read. It returns the body, and whether it is another one.
func (s *Set) Apply(req *recording.Request, body []byte) (out []byte, changed bool) {
	for _, r := range s.rules {
		if r.place.InBody(req.Method, req.Target) && !readable(req, body) {
			if req.Body.Length > 0 {
				r.unread.Add(1)
			}
			continue
		}
		moved, other := r.place.Replace(req, body, r.swap)
		if other {
			body, changed = moved, true
		}
	}
	return body, changed
}

// readable reports whether a body is JSON, or a form.
func readable(req *recording.Request, body []byte) bool {
	return len(body) > 0 && (carry.IsForm(req.Headers) || json.Valid(body))
}

func (r *rule) swap(text string) (string, bool) {
	moved, ok := r.move(text, r.by)
	if !ok {
		r.unread.Add(1)
		return "", false
	}
	r.moved.Add(1)
	return moved, true
}

// Unreadable counts a body that could not be written again.
func (s *Set) Unreadable(method, target string) {
	for _, r := range s.rules {
		if r.place.InBody(method, target) {
			r.unread.Add(1)
		}
	}
}

// Counts returns what became of each rule's values, in the rules' order.
func (s *Set) Counts() []Count {
	var counts []Count
	for _, r := range s.rules {
		counts = append(counts, Count{Rule: r.String(), By: r.by.String(), Moved: r.moved.Load(), Unread: r.unread.Load()})
	}
	return counts
}

// String names the rule by its place: "POST /bookings body /pickup_at".
func (r *Rule) String() string {
	text := ""
	if r.Route != "" {
		text = r.Route + " "
	}
	for _, p := range [...][2]string{{"body", r.Body}, {"query", r.Query}, {"header", r.Header}, {"path", r.Path}} {
		if p[1] != "" {
			text += p[0] + " " + p[1]
		}
	}
	return text
}

// String is how far: 36h0m0s, or 2 days.
func (a amount) String() string {
	if !a.whole {
		return a.by.String()
	}
	if a.days == 1 || a.days == -1 {
		return fmt.Sprintf("%d day", a.days)
	}
	return fmt.Sprintf("%d days", a.days)
}
