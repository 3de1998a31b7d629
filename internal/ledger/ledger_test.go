package ledger

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResidual(t *testing.T) {
	var l Ledger
	rows := l.Account("rows")
	rows.Total = 10
	rows.Add("read", Fine, 6)
	rows.Add("cut", Edge, 1)
	rows.Add("read", Fine, 2)
	if l.Closed() || rows.Residual() != 1 || rows.Sum(Fine) != 8 || rows.Sum(Lost) != 0 {
		t.Errorf("%+v", l)
	}
	rows.Add("lost", Lost, 2)
	if l.Closed() || rows.Residual() != -1 {
		t.Errorf("counted twice: %+v", l)
	}
	rows.Total++
	if !l.Closed() {
		t.Errorf("%+v", l)
	}
}

// A copy shares nothing, and says an empty list where there is none.
func TestCopy(t *testing.T) {
	l := Ledger{Accounts: []Account{{Name: "tables"}, {Name: "rows", Total: 1, Buckets: []Bucket{{"read", 1, Fine}}}}}
	out := l.Copy()
	l.Accounts[1].Buckets[0].Count = 2
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"name":"tables","total":0,"buckets":[]},{"name":"rows","total":1,"buckets":[{"name":"read","count":1,"class":"fine"}]}]`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	if text, _ := json.Marshal(new(Ledger).Copy()); string(text) != "[]" {
		t.Errorf("%s", text)
	}
}
