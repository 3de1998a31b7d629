package comparison

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/internal/store"
)

func drawValue(t *rapid.T, name string) Value {
	if rapid.Bool().Draw(t, name+" is there") {
		return MakeValue(rapid.SampledFrom([]string{"number", "string", "bytes"}).Draw(t, name+" type"),
			string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, name))+strings.Repeat("é", rapid.SampledFrom([]int{0, 3000}).Draw(t, name+" length")))
	}
	return Value{}
}

func drawDifference(t *rapid.T) Difference {
	field := rapid.StringMatching(`(/[a-z*~]{0,4}){0,3}`).Draw(t, "field")
	return Difference{
		Subject: rapid.SampledFrom([]string{"GET /a", "GET /b", "orders"}).Draw(t, "subject"),
		Record:  rapid.StringMatching(`[0-9a-f]{16}`).Draw(t, "record"),
		Part:    rapid.SampledFrom([]Part{Status, Headers, Body, Row}).Draw(t, "part"),
		Field:   field, Pattern: field,
		Kind:     rapid.SampledFrom([]Kind{MissingInOld, MissingInNew, Changed, TypeChanged, NotCompared}).Draw(t, "kind"),
		Class:    rapid.SampledFrom([]string{"", "order"}).Draw(t, "class"),
		Severity: rapid.SampledFrom([]Severity{Error, Warning}).Draw(t, "severity"),
		Noise:    rapid.Bool().Draw(t, "noise"),
		Old:      drawValue(t, "old"), New: drawValue(t, "new"),
	}
}

func write(t testing.TB, dir string, list []Difference, s *Summary) {
	t.Helper()
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if err := w.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(s); err != nil {
		t.Fatal(err)
	}
}

func summaryOf(list []Difference) *Summary {
	tally := NewTally()
	for i := range list {
		tally.Difference(&list[i], 0)
	}
	return &Summary{Format: SummaryFormat, Version: 1, Tool: "test", Subjects: tally.Subjects(), Rules: []RuleCount{}, Ledgers: []NamedLedger{}}
}

func read(t testing.TB, dir string) (*Summary, []Difference) {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(); err != nil {
		t.Fatal(err)
	}
	var list []Difference
	for d, err := range r.Differences() {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, *d)
	}
	return r.Summary(), list
}

func TestWriteThenReadIsEqual(t *testing.T) {
	n, parent := 0, t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		var list []Difference
		for range rapid.IntRange(0, 5).Draw(rt, "n") {
			list = append(list, drawDifference(rt))
		}
		dir := filepath.Join(parent, fmt.Sprint(n))
		n++
		s := summaryOf(list)
		write(t, dir, list, s)
		gotSummary, got := read(t, dir)
		if diff := cmp.Diff(list, got); diff != "" {
			rt.Fatalf("differences (-want +got):\n%s", diff)
		}
		want, _ := json.Marshal(s)
		if text, _ := json.Marshal(gotSummary); !bytes.Equal(want, text) {
			rt.Fatalf("summary:\n%s\n%s", want, text)
		}
	})
}

func some(n int) []Difference {
	var list []Difference
	for i := range n {
		list = append(list, Difference{
			Subject: "GET /a", Record: fmt.Sprintf("%016x", i), Part: Body, Field: fmt.Sprintf("/items/%d", i), Pattern: "/items/*",
			Kind: Changed, Severity: Error, Old: MakeValue("number", fmt.Sprint(i)), New: MakeValue("string", "\"x\""),
		})
	}
	return list
}

func TestSameInputSameBytes(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	list := some(5000)
	write(t, a, list, summaryOf(list))
	write(t, b, list, summaryOf(list))
	x, errX := os.ReadFile(filepath.Join(a, ManifestName))
	y, errY := os.ReadFile(filepath.Join(b, ManifestName))
	if errX != nil || errY != nil || !bytes.Equal(x, y) {
		t.Errorf("manifests differ: %v %v\n%s\n%s", errX, errY, x, y)
	}
}

func TestNothingShowsBeforeClose(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cmp")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder stands before Close: %v", err)
	}
	if _, err := Create(dir); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second writer: %v", err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	left, _ := os.ReadDir(filepath.Dir(dir))
	if len(left) != 0 {
		t.Errorf("Abort leaves %v", left)
	}
	write(t, dir, some(3), summaryOf(nil))
	if _, err := Create(dir); !errors.Is(err, ErrExists) {
		t.Errorf("over a finished one: %v", err)
	}
	left, _ = os.ReadDir(filepath.Dir(dir))
	if len(left) != 1 {
		t.Errorf("Close leaves %v", left)
	}
}

func TestLeftoversOfAKilledWriterAreRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cmp")
	temp := filepath.Join(filepath.Dir(dir), ".cmp.unfinished")
	if err := os.MkdirAll(filepath.Join(temp, "examples", "old"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(temp, "differences-00000.parquet"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, dir, some(2), summaryOf(nil))
	if _, list := read(t, dir); len(list) != 2 {
		t.Errorf("%d differences", len(list))
	}
}

// TestDamageIsSeen cuts, lengthens and flips every file.
func TestDamageIsSeen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cmp")
	write(t, dir, some(50), summaryOf(some(50)))
	for _, name := range []string{SummaryName, "differences-00000.parquet"} {
		whole, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for what, b := range map[string][]byte{
			"cut": whole[:len(whole)-1], "longer": append(bytes.Clone(whole), 0), "flipped": flip(whole, len(whole)/2),
			"flipped at the end": flip(whole, len(whole)-10), "empty": {},
		} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
			err := readAll(dir)
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s %s: error %v", name, what, err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := readAll(dir); err != nil {
		t.Error(err)
	}
}

func flip(b []byte, at int) []byte {
	c := bytes.Clone(b)
	c[at] ^= 4
	return c
}

func readAll(dir string) error {
	r, err := Open(dir)
	if err != nil {
		return err
	}
	for _, err := range r.Differences() {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestNewerMajorIsRefusedByName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cmp")
	write(t, dir, nil, summaryOf(nil))
	name := filepath.Join(dir, ManifestName)
	b, _ := os.ReadFile(name)
	b = bytes.Replace(b, []byte(`"major": 1`), []byte(`"major": 7`), 1)
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "version 7.") {
		t.Errorf("error %v", err)
	}
}

func TestSpool(t *testing.T) {
	s, err := NewSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	list := some(1000)
	for i := range list {
		if err := s.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	var got []Difference
	for d, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *d)
	}
	if diff := cmp.Diff(list, got); diff != "" {
		t.Error(diff)
	}
	if err := s.Remove(); err != nil {
		t.Error(err)
	}
}

func TestAppendJSON(t *testing.T) {
	d := some(1)[0]
	d.New = Value{}
	got, err := AppendJSON([]byte("> "), &d)
	want := `> {"subject":"GET /a","record":"0000000000000000","part":"body","field":"/items/0","pattern":"/items/*",` +
		`"kind":"changed","class":"","severity":"error","noise":false,"old_type":"number","old":"0","old_length":null,"old_sha256":null,` +
		`"new_type":null,"new":null,"new_length":null,"new_sha256":null}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
}

// TestSamplesDoNotFollowOrder: any order of the records gives the same summary.
func TestSamplesDoNotFollowOrder(t *testing.T) {
	list := some(200)
	back := make([]Difference, 0, len(list))
	for i := range list {
		back = append(back, list[len(list)-1-i])
	}
	if diff := cmp.Diff(summaryOf(list), summaryOf(back)); diff != "" {
		t.Error(diff)
	}
	if n := len(summaryOf(list).Subjects[0].Groups[0].Samples); n != MaxSamples {
		t.Errorf("%d samples", n)
	}
	if first := summaryOf(list).Subjects[0].Groups[0].Samples[0].Record; first == list[0].Record {
		t.Error("the first record is the first sample: samples are not chosen by hash")
	}
}

func TestTallyIsBounded(t *testing.T) {
	tally := NewTally()
	const n = MaxSubjects + 500
	for i := range n {
		tally.Subject(fmt.Sprintf("GET /%d", i)).Equal++
	}
	var equal int64
	subjects := tally.Subjects()
	for i := range subjects {
		equal += subjects[i].Equal
	}
	if len(subjects) != MaxSubjects+1 || equal != n {
		t.Errorf("%d subjects, %d records", len(subjects), equal)
	}
	tally = NewTally()
	for i := range MaxGroups + 100 {
		d := Difference{Subject: "s", Record: fmt.Sprint(i), Part: Body, Pattern: fmt.Sprintf("/%d", i), Kind: Changed}
		tally.Difference(&d, 0)
	}
	groups := tally.Subjects()[0].Groups
	if len(groups) != MaxGroups+1 || groups[0].Pattern != OtherPatterns || groups[0].Records != 100 {
		t.Errorf("%d groups, first %+v", len(groups), groups[0])
	}
}

func TestHistogramsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := rapid.SliceOf(rapid.Int64Range(0, 1<<45)).Draw(t, "ns")
		var whole, a, b Histogram
		for i, d := range durations {
			whole.Add(d)
			if i%2 == 0 {
				a.Add(d)
			} else {
				b.Add(d)
			}
		}
		a.Merge(b)
		if diff := cmp.Diff(whole, a); diff != "" || whole.Count() != int64(len(durations)) {
			t.Fatalf("%d of %d\n%s", whole.Count(), len(durations), diff)
		}
	})
}

func TestQuantiles(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 {
		t.Error("of nothing")
	}
	for i := range int64(1000) {
		h.Add((i + 1) * 1_000_000)
	}
	for q, want := range map[float64]float64{0.5: 500_000, 0.95: 950_000, 0.99: 990_000, 1: 1_000_000, 0: 1000} {
		if got := float64(h.Quantile(q)); got < want || got > want*1.126 {
			t.Errorf("quantile %g: %g, want %g to 12.5 %% more", q, got, want)
		}
	}
}

func TestMakeValueCutsAtARune(t *testing.T) {
	v := MakeValue("text", strings.Repeat("a", MaxText-1)+"é!")
	if !v.Cut || len(v.Text) != MaxText-1 || v.Length != MaxText+2 {
		t.Errorf("%d bytes, %+v", len(v.Text), v.Length)
	}
	if v := MakeValue("text", strings.Repeat("a", MaxText)); v.Cut {
		t.Error("a text that fits is cut")
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":"parallax-comparison","version":{"major":1,"minor":0},"files":[]}`))
	f.Add([]byte(`{"format":"parallax-comparison","version":{"major":1},"files":[{"name":"../x","size":1}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := parseManifest(b); err == nil && m.Version.Major != FormatMajor {
			t.Errorf("accepted version %d", m.Version.Major)
		}
	})
}

// Bytes that are no text show length and hash; two of them must not look alike.
func TestSampleOfBytes(t *testing.T) {
	d := &Difference{
		Old: Value{Type: "bytes", Cut: true, Length: 4194304, SHA256: sha256.Sum256([]byte("a"))},
		New: Value{Type: "bytes", Cut: true, Length: 4194304, SHA256: sha256.Sum256([]byte("b"))},
	}
	want := Sample{
		OldType: "bytes", Old: "4194304 bytes, SHA-256 ca978112ca1bbdca…",
		NewType: "bytes", New: "4194304 bytes, SHA-256 3e23e8160039594a…",
	}
	if diff := cmp.Diff(want, SampleOf(d)); diff != "" {
		t.Error(diff)
	}
}
