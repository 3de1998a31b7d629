package diff

import (
	"fmt"

	"parallax/capture/recording"
	"parallax/diff/comparison"
)

// summary makes the summary of a pass that has ended.
func (p *pass) summary() *comparison.Summary {
	s := &comparison.Summary{
		Format: comparison.SummaryFormat, Version: 1, Tool: p.opts.Tool,
		Old: side(&p.old), New: side(&p.new), RulesDigest: p.opts.Rules.Digest(), MaxWork: p.opts.MaxWork,
		Subjects: p.tally.Subjects(), Rules: p.tally.Rules(p.opts.Rules),
	}
	if p.opts.Routes != nil {
		s.RoutesDigest = p.opts.Routes.Digest()
	}
	s.Ledgers = append(s.Ledgers, comparison.Named("old", &p.old.Manifest.Ledger), comparison.Named("new", &p.new.Manifest.Ledger))
	for i := range p.controls {
		s.Controls = append(s.Controls, side(&p.controls[i]))
		s.Ledgers = append(s.Ledgers, comparison.Named(fmt.Sprintf("control %d", i+1), &p.controls[i].Manifest.Ledger))
	}
	s.Ledgers = append(s.Ledgers, comparison.NamedLedger{Name: comparison.OwnLedger, Accounts: p.accounts(s.Subjects)})
	s.Notes = p.allNotes(s)
	return s
}

func side(in *Input) comparison.Side {
	return comparison.Side{
		Name: in.Name, Manifest: in.Digest, Kind: string(in.Manifest.Kind),
		Redacted: redaction(in.Manifest), Target: in.Manifest.Target, Interrupted: in.Manifest.Interrupted,
	}
}

// accounts are the comparison's own: what was read, against where it was counted.
func (p *pass) accounts(subjects []comparison.Subject) []comparison.Account {
	accounts := []comparison.Account{p.oldAccount(subjects)}
	for i := 1; i < len(p.merge.lanes); i++ {
		name := "exchanges of new"
		if i > 1 {
			name = fmt.Sprintf("exchanges of control %d", i-1)
		}
		accounts = append(accounts, comparison.Account{
			Name: name, Total: p.merge.lanes[i].rows,
			Buckets: []comparison.Bucket{
				{Name: "not in old", Count: p.merge.surplus[i], Class: p.surplusClass()},
				{Name: "paired", Count: p.merge.paired[i], Class: recording.Fine},
			},
		})
	}
	return accounts
}

// surplusClass: rows of a run whose request the filter left out on the old side
// are no loss.
func (p *pass) surplusClass() recording.Class {
	f := &p.opts.Filter
	if len(f.Methods)+len(f.Hosts)+len(f.Statuses) > 0 || f.Route != nil || f.SharePPM > 0 {
		return recording.Fine
	}
	return recording.Lost
}

func (p *pass) oldAccount(subjects []comparison.Subject) comparison.Account {
	var sum comparison.Subject
	for i := range subjects {
		addCounts(&sum, &subjects[i])
	}
	fine, edge, lost := recording.Fine, recording.Edge, recording.Lost
	return comparison.Account{
		Name: "exchanges of old", Total: p.merge.lanes[0].rows,
		Buckets: []comparison.Bucket{
			{Name: "blocked", Count: sum.Blocked, Class: fine},
			{Name: comparison.NotComparedBucket, Count: sum.NotCompared, Class: lost},
			{Name: "different", Count: sum.Different, Class: fine},
			{Name: "equal", Count: sum.Equal, Class: fine},
			{Name: "equal under rules", Count: sum.UnderRules, Class: fine},
			{Name: "filtered", Count: sum.Filtered, Class: fine},
			{Name: "incomplete", Count: sum.Incomplete, Class: edge},
			{Name: "missing in new", Count: sum.MissingNew, Class: fine},
			{Name: "missing in old", Count: sum.MissingOld, Class: fine},
			{Name: "noise only", Count: sum.NoiseOnly, Class: fine},
			{Name: "not reached", Count: sum.NotReached, Class: lost},
		},
	}
}

func addCounts(to, s *comparison.Subject) {
	to.Equal += s.Equal
	to.UnderRules += s.UnderRules
	to.NoiseOnly += s.NoiseOnly
	to.Different += s.Different
	to.MissingNew += s.MissingNew
	to.MissingOld += s.MissingOld
	to.NotCompared += s.NotCompared
	to.Incomplete += s.Incomplete
	to.Filtered += s.Filtered
	to.Blocked += s.Blocked
	to.NotReached += s.NotReached
}

func (p *pass) surplus() int64 {
	if p.surplusClass() == recording.Fine {
		return 0
	}
	return p.merge.surplus[1]
}
