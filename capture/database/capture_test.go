package database

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/snapshot"
)

// closes checks that the ledger explains everything, and returns it as text.
func closes(t *testing.T, l snapshot.Ledger) string {
	t.Helper()
	var out []string
	for _, a := range l.Accounts {
		if a.Residual() != 0 {
			t.Errorf("account %s does not close: %+v", a.Name, a)
		}
		for _, b := range a.Buckets {
			out = append(out, fmt.Sprintf("%s %s %d %s", a.Name, b.Name, b.Count, b.Class))
		}
	}
	return strings.Join(out, "; ")
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func TestCaptureMovesEveryTable(t *testing.T) {
	src, sink := newFake(3, "a", "b", "c", "d"), newSink()
	src.change = map[string]string{"b": "its columns changed"}
	var ended int
	res, err := Capture(t.Context(), src, sink, CaptureOptions{Options: Options{Connections: 3},
		Skip:     func(t *snapshot.Table) bool { return t.Name == "c" },
		Progress: func(p Progress) { ended = p.Tables }})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "ledger", closes(t, res.Ledger), "tables captured 2 fine; tables invalid 1 lost; tables skipped by choice 1 fine; rows written 90 fine")
	if diff := cmp.Diff(map[string]int{"a": 30, "b": 30, "d": 30}, sink.rows); diff != "" {
		t.Error(diff)
	}
	if sink.closed["b"].Invalid == "" || sink.closed["a"].Invalid != "" || sink.closed["a"].Notes["batches"] != 3 || ended != 3 {
		t.Errorf("%+v, %d ended", sink.closed, ended)
	}
}

func TestTablesOpenInPlanOrder(t *testing.T) {
	src, sink := newFake(1, "a", "b", "c", "d", "e", "f"), newSink()
	if _, err := Capture(t.Context(), src, sink, CaptureOptions{Options: Options{Connections: 4}}); err != nil {
		t.Fatal(err)
	}
	want(t, "order", strings.Join(sink.order, ""), "abcdef")
}

func TestABrokenReadIsReadAgain(t *testing.T) {
	src, sink := newFake(3, "a", "b"), newSink()
	breaks := 2
	src.before = func(_ context.Context, table string, batch int) error {
		if table == "a" && batch == 2 && breaks > 0 {
			breaks--
			return fmt.Errorf("fake: %w", ErrReadBroken)
		}
		return nil
	}
	res, err := Capture(t.Context(), src, sink, CaptureOptions{})
	if err != nil || sink.rows["a"] != 30 || sink.closed["a"].Notes["batches"] != 3 {
		t.Fatalf("%v, %+v", err, sink.closed)
	}
	want(t, "ledger", closes(t, res.Ledger), "tables captured 2 fine; rows dropped, then read again 40 fine; rows written 60 fine")
}

func TestATableThatCannotBeReadIsLeftOut(t *testing.T) {
	for name, failure := range map[string]error{
		"broken for good": ErrReadBroken, "failed": errors.New("permission denied"), "failed by name": errors.New("table a: permission denied"),
	} {
		src, sink := newFake(3, "a", "b"), newSink()
		src.before = func(_ context.Context, table string, batch int) error {
			if table == "a" && batch == 2 {
				return failure
			}
			return nil
		}
		res, err := Capture(t.Context(), src, sink, CaptureOptions{Tries: 1})
		if !errors.Is(err, ErrIncomplete) || !errors.Is(err, failure) || strings.Count(err.Error(), "table a") != 1 {
			t.Errorf("%s: %v", name, err)
		}
		want(t, name, closes(t, res.Ledger), "tables captured 1 fine; tables failed 1 lost; rows dropped 20 lost; rows written 30 fine")
	}
}

func TestALostPointEndsTheCapture(t *testing.T) {
	for _, mixed := range []bool{false, true} {
		src, sink := newFake(2, "a", "b", "c"), newSink()
		src.before = func(_ context.Context, table string, batch int) error {
			if table == "b" && batch == 1 {
				return fmt.Errorf("connection reset: %w", ErrPointLost)
			}
			return nil
		}
		res, err := Capture(t.Context(), src, sink, CaptureOptions{AllowMixedPoints: mixed})
		if !errors.Is(err, ErrPointLost) || !strings.Contains(err.Error(), "\nhint: ") {
			t.Errorf("%v", err)
		}
		want(t, "ledger", closes(t, res.Ledger), "tables captured 1 fine; tables failed 1 lost; tables not reached 1 lost; rows dropped 10 lost; rows written 20 fine")
		if (sink.closed["a"].Point != nil) != mixed {
			t.Errorf("mixed %v: point %+v", mixed, sink.closed["a"].Point)
		}
		src.before = nil
		finished := func(t *snapshot.Table) bool { return t.Name == "a" }
		if _, err := Capture(t.Context(), src, sink, CaptureOptions{AllowMixedPoints: mixed, Skip: finished}); err != nil || len(sink.rows) != 3 {
			t.Errorf("the rest: %v, %v", err, sink.rows)
		}
	}
}

func TestSinkAndStageEndTheCapture(t *testing.T) {
	full := errors.New("no space left")
	src, sink := newFake(2, "a", "b"), newSink()
	sink.write = func(string) error { return full }
	if res, err := Capture(t.Context(), src, sink, CaptureOptions{}); !errors.Is(err, full) || len(sink.rows) != 0 {
		t.Errorf("%v", err)
	} else {
		closes(t, res.Ledger)
	}
	sink.write = nil
	o := CaptureOptions{Stage: func(*snapshot.Table, *snapshot.Batch) error { return full }}
	if _, err := Capture(t.Context(), src, sink, o); !errors.Is(err, full) || len(sink.rows) != 0 {
		t.Errorf("%v", err)
	}
	o.Stage = func(_ *snapshot.Table, b *snapshot.Batch) error { b.Columns[0].Data[0]++; return nil }
	if _, err := Capture(t.Context(), src, sink, o); err != nil || len(sink.rows) != 2 {
		t.Errorf("%v, %v", err, sink.rows)
	}
}

func TestCancelKeepsFinishedTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		src, sink := newFake(2, "a", "b", "c"), newSink()
		src.before = func(ctx context.Context, table string, _ int) error {
			if table == "a" {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}
		time.AfterFunc(time.Minute, cancel)
		res, err := Capture(ctx, src, sink, CaptureOptions{})
		if !errors.Is(err, context.Canceled) || sink.rows["a"] != 20 || len(sink.rows) != 1 {
			t.Errorf("%v, %v", err, sink.rows)
		}
		want(t, "ledger", closes(t, res.Ledger), "tables captured 1 fine; tables failed 1 lost; tables not reached 1 lost; rows written 20 fine")
	})
}

func TestPlan(t *testing.T) {
	twice := newFake(1, "a", "a")
	noColumn := newFake(1, "a")
	noColumn.tables[0].Key = []string{"other"}
	keyTwice := newFake(1, "a")
	keyTwice.tables[0].Key = []string{"id", "id"}
	none := newFake(1, "a", "bare")
	none.tables[1].Columns, none.tables[1].Key = nil, nil
	for name, c := range map[string]struct {
		src  *fakeSource
		o    Options
		want string
	}{
		"key twice":  {keyTwice, Options{}, "names a column twice"},
		"no columns": {none, Options{}, "table bare has no columns"},
		"twice":      {twice, Options{}, `"a"`},
		"key":        {newFake(1, "a"), Options{Keys: map[string][]string{"nope": {"id"}}}, `"nope"`},
		"any key":    {newFake(1, "a"), Options{Keys: map[string][]string{"*": {"id"}, "a": {"id"}}}, ""},
		"include":    {newFake(1, "a"), Options{Include: []string{"a", "x*"}}, `"x*"`},
		"no column":  {noColumn, Options{}, `"other"`},
	} {
		_, err := Capture(t.Context(), c.src, newSink(), CaptureOptions{Options: c.o})
		if (err == nil) != (c.want == "") || err != nil && (!errors.Is(err, ErrPlan) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Capture(t.Context(), newFake(1), newSink(), CaptureOptions{MaxLag: 1}); !errors.Is(err, ErrPlan) {
		t.Errorf("a limit that nobody can check: %v", err)
	}
}

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		pattern, schema, name string
		want                  bool
	}{
		{"orders", "shop", "orders", true}, {"shop.orders", "shop", "orders", true}, {"shop.*", "shop", "orders", true},
		{"shop.*", "", "orders", false}, {"*", "", "", true}, {"o*r*s", "", "orders", true}, {"o*rs*rs", "", "orders", false},
		{"ab*ba", "", "aba", false}, {"*.orders", "", "orders", false}, {"", "", "orders", false}, {"Orders", "", "orders", false},
	} {
		if got := matchName(c.pattern, c.schema, c.name); got != c.want {
			t.Errorf("%q of %q.%q: %v", c.pattern, c.schema, c.name, got)
		}
	}
}
