package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"parallax/capture/recording"
	"parallax/diff"
	"parallax/diff/rules"
)

// liveCounts counts by route what a mirror's answers came to, while they come.
// The verdict is diff's, which also knows noise.
type liveCounts struct {
	live *diff.Live

	mu     sync.Mutex
	total  routeCounts
	routes map[string]*routeCounts
}

// routeCounts are of one route. NotSent were blocked or not reached, also because
// the recorded request was not whole.
type routeCounts struct {
	Matched     int64 `json:"matched"`
	Differing   int64 `json:"differing"`
	Unanswered  int64 `json:"unanswered"`
	NotCompared int64 `json:"not_compared"`
	NotSent     int64 `json:"not_sent"`
}

const (
	// maxLiveRoutes bounds the routes that are counted apart.
	maxLiveRoutes = 1000
	otherRoutes   = "(other routes)"
	// shownRoutes is how many of the differing ones a line shows.
	shownRoutes = 5
)

func newLiveCounts(set *rules.Set, names *routeNames, marker string) (*liveCounts, error) {
	live, err := diff.NewLive(set, marker)
	if err != nil {
		return nil, err
	}
	return &liveCounts{live: live.Routed(names.forDiff()), routes: map[string]*routeCounts{}}, nil
}

// compare is a mirror.Options.Compare.
func (l *liveCounts) compare(recorded, row *recording.Exchange) {
	route, fate := l.live.Pair(recorded, row)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total.add(fate)
	l.of(route).add(fate)
}

func (l *liveCounts) of(route string) *routeCounts {
	c := l.routes[route]
	if c == nil && len(l.routes) >= maxLiveRoutes {
		route = otherRoutes
		c = l.routes[route]
	}
	if c == nil {
		c = &routeCounts{}
		l.routes[strings.Clone(route)] = c
	}
	return c
}

func (c *routeCounts) add(f diff.Fate) {
	switch f {
	case diff.Equal, diff.UnderRules:
		c.Matched++
	case diff.Different, diff.MissingOld:
		c.Differing++
	case diff.MissingNew:
		c.Unanswered++
	case diff.NotCompared:
		c.NotCompared++
	default:
		c.NotSent++
	}
}

func (c *routeCounts) all() int64 {
	return c.Matched + c.Differing + c.Unanswered + c.NotCompared + c.NotSent
}

func (l *liveCounts) line() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.total
	return fmt.Sprintf("%d matched, %d differing, %d unanswered, %d not compared, %d not sent",
		t.Matched, t.Differing, t.Unanswered, t.NotCompared, t.NotSent)
}

// worst shows the routes with the most differences, each on a line of its own.
func (l *liveCounts) worst() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for name, c := range l.routes {
		if c.Differing+c.Unanswered > 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := l.routes[a], l.routes[b]
		return cmp.Or(cmp.Compare(y.Differing+y.Unanswered, x.Differing+x.Unanswered), cmp.Compare(a, b))
	})
	var text strings.Builder
	for _, name := range names[:min(len(names), shownRoutes)] {
		c := l.routes[name]
		fmt.Fprintf(&text, "\n  %s  %d of %d differ", safeText(name), c.Differing, c.all())
		if c.Unanswered > 0 {
			fmt.Fprintf(&text, ", %d unanswered", c.Unanswered)
		}
	}
	if more := len(names) - shownRoutes; more > 0 {
		fmt.Fprintf(&text, "\n  and %d routes more", more)
	}
	return text.String()
}

// json of no counts is "".
func (l *liveCounts) json() (string, error) {
	if l == nil {
		return "", nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	text, err := json.Marshal(struct {
		Total  routeCounts             `json:"total"`
		Routes map[string]*routeCounts `json:"routes"`
	}{l.total, l.routes})
	return string(text), err
}
