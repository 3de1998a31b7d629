package mapping

import (
	"sync"
	"testing"

	"parallax/capture/snapshot"
)

// TestJudgesAreShared asks one judge from several goroutines, for the race
// detector.
func TestJudgesAreShared(t *testing.T) {
	s := compile(t, `tables: [{old: t, columns: [{old: a, expr: "old * 0.5"}, {old: b, json: true}, {old: c, tolerance: 1%}, {new: d, expr: "row.a + 1"}]}]`)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range int64(50) {
				askAll(t, s, i)
			}
		})
	}
	wait.Wait()
}

func askAll(t *testing.T, s *Set, i int64) {
	double, half := snapshot.AppendInt(nil, 2*i), snapshot.AppendInt(nil, i)
	if ok, err := s.Judge("t", "a").Equal(snapshot.Number, double, snapshot.Number, half); !ok || err != nil {
		t.Error(i, err)
	}
	if ok, err := s.Judge("t", "b").Equal(snapshot.JSON, []byte(`{"a":1,"b":2}`), snapshot.JSON, []byte(`{"b":2.0,"a":1}`)); !ok || err != nil {
		t.Error(i, err)
	}
	if ok, err := s.Judge("t", "c").Equal(snapshot.Number, half, snapshot.Number, half); !ok || err != nil {
		t.Error(i, err)
	}
	class, c, err := s.Compute("t")[0].Value(func(string) (snapshot.Class, []byte) { return snapshot.Number, half })
	if next := snapshot.AppendInt(nil, i+1); err != nil || class != snapshot.Number || string(c) != string(next) {
		t.Error(i, err)
	}
}
