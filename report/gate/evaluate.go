package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"time"

	"parallax/diff/comparison"
)

// Evaluate holds the policy against the summary. The policy and the waivers
// must be valid; now decides which waivers have expired.
func Evaluate(s *comparison.Summary, p Policy, waivers []Waiver, now time.Time) Result {
	j := &judge{summary: s, policy: &p, words: wordsOf(s), uses: useWaivers(s, waivers, now)}
	j.countRoutes()
	j.ledgers()
	j.interrupted()
	j.amounts()
	j.waivers()
	j.warnings()
	j.structure()
	j.rereads()
	j.invariants()
	j.namedRoutes()
	return j.result(digest(p, waivers))
}

// judge gathers the checks of one evaluation.
type judge struct {
	summary *comparison.Summary
	policy  *Policy
	uses    []WaiverUse
	counted []int64 // by subject: mismatches that nothing accepts
	checks  []Check
	notes   []string
	words   words
}

// words are how texts call what was compared.
type words struct{ record, subject string }

func wordsOf(s *comparison.Summary) words {
	if s.Old.Kind == "snapshot" || len(s.Tables) > 0 {
		return words{"row", "table"}
	}
	return words{"exchange", "route"}
}

func useWaivers(s *comparison.Summary, waivers []Waiver, now time.Time) []WaiverUse {
	uses := make([]WaiverUse, len(waivers))
	for i := range waivers {
		u := WaiverUse{Waiver: waivers[i], Expired: waivers[i].expired(now)}
		for k := range s.Subjects {
			for n := range s.Subjects[k].Groups {
				if g := &s.Subjects[k].Groups[n]; u.covers(s.Subjects[k].Name, g) {
					u.Count += g.Count
				}
			}
		}
		u.Over = u.Count > u.MaxCount
		uses[i] = u
	}
	return uses
}

// waived reports whether a waiver that holds covers the group.
func (j *judge) waived(subject string, g *comparison.Group) bool {
	for i := range j.uses {
		if j.uses[i].Holds() && j.uses[i].covers(subject, g) {
			return true
		}
	}
	return false
}

func (j *judge) accepted(subject string, g *comparison.Group) bool {
	if g.Severity == comparison.Warning && slices.Contains(j.policy.AllowWarnings, g.Class) {
		return true
	}
	return j.waived(subject, g)
}

func (j *judge) countRoutes() {
	j.counted = make([]int64, len(j.summary.Subjects))
	for i := range j.summary.Subjects {
		s := &j.summary.Subjects[i]
		j.counted[i] = countMismatches(s, func(g *comparison.Group) bool { return j.accepted(s.Name, g) })
	}
}

// over sums the routes that do not have a limit of their own, as own tells.
func (j *judge) over(own func(Limits) bool) tally {
	var t tally
	for i := range j.summary.Subjects {
		s := &j.summary.Subjects[i]
		if limits, named := j.policy.Routes[s.Name]; named && own(limits) {
			continue
		}
		t.add(s, j.counted[i], j.policy)
	}
	return t
}

func (j *judge) check(rule, subject string, met bool, otherwise Verdict, limit, actual, text string) {
	c := Check{Rule: rule, Subject: subject, Verdict: Pass, Limit: limit, Actual: actual, Text: text}
	if !met {
		c.Verdict = otherwise
	}
	j.checks = append(j.checks, c)
}

func (j *judge) result(policyDigest string) Result {
	r := Result{
		Verdict: Pass, Checks: j.checks, Waivers: j.uses, Notes: j.notes,
		Routes: j.routeResults(), PolicyDigest: policyDigest, Reasons: []Check{},
		AllowedWarnings: j.policy.AllowWarnings,
	}
	for _, c := range j.checks {
		if c.Verdict.weight() > r.Verdict.weight() {
			r.Verdict = c.Verdict
		}
		if c.Verdict != Pass {
			r.Reasons = append(r.Reasons, c)
		}
	}
	sort.SliceStable(r.Reasons, func(a, b int) bool {
		return r.Reasons[a].Verdict.weight() > r.Reasons[b].Verdict.weight()
	})
	r.ExitCode = r.Verdict.ExitCode()
	return r
}

// digest is the hex SHA-256 of what decided, as JSON. Nothing in it can fail to
// be written; if something did, its text would be the digest's place holder and
// be seen.
func digest(p Policy, waivers []Waiver) string {
	text, err := json.Marshal(struct {
		Gate    Policy   `json:"gate"`
		Waivers []Waiver `json:"waivers"`
	}{p, waivers})
	if err != nil {
		return fmt.Sprintf("none: %v", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
