// Package report turns a comparison and the gate's answer into forms that
// people and other programs read.
//
// Terms: a Report is a plain value with every number, text and verdict in it; a
// form (terminal, HTML, Markdown, JUnit, JSON, OpenMetrics) is a function that
// prints a Report and computes nothing that another form could compute
// otherwise. A row is one route's counters, a group the differences of one
// route at one place.
//
// Steps: Build makes the Report; each form prints it; Write makes the files,
// each of which appears whole or not at all.
//
// Limits: forms with a bounded size show what fits and say how much more there
// is; the JSON form holds everything that the comparison's summary holds.
// Recorded text is hostile: the forms escape it for the place it is printed at,
// the JSON form holds it as it is.
package report

import (
	"parallax/diff/comparison"
	"parallax/report/gate"
)

// Format and Version name the JSON form.
const (
	Format  = "parallax-report"
	Version = 1
)

// Report is everything that a form shows.
type Report struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Tool    string `json:"tool"`

	Verdict  gate.Verdict `json:"verdict"`
	ExitCode int          `json:"exit_code"`
	// Headline is the verdict's reason in one sentence.
	Headline string `json:"headline"`

	Inputs Inputs `json:"inputs"`
	Words  Words  `json:"words"`
	Total  Row    `json:"total"`
	// Routes are sorted by name.
	Routes []Row `json:"routes"`
	// Latency says what the routes' ratios are; nil for tables.
	Latency *LatencyTable `json:"latency,omitempty"`
	// Groups are the differences that count, Accepted those that a waiver or
	// the policy accepts, Uncompared what could not be compared, Noise what the
	// old system shows against itself: each by route, then by records, largest
	// first.
	Groups     []Group `json:"groups"`
	Accepted   []Group `json:"accepted"`
	Uncompared []Group `json:"could_not_compare"`
	Noise      []Group `json:"noise"`

	// Tables, SchemaNotes and Invariants are those of a comparison of snapshots.
	Tables      []Table                      `json:"tables,omitempty"`
	SchemaNotes []comparison.SchemaNote      `json:"schema_notes,omitempty"`
	Invariants  []comparison.InvariantResult `json:"invariants,omitempty"`

	// Intended are the changes made on purpose (transforms), sorted as Rules are.
	Intended []comparison.RuleCount `json:"intended,omitempty"`
	// Rules are the other rules that hid something, sorted by rule and place.
	Rules   []comparison.RuleCount `json:"rules"`
	Ledgers []Ledger               `json:"ledgers"`
	Gate    gate.Result            `json:"gate"`

	// Proves and Unproven say what the verdict means and what it does not.
	Proves   []string `json:"proves"`
	Unproven []string `json:"does_not_prove"`
	// Notes are things a reader must know: an interrupted input, a rule or a
	// waiver never used.
	Notes []string `json:"notes"`
}

// Inputs names what was compared, by digest.
type Inputs struct {
	Old          comparison.Side   `json:"old"`
	New          comparison.Side   `json:"new"`
	Controls     []comparison.Side `json:"controls,omitempty"`
	RulesDigest  string            `json:"rules_digest"`
	PolicyDigest string            `json:"policy_digest"`
}

// Row is one route's counters.
type Row struct {
	Route   string       `json:"route"`
	Verdict gate.Verdict `json:"verdict"`
	Text    string       `json:"text,omitempty"`

	Recorded int64 `json:"recorded"`
	Compared int64 `json:"compared"`
	Counts
	// Failed are the answers the new side failed to give, FailedBy the same by end.
	Failed   int64   `json:"failed"`
	FailedBy []Count `json:"failed_by,omitempty"`

	OldLatency Latency `json:"old_latency"`
	NewLatency Latency `json:"new_latency"`
	// Ratios are of new against the base that Report.Latency names; nil where no
	// answer is on both sides.
	Ratios *Ratios `json:"latency,omitempty"`
}

// Counts are the ends of a route's records; they add up to Recorded.
type Counts struct {
	Equal       int64 `json:"equal"`
	UnderRules  int64 `json:"equal_under_rules"`
	Noise       int64 `json:"noise_only"`
	Different   int64 `json:"different"`
	MissingNew  int64 `json:"missing_in_new"`
	MissingOld  int64 `json:"missing_in_old"`
	NotCompared int64 `json:"could_not_compare"`
	Incomplete  int64 `json:"incomplete"`
	Filtered    int64 `json:"filtered"`
	Blocked     int64 `json:"blocked"`
	NotReached  int64 `json:"not_reached"`
}

// Mismatched is the number of records with a difference that is no noise.
func (c *Counts) Mismatched() int64 { return c.Different + c.MissingNew + c.MissingOld }

// Missing is the number of answers that only one side has.
func (c *Counts) Missing() int64 { return c.MissingNew + c.MissingOld }

// Left is the number of records that were not compared, for whatever reason.
func (c *Counts) Left() int64 {
	return c.NotCompared + c.Incomplete + c.Filtered + c.Blocked + c.NotReached
}

// Count is a number with a name.
type Count struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// Latency holds quantiles in microseconds, exact to within 0.8 %.
type Latency struct {
	Count int64 `json:"count"`
	P50   int64 `json:"p50_us"`
	P95   int64 `json:"p95_us"`
	P99   int64 `json:"p99_us"`
}

// Group is one group of differences with its route.
type Group struct {
	Route string `json:"route"`
	comparison.Group
	// Acceptance says who or what accepts the differences; empty where they count.
	Acceptance string `json:"acceptance,omitempty"`
}

// Ledger is one input's ledger with the sums done.
type Ledger struct {
	Name     string    `json:"name"`
	Accounts []Account `json:"accounts"`
}

// Account is a ledger's account with its residual.
type Account struct {
	comparison.Account
	Lost     int64 `json:"lost"`
	Edge     int64 `json:"edge"`
	Residual int64 `json:"residual"`
}
