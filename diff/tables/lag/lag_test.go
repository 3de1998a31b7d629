package lag

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/diff/comparison"
)

// differences reads "table record field", "-" being the whole row.
func differences(lines ...string) iter.Seq2[*comparison.Difference, error] {
	return func(yield func(*comparison.Difference, error) bool) {
		for _, line := range lines {
			f := strings.Fields(line)
			d := &comparison.Difference{Subject: f[0], Record: f[1], Part: comparison.Column, Field: f[2], Kind: comparison.Changed}
			if f[2] == "-" {
				d.Part, d.Field, d.Kind = comparison.Row, "", comparison.MissingInNew
			}
			if len(f) > 3 {
				d.New = comparison.MakeValue("text", f[3])
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

func classify(t interface{ Fatal(...any) }, places int, first, second []string) ([]string, Counts) {
	var got []string
	counts, err := Classifier{MaxPlaces: places}.Classify(differences(first...), differences(second...),
		func(k Kind, d *comparison.Difference) error {
			got = append(got, fmt.Sprintf("%s %s %s %s", k, d.Subject, d.Record, d.Field))
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return got, counts
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second []string
		want          []string
	}{
		{"nothing", nil, nil, nil},
		{"caught up", []string{"t 1 a"}, nil, []string{"lag t 1 a"}},
		{"stayed", []string{"t 1 a"}, []string{"t 1 a"}, []string{"divergence t 1 a"}},
		{"stayed with another value", []string{"t 1 a x"}, []string{"t 1 a y"}, []string{"divergence t 1 a"}},
		{"new", nil, []string{"t 1 a"}, []string{"new t 1 a"}},
		{"another column of the record", []string{"t 1 a"}, []string{"t 1 b"}, []string{"new t 1 b", "lag t 1 a"}},
		{"the same key of another table", []string{"t 1 a"}, []string{"u 1 a"}, []string{"new u 1 a", "lag t 1 a"}},
		{"not in the order of texts", []string{"t 9 a", "t 10 a"}, []string{"t 10 a"}, []string{"divergence t 10 a", "lag t 9 a"}},
		{"a missing row that came", []string{"t 1 -"}, nil, []string{"lag t 1 "}},
		{"a missing row that came wrong", []string{"t 1 -"}, []string{"t 1 a"}, []string{"divergence t 1 a"}},
		{"a wrong row that went", []string{"t 1 a", "t 1 b"}, []string{"t 1 -"}, []string{"divergence t 1 "}},
		{"rows without a key, one fewer", []string{"t x -", "t x -"}, []string{"t x -"}, []string{"divergence t x ", "lag t x "}},
		{"rows without a key, one more", []string{"t x -"}, []string{"t x -", "t x -"}, []string{"divergence t x ", "new t x "}},
	} {
		got, _ := classify(t, 0, c.first, c.second)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestCountsByTable(t *testing.T) {
	_, got := classify(t, 1, []string{"b 1 x", "a 1 x", "a 2 x"}, []string{"a 2 x", "c 1 x"})
	want := Counts{Total: Count{2, 1, 1}, Tables: []Table{
		{"a", Count{1, 1, 0}}, {"b", Count{1, 0, 0}}, {"c", Count{0, 0, 1}},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestPartsSayTheSame: however few places are in memory, each difference gets the
// same kind, the records' differences stay together, and none is lost.
func TestPartsSayTheSame(t *testing.T) {
	line := rapid.StringMatching(`[tu] [1-4] [ab-]`)
	rapid.Check(t, func(t *rapid.T) {
		first, second := rapid.SliceOf(line).Draw(t, "first"), rapid.SliceOf(line).Draw(t, "second")
		all, counts := classify(t, 0, first, second)
		few, fewCounts := classify(t, 1, first, second)
		slices.Sort(all)
		slices.Sort(few)
		if d := cmp.Diff(all, few) + cmp.Diff(counts, fewCounts); d != "" {
			t.Error(d)
		}
		if n := counts.Total.Divergence + counts.Total.New; n != int64(len(second)) {
			t.Errorf("%d of the second one's %d", n, len(second))
		}
		same, sameCounts := classify(t, 0, first, first)
		if sameCounts.Total.Divergence != int64(len(first)) || len(same) != len(first) {
			t.Errorf("a comparison against itself: %+v", sameCounts)
		}
	})
}

func TestErrorsSayWhichComparison(t *testing.T) {
	damaged := errors.New("damaged")
	broken := func(yield func(*comparison.Difference, error) bool) { yield(nil, damaged) }
	nothing := func(Kind, *comparison.Difference) error { return nil }
	if _, err := Classify(broken, differences(), nothing); !errors.Is(err, damaged) || !strings.Contains(err.Error(), "first comparison") {
		t.Error(err)
	}
	if _, err := Classify(differences(), broken, nothing); !errors.Is(err, damaged) || !strings.Contains(err.Error(), "second comparison") {
		t.Error(err)
	}
	stop := errors.New("stop")
	if _, err := Classify(differences("t 1 a"), differences(), func(Kind, *comparison.Difference) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	times := 0
	once := func(yield func(*comparison.Difference, error) bool) {
		if times++; times == 1 {
			differences("t 1 a")(yield)
		}
	}
	if _, err := Classify(once, differences(), nothing); err == nil || !strings.Contains(err.Error(), "read before") {
		t.Errorf("a sequence that gives its differences once: %v", err)
	}
}

func TestBound(t *testing.T) {
	second := int64(time.Second)
	for _, c := range []struct {
		p    Points
		want string
	}{
		{Points{10 * second, 11 * second, 70 * second, 72 * second}, "1m1s"},
		{Points{10 * second, 0, 70 * second, 72 * second}, ErrNoTime.Error()},
		{Points{10 * second, 72 * second, 70 * second, 72 * second}, "the new side's second snapshot is of 1970-01-01T00:01:12Z"},
		{Points{71 * second, 11 * second, 70 * second, 72 * second}, "the old side's second snapshot"},
	} {
		d, err := c.p.Bound()
		got := d.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v: got %s, want %s", c.p, got, c.want)
		}
	}
}
