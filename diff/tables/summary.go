package tables

import (
	"fmt"

	"parallax/diff/comparison"
)

func (r *run) summary() *comparison.Summary {
	s := &comparison.Summary{
		Format: comparison.SummaryFormat, Version: 1, Tool: r.o.Tool,
		Old: side(&r.old), New: side(&r.new), RulesDigest: r.names.digest(),
		Subjects: r.tally.Subjects(), Rules: r.tally.Rules(r.names), Tables: r.proofs, SchemaNotes: r.notes,
	}
	s.Ledgers = []comparison.NamedLedger{
		ledger("old", &r.old), ledger("new", &r.new), {Name: "comparison", Accounts: r.accounts(s.Subjects)},
	}
	s.Notes = r.allNotes()
	return s
}

func side(in *Input) comparison.Side {
	return comparison.Side{
		Name: in.Name, Manifest: in.Digest, Kind: "snapshot", Redacted: redaction(in.Manifest),
		Engine: in.Manifest.Source.Engine, Interrupted: in.Manifest.Interrupted,
	}
}

func ledger(name string, in *Input) comparison.NamedLedger {
	out := comparison.NamedLedger{Name: name, Accounts: []comparison.Account{}}
	for _, a := range in.Manifest.Ledger.Accounts {
		account := comparison.Account{Name: a.Name, Total: a.Total, Buckets: []comparison.Bucket{}}
		for _, b := range a.Buckets {
			account.Buckets = append(account.Buckets, comparison.Bucket(b))
		}
		out.Accounts = append(out.Accounts, account)
	}
	return out
}

// accounts are the comparison's own: the rows that the manifests promise against
// those that ended in a counter, and where the records ended.
func (r *run) accounts(subjects []comparison.Subject) []comparison.Account {
	var sum comparison.Subject
	for i := range subjects {
		x := &subjects[i]
		sum.Recorded += x.Recorded
		sum.Equal += x.Equal
		sum.UnderRules += x.UnderRules
		sum.Different += x.Different
		sum.MissingNew += x.MissingNew
		sum.MissingOld += x.MissingOld
		sum.NotCompared += x.NotCompared
	}
	accounts := []comparison.Account{{
		Name: "rows", Total: sum.Recorded, Buckets: []comparison.Bucket{
			{Name: "could not be compared", Count: sum.NotCompared, Class: "lost"},
			{Name: "different", Count: sum.Different, Class: "fine"}, {Name: "equal", Count: sum.Equal, Class: "fine"},
			{Name: "equal under rules", Count: sum.UnderRules, Class: "fine"}, {Name: "missing in new", Count: sum.MissingNew, Class: "fine"},
			{Name: "missing in old", Count: sum.MissingOld, Class: "fine"},
		},
	}}
	for i, in := range []*Input{&r.old, &r.new} {
		var rows int64
		for k := range in.Manifest.Tables {
			rows += in.Manifest.Tables[k].Rows
		}
		accounts = append(accounts, comparison.Account{
			Name: "rows of " + [2]string{"old", "new"}[i], Total: rows, Buckets: []comparison.Bucket{{Name: "counted", Count: r.counted[i], Class: "fine"}},
		})
	}
	return accounts
}

func (r *run) allNotes() []string {
	var notes []string
	for i, in := range []*Input{&r.old, &r.new} {
		m := in.Manifest
		name := [2]string{"old", "new"}[i]
		if m.Point.Method != "" {
			notes = append(notes, fmt.Sprintf("%s: %s %s", name, m.Point.Method, m.Point.Position))
		}
		for _, c := range m.Point.Caveats {
			notes = append(notes, fmt.Sprintf("%s: not guaranteed: %s", name, c))
		}
		for k := range m.Tables {
			if p := m.Tables[k].Point; p != nil {
				notes = append(notes, fmt.Sprintf("%s: table %s is of a point of its own: %s %s", name, m.Tables[k].FullName(), p.Method, p.Position))
			}
		}
		notes = append(notes, m.Notes...)
	}
	for i := range r.o.Mapping.Len() {
		if k := r.names.ofMapping(i); !r.tally.Used(k) {
			notes = append(notes, r.names.Name(k)+" made nothing equal")
		}
	}
	return notes
}
