package gate

import (
	"fmt"
	"slices"
	"strconv"

	"parallax/diff/comparison"
)

// Verdict is the outcome of a check, of a route and of the whole.
type Verdict string

// The verdicts. RuledOut is for routes only: nothing of the route was meant to
// be compared.
const (
	Pass       Verdict = "pass"
	Fail       Verdict = "fail"
	Unverified Verdict = "could not verify"
	RuledOut   Verdict = "ruled out"
)

// ExitCode is 0 for pass, 1 for fail and 3 for could not verify.
func (v Verdict) ExitCode() int {
	switch v {
	case Pass:
		return 0
	case Fail:
		return 1
	}
	return 3
}

func (v Verdict) weight() int {
	switch v {
	case Fail:
		return 2
	case Unverified:
		return 1
	}
	return 0
}

// Result is the gate's answer.
type Result struct {
	Verdict  Verdict `json:"verdict"`
	ExitCode int     `json:"exit_code"`
	// Checks are all limits held against numbers, Reasons those not met, the
	// failed ones first.
	Checks  []Check `json:"checks"`
	Reasons []Check `json:"reasons"`
	// Routes are in the summary's order.
	Routes  []RouteResult `json:"routes"`
	Waivers []WaiverUse   `json:"waivers,omitempty"`
	// AllowedWarnings are the policy's allow_warnings.
	AllowedWarnings []string `json:"allowed_warnings,omitempty"`
	// Notes are limits that could not be applied, and the like.
	Notes []string `json:"notes,omitempty"`
	// PolicyDigest is the hex SHA-256 of the effective policy and waivers.
	PolicyDigest string `json:"policy_digest"`
}

// Check is one limit held against one number.
type Check struct {
	// Rule is the policy's key, Subject the route or ledger account; empty is all.
	Rule    string  `json:"rule"`
	Subject string  `json:"subject,omitempty"`
	Verdict Verdict `json:"verdict"`
	Limit   string  `json:"limit"`
	Actual  string  `json:"actual"`
	Text    string  `json:"text"`
}

// RouteResult is what the checks mean for one route.
type RouteResult struct {
	Subject string  `json:"subject"`
	Verdict Verdict `json:"verdict"`
	// Counted is the number of different records that no waiver and no allowed
	// warning accepts (an upper bound, see the package's limits).
	Counted int64  `json:"counted"`
	Text    string `json:"text"`
}

// WaiverUse is a waiver with the differences it accepted.
type WaiverUse struct {
	Waiver
	Count   int64 `json:"count"`
	Expired bool  `json:"expired,omitempty"`
	Over    bool  `json:"over_cap,omitempty"`
}

// Holds reports whether the waiver accepts what it covers.
func (u *WaiverUse) Holds() bool { return !u.Expired && !u.Over }

// Accepted says who or what accepts the group's differences; it is empty where
// they count.
func (r *Result) Accepted(subject string, g *comparison.Group) string {
	for i := range r.Waivers {
		if u := &r.Waivers[i]; u.Holds() && u.covers(subject, g) {
			return fmt.Sprintf("waived by %s until %s: %s", u.Owner, u.Expires, u.Reason)
		}
	}
	if g.Severity == comparison.Warning && slices.Contains(r.AllowedWarnings, g.Class) {
		return "warnings of class " + g.Class + " are allowed"
	}
	return ""
}

// Percent returns n of d as a percentage. It never says 100 % of less, nor 0 %
// of more: what is in between is cut, not rounded.
func Percent(n, d int64) string {
	if d <= 0 || n < 0 {
		return "–"
	}
	whole, rest := n/d*100, n%d // n/d first: the parts stay inside 64 bits
	hundredths := mulDiv(rest, 10000, d)
	if hundredths == 0 && n > 0 && whole == 0 {
		return "<0.01%"
	}
	whole += hundredths / 100
	hundredths %= 100
	if hundredths == 0 {
		return strconv.FormatInt(whole, 10) + "%"
	}
	return fmt.Sprintf("%d.%02d%%", whole, hundredths)
}

func share(n, d int64) string { return fmt.Sprintf("%d of %d (%s)", n, d, Percent(n, d)) }
