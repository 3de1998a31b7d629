// Package gate applies a policy to a comparison and says whether the cutover
// may pass.
//
// Terms: a limit is one number of the policy; a check is a limit held against
// an actual number; a reason is a check that was not met. The verdict is pass,
// fail (compared, and the policy is not met) or could not verify (what was seen
// is not enough to say). A waiver accepts certain differences on purpose, up to
// a count and a date.
//
// Steps: differences that a waiver or allow_warnings accepts are set aside; the
// others are counted by route; every limit is checked over all routes together
// and, where the policy names a route, over that route by itself; the worst
// check is the verdict. A proven failure wins over could not verify.
//
// Limits: a comparison's summary counts records by group of differences, not by
// set of groups. Where only some of a route's groups are accepted, the number
// of records left is therefore an upper bound (the sum of what is left, at most
// the number of different records): a verdict is never greener than the truth.
// Latency quantiles are exact to within 0.8 %, as the histograms are.
package gate

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"parallax/diff/comparison"
)

// Policy is the `gate` key of a configuration. The zero value is the default:
// no mismatch, no failed answer, nothing unverified, every whole exchange and
// every route compared, every ledger closed.
type Policy struct {
	Limits `yaml:",inline"`
	// MinRouteCoverage is the smallest share of the routes with a whole exchange
	// of which at least one was compared; nil is 100 %.
	MinRouteCoverage *Ratio `yaml:"min_route_coverage,omitempty" json:"min_route_coverage,omitempty"`
	// AllowEdges lets exchanges pass that are cut at the capture's edges; nil is true.
	AllowEdges *bool `yaml:"allow_edges,omitempty" json:"allow_edges,omitempty"`
	// LedgerClosed demands that no ledger has a residual; nil is true.
	LedgerClosed *bool `yaml:"ledger_closed,omitempty" json:"ledger_closed,omitempty"`
	// AllowWarnings names the classes of warnings that do not count.
	AllowWarnings []string `yaml:"allow_warnings,omitempty" json:"allow_warnings,omitempty"`
	// AllowNotReached leaves out of every number what a stopped replay did not reach.
	AllowNotReached bool `yaml:"allow_not_reached,omitempty" json:"allow_not_reached,omitempty"`
	// AllowInterrupted lets inputs pass that a crash, a damaged capture or a
	// signal ended early: how much is missing from them is not known.
	AllowInterrupted bool `yaml:"allow_interrupted,omitempty" json:"allow_interrupted,omitempty"`
	// Routes has limits for single routes by name, and under "*" for each route
	// by itself. A route is left out of the overall number of a limit that it has
	// under its own name.
	Routes map[string]Limits `yaml:"routes,omitempty" json:"routes,omitempty"`
}

// Limits are the numbers that hold overall or for a route. Overall, nil is the
// default named beside each; for a route, nil is no limit of its own.
type Limits struct {
	// MaxMismatchShare: records with a difference, of those compared; 0.
	MaxMismatchShare *Ratio `yaml:"max_mismatch_share,omitempty" json:"max_mismatch_share,omitempty"`
	// MaxErrorShare: answers the new side failed to give, of those attempted; 0.
	MaxErrorShare *Ratio `yaml:"max_error_share,omitempty" json:"max_error_share,omitempty"`
	// MaxLatencyRatio: new latency by old; no limit.
	MaxLatencyRatio *LatencyLimit `yaml:"max_latency_ratio,omitempty" json:"max_latency_ratio,omitempty"`
	// Latency: quantiles of the latency with their uncertainty; no limit.
	Latency *LatencyPolicy `yaml:"latency,omitempty" json:"latency,omitempty"`
	// MinCompared: records compared; 1, and never less.
	MinCompared *int64 `yaml:"min_compared,omitempty" json:"min_compared,omitempty"`
	// MinCoverage: records compared, of the whole ones recorded; 100 %.
	MinCoverage *Ratio `yaml:"min_coverage,omitempty" json:"min_coverage,omitempty"`
	// MaxUnverifiedShare: records that could not be compared, of those
	// attempted; and what each ledger account lost, of its total; 0.
	MaxUnverifiedShare *Ratio `yaml:"max_unverified_share,omitempty" json:"max_unverified_share,omitempty"`
}

// LatencyLimit bounds a quantile of the new side's latency by the old side's.
type LatencyLimit struct {
	// Quantile is "p50", "p95" or "p99"; empty is "p95".
	Quantile string `yaml:"quantile,omitempty" json:"quantile,omitempty"`
	Ratio    Ratio  `yaml:"ratio" json:"ratio"`
	// MinCount is the number of answers each side must have; 0 is 100.
	MinCount int64 `yaml:"min_count,omitempty" json:"min_count,omitempty"`
}

const defaultLatencyCount = 100

func (l *LatencyLimit) quantile() (string, float64) {
	switch l.Quantile {
	case "p50":
		return "p50", 0.50
	case "p99":
		return "p99", 0.99
	}
	return "p95", 0.95
}

func (l *LatencyLimit) minCount() int64 {
	if l.MinCount == 0 {
		return defaultLatencyCount
	}
	return l.MinCount
}

// Validate returns the first thing wrong with the policy, with its key.
func (p *Policy) Validate() error {
	if err := p.Limits.validate(); err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	if err := validShare("min_route_coverage", p.MinRouteCoverage); err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	for _, name := range p.routeNames() {
		limits := p.Routes[name]
		if err := limits.validate(); err != nil {
			return fmt.Errorf("gate: routes: %q: %w", name, err)
		}
	}
	return nil
}

func (p *Policy) routeNames() []string {
	names := make([]string, 0, len(p.Routes))
	for name := range p.Routes {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (l *Limits) validate() error {
	for _, share := range []struct {
		key   string
		value *Ratio
	}{
		{"max_mismatch_share", l.MaxMismatchShare}, {"max_error_share", l.MaxErrorShare},
		{"min_coverage", l.MinCoverage}, {"max_unverified_share", l.MaxUnverifiedShare},
	} {
		if err := validShare(share.key, share.value); err != nil {
			return err
		}
	}
	if l.MinCompared != nil && *l.MinCompared < 1 {
		return fmt.Errorf("min_compared: %d: want 1 or more, nothing compared is never a pass", *l.MinCompared)
	}
	if err := l.Latency.validate(); err != nil {
		return err
	}
	return l.MaxLatencyRatio.validate()
}

func validShare(key string, share *Ratio) error {
	if share != nil && share.compare(1, 1) < 0 {
		return fmt.Errorf("%s: %s: a share is at most 1 (100%%)", key, share)
	}
	return nil
}

func (l *LatencyLimit) validate() error {
	if l == nil {
		return nil
	}
	switch l.Quantile {
	case "", "p50", "p95", "p99":
	default:
		return fmt.Errorf("max_latency_ratio: quantile: %q: want p50, p95 or p99", l.Quantile)
	}
	if l.Ratio.num == 0 {
		return fmt.Errorf("max_latency_ratio: ratio: want a number above 0, for example 1.5")
	}
	if l.MinCount < 0 {
		return fmt.Errorf("max_latency_ratio: min_count: %d: want 0 or more", l.MinCount)
	}
	return nil
}

// Waiver is one element of the `waivers` key: differences accepted on purpose.
type Waiver struct {
	Owner  string `yaml:"owner" json:"owner"`
	Reason string `yaml:"reason" json:"reason"`
	// Route is a route's name, or "*" for all.
	Route string `yaml:"route" json:"route"`
	// Part, Pattern and Kind narrow the scope; empty is any. What could not be
	// compared cannot be waived.
	Part    comparison.Part `yaml:"part,omitempty" json:"part,omitempty"`
	Pattern string          `yaml:"pattern,omitempty" json:"pattern,omitempty"`
	Kind    comparison.Kind `yaml:"kind,omitempty" json:"kind,omitempty"`
	// MaxCount is the largest number of differences accepted.
	MaxCount int64 `yaml:"max_count" json:"max_count"`
	// Expires is the last day, UTC, on which the waiver holds: 2006-01-02.
	Expires string `yaml:"expires" json:"expires"`
}

// Validate returns the first thing wrong with the waiver.
func (w *Waiver) Validate() error {
	for _, required := range [...][2]string{{"owner", w.Owner}, {"reason", w.Reason}, {"route", w.Route}, {"expires", w.Expires}} {
		if strings.TrimSpace(required[1]) == "" {
			return fmt.Errorf("waiver %s: %s is missing", w, required[0])
		}
	}
	if _, err := time.Parse(time.DateOnly, w.Expires); err != nil {
		return fmt.Errorf("waiver %s: expires: %q: want a date like 2026-12-31", w, w.Expires)
	}
	if w.MaxCount < 1 {
		return fmt.Errorf("waiver %s: max_count: %d: want 1 or more", w, w.MaxCount)
	}
	return w.validScope()
}

func (w *Waiver) validScope() error {
	switch w.Part {
	case "", comparison.Status, comparison.Headers, comparison.Body, comparison.Trailers, comparison.Whole, comparison.Row, comparison.Column:
	default:
		return fmt.Errorf("waiver %s: part: %q: want status, header, body, trailer, exchange, row or column", w, w.Part)
	}
	switch w.Kind {
	case "", comparison.MissingInOld, comparison.MissingInNew, comparison.Changed, comparison.TypeChanged:
		return nil
	}
	return fmt.Errorf("waiver %s: kind: %q: want missing in old, missing in new, changed or type changed", w, w.Kind)
}

// String names the waiver by its scope.
func (w *Waiver) String() string {
	name := w.Route
	for _, more := range [...]string{string(w.Part), w.Pattern, string(w.Kind)} {
		if more != "" {
			name += " · " + more
		}
	}
	return name
}

func (w *Waiver) covers(subject string, g *comparison.Group) bool {
	return (w.Route == "*" || w.Route == subject) &&
		(w.Part == "" || w.Part == g.Part) &&
		(w.Pattern == "" || w.Pattern == g.Pattern) &&
		(w.Kind == "" || w.Kind == g.Kind) &&
		g.Kind != comparison.NotCompared && !g.Noise
}

// expired reports whether now is after the waiver's last day. A date that
// cannot be read has expired.
func (w *Waiver) expired(now time.Time) bool {
	day, err := time.Parse(time.DateOnly, w.Expires)
	return err != nil || !now.Before(day.AddDate(0, 0, 1))
}
