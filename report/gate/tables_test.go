package gate

import (
	"testing"
	"time"

	"parallax/diff/comparison"
)

func TestTables(t *testing.T) {
	equal := comparison.Subject{Name: "orders", Recorded: 10, Equal: 10}
	lacking := equal
	lacking.Groups = []comparison.Group{{Part: comparison.Column, Pattern: "vat", Kind: comparison.MissingInNew, Class: comparison.ColumnMissing, Severity: comparison.Error, Count: 1}}
	ledger := []comparison.NamedLedger{{Name: "comparison"}}
	waiver := Waiver{Owner: "ada", Reason: "gone on purpose", Route: "orders", Pattern: "vat", MaxCount: 1, Expires: "2999-01-01"}
	for _, c := range []struct {
		name       string
		subject    comparison.Subject
		proof      comparison.TableProof
		invariants []comparison.InvariantResult
		waivers    []Waiver
		want       Verdict
	}{
		{"equal", equal, comparison.TableProof{Reread: 3}, nil, nil, Pass},
		{"a column is missing, whatever share of rows is allowed", lacking, comparison.TableProof{}, nil, nil, Fail},
		{"a column is missing and waived", lacking, comparison.TableProof{}, nil, []Waiver{waiver}, Pass},
		{"an equal block was not", equal, comparison.TableProof{Reread: 3, RereadWrong: 1}, nil, nil, Unverified},
		{"an invariant is broken", equal, comparison.TableProof{}, []comparison.InvariantResult{{Name: "i", State: "broken"}}, nil, Fail},
		{"an invariant could not be verified", equal, comparison.TableProof{}, []comparison.InvariantResult{{Name: "i", State: "could not verify"}}, nil, Unverified},
		{"an invariant holds", equal, comparison.TableProof{}, []comparison.InvariantResult{{Name: "i", State: "holds"}}, nil, Pass},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &comparison.Summary{Subjects: []comparison.Subject{c.subject}, Tables: []comparison.TableProof{c.proof}, Invariants: c.invariants, Ledgers: ledger}
			half := Ratio{}
			if err := half.UnmarshalText([]byte("50%")); err != nil {
				t.Fatal(err)
			}
			p := Policy{}
			p.MaxMismatchShare = &half
			if got := Evaluate(s, p, c.waivers, time.Unix(0, 0)); got.Verdict != c.want {
				t.Errorf("%s, want %s: %+v", got.Verdict, c.want, got.Reasons)
			}
		})
	}
}
