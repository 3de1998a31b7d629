package diff

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/capture/recording"
	"parallax/diff/comparison"
)

// drawAnswer makes an answer of random headers, trailers and JSON.
func drawAnswer(t *rapid.T) answer {
	pair := rapid.Custom(func(t *rapid.T) [2]string {
		return [2]string{
			rapid.SampledFrom([]string{"A", "b", "Via", "Content-Length", "Date", "ETag"}).Draw(t, "name"),
			rapid.StringMatching(`[a-z0-9, ]{0,6}`).Draw(t, "value"),
		}
	})
	a := answer{
		Status:   rapid.SampledFrom([]int{200, 201, 404}).Draw(t, "status"),
		Headers:  rapid.SliceOfN(pair, 0, 4).Draw(t, "headers"),
		Trailers: rapid.SliceOfN(pair, 0, 1).Draw(t, "trailers"),
		Body: fmt.Sprintf(`{"id":%d,"list":[%s],"note":%q}`, rapid.IntRange(0, 3).Draw(t, "id"),
			strings.Join(rapid.SliceOfN(rapid.StringMatching(`[0-9]`), 0, 3).Draw(t, "list"), ","),
			rapid.StringMatching(`[a-z]{0,2}`).Draw(t, "note")),
	}
	for range rapid.IntRange(0, 2).Draw(t, "cookies") {
		a.Headers = append(a.Headers, [2]string{"Set-Cookie", rapid.StringMatching(`[ab]=[12](; (Path=/|Secure|path=/x)){0,2}`).Draw(t, "cookie")})
	}
	a.Headers = append(a.Headers, [2]string{"Content-Type", "application/json"})
	return a
}

// pairOf compares two answers, as two plain recordings.
func pairOf(t testing.TB, a, b answer) []comparison.Difference {
	_, found := compareAll(t,
		memory("old", recording.KindRecording, []*recording.Exchange{a.exchange(idOf(0), oldClock)}),
		memory("new", recording.KindRecording, []*recording.Exchange{b.exchange(idOf(0), oldClock)}), nil, nil)
	return found
}

func TestAnAnswerEqualsItself(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := drawAnswer(rt)
		if found := pairOf(t, a, a); len(found) != 0 {
			rt.Fatalf("%v", shown(found))
		}
	})
}

// mirrored swaps the sides of what is not a body, whose own test holds its mirror.
func mirrored(list []comparison.Difference) []comparison.Difference {
	var out []comparison.Difference
	for _, d := range list {
		if d.Part == comparison.Body {
			continue
		}
		d.Old, d.New = d.New, d.Old
		switch d.Kind {
		case comparison.MissingInOld:
			d.Kind = comparison.MissingInNew
		case comparison.MissingInNew:
			d.Kind = comparison.MissingInOld
		}
		out = append(out, d)
	}
	return out
}

func TestMirror(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawAnswer(rt), drawAnswer(rt)
		there, back := pairOf(t, a, b), pairOf(t, b, a)
		if diff := cmp.Diff(shown(mirrored(mirrored(there))), shown(mirrored(back))); diff != "" {
			rt.Fatalf("(-there +back)\n%s", diff)
		}
		if (len(there) == 0) != (len(back) == 0) {
			rt.Fatalf("%v\n%v", shown(there), shown(back))
		}
	})
}

func TestAPlantedChangeIsFoundOnce(t *testing.T) {
	for place, plant := range map[string]func(a *answer){
		"status ":                   func(a *answer) { a.Status = 418 },
		"header X-Planted":          func(a *answer) { a.Headers = append(a.Headers, [2]string{"X-Planted", "1"}) },
		"header Set-Cookie/planted": func(a *answer) { a.Headers = append(a.Headers, [2]string{"Set-Cookie", "planted=1"}) },
		"trailer X-Planted":         func(a *answer) { a.Trailers = append(a.Trailers, [2]string{"X-Planted", "1"}) },
		"body /planted":             func(a *answer) { a.Body = strings.TrimSuffix(a.Body, "}") + `,"planted":1}` },
	} {
		t.Run(place, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				a := drawAnswer(rt)
				b := a
				b.Headers, b.Trailers = append([][2]string(nil), a.Headers...), append([][2]string(nil), a.Trailers...)
				plant(&b)
				found := pairOf(t, a, b)
				if len(found) != 1 || string(found[0].Part)+" "+found[0].Field != place {
					rt.Fatalf("%v", shown(found))
				}
			})
		})
	}
}

// TestCountersClose feeds random ends, gaps and controls; compareAll checks sums.
func TestCountersClose(t *testing.T) {
	ends := []recording.End{recording.Answered, recording.Answered, recording.Filtered, recording.Blocked, recording.NotReached,
		recording.NotWhole, recording.Refused, recording.Reset, recording.Unknown, recording.ShortBody}
	reasons := []recording.Reason{"", "", "", recording.Gap, recording.ResponseAfterEnd, recording.NoAnswer}
	rapid.Check(t, func(rt *rapid.T) {
		side := func(name string, asRun bool) Input {
			n := 12
			list := made(n, oldClock, asRun, func(int) string {
				return fmt.Sprintf(`{"v":%d}`, rapid.IntRange(0, 2).Draw(rt, "v"))
			})
			var keep []*recording.Exchange
			for i, ex := range list {
				if i > 0 && rapid.IntRange(0, 9).Draw(rt, "left out") == 0 {
					continue
				}
				keep = append(keep, ex)
				if !asRun {
					if ex.Incomplete = rapid.SampledFrom(reasons).Draw(rt, "reason"); ex.Incomplete != "" {
						ex.Response = nil
					}
					continue
				}
				if ex.Outcome.End = rapid.SampledFrom(ends).Draw(rt, "end"); ex.Outcome.End != recording.Answered {
					ex.Response = nil
				}
			}
			if asRun {
				return memory(name, recording.KindRun, keep)
			}
			return memory(name, recording.KindRecording, keep)
		}
		var controls []Input
		for i := range rapid.IntRange(0, 2).Draw(rt, "controls") {
			controls = append(controls, side(fmt.Sprintf("control %d", i), true))
		}
		s, found := compareAll(t, side("old", false), side("new", true), controls, nil)
		var groups int64
		for i := range s.Subjects {
			for _, g := range s.Subjects[i].Groups {
				groups += g.Count
			}
		}
		if groups != int64(len(found)) {
			rt.Fatalf("%d differences in groups, %d written", groups, len(found))
		}
	})
}

// TestRunWritesTheFolder goes through real recordings, twice.
func TestRunWritesTheFolder(t *testing.T) {
	base := t.TempDir()
	old := writeRecording(t, filepath.Join(base, "old"), recording.Options{Tool: "test"}, made(300, oldClock, false, constant))
	changed := func(i int) string { return fmt.Sprintf(`{"a":%d}`, 1+i%2) }
	new := writeRecording(t, filepath.Join(base, "new"), recording.Options{Tool: "test", Kind: recording.KindRun, Baseline: old.Digest()},
		made(300, newClock, true, changed))
	var digests []string
	for _, name := range []string{"cmp", "again"} {
		dir := filepath.Join(base, name)
		if _, err := Run(t.Context(), dir, FromReader("old", old), FromReader("new", new), nil, Options{Tool: "test"}, old, new); err != nil {
			t.Fatal(err)
		}
		r, err := comparison.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Verify(); err != nil {
			t.Fatal(err)
		}
		digests = append(digests, r.Digest())
		if s := r.Summary().Subjects[0]; s.Equal != 150 || s.Different != 150 {
			t.Errorf("%+v", s)
		}
		checkExamples(t, r)
	}
	if digests[0] != digests[1] {
		t.Error("two comparisons of the same inputs have two digests")
	}
}

func writeRecording(t *testing.T, dir string, o recording.Options, list []*recording.Exchange) *recording.Reader {
	t.Helper()
	o.Redaction = recording.Redaction{Profile: "off"}
	w, err := recording.Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, ex := range list {
		if err := w.Write(ex); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(recording.Closing{}); err != nil {
		t.Fatal(err)
	}
	r, err := recording.Open(dir, recording.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// checkExamples: both sides of the first three samples of the one group are there.
func checkExamples(t *testing.T, r *comparison.Reader) {
	t.Helper()
	samples := r.Summary().Subjects[0].Groups[0].Samples
	for _, side := range []string{"old", "new"} {
		in, err := recording.Open(filepath.Join(r.ExamplesDir(), side), recording.OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if in.Manifest().Exchanges != examplesPerGroup {
			t.Errorf("%s: %d examples", side, in.Manifest().Exchanges)
		}
		for _, s := range samples[:examplesPerGroup] {
			if _, err := in.Get(recording.ID(s.Record)); err != nil {
				t.Errorf("%s: %v", side, err)
			}
		}
	}
}

// TestSummaryIsDeterministic: maps may not leak their order.
func TestSummaryIsDeterministic(t *testing.T) {
	var first []byte
	for range 5 {
		s, _ := compareAll(t, oldSide(100, noisy(func(int) int { return 0 })), run("new", 100, noisy(every(3, 1))),
			[]Input{run("control", 100, noisy(every(7, 1)))}, nil)
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = text
		}
		if string(first) != string(text) {
			t.Fatalf("\n%s\n%s", first, text)
		}
	}
}
