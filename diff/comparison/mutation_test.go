package comparison

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"parallax/internal/mutate"
)

// mutationSeed begins the random accidents; it is printed with the figures.
const mutationSeed = 20

// writeWithExamples writes a comparison with files that its caller made.
func writeWithExamples(t *testing.T, dir string, list []Difference, example string) {
	t.Helper()
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(w.ExamplesDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.ExamplesDir(), "one"), []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if err := w.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(summaryOf(list)); err != nil {
		t.Fatal(err)
	}
}

// TestF9_MutatedComparisons damages a comparison in many ways: whatever a report,
// a gate or a query is given is what was written, or an error. (F8, F9, T6)
func TestF9_MutatedComparisons(t *testing.T) {
	dir, other := filepath.Join(t.TempDir(), "cmp"), filepath.Join(t.TempDir(), "other")
	list := some(30)
	writeWithExamples(t, dir, list, "an example")
	writeWithExamples(t, other, some(29), "another example")
	folder, err := mutate.Open(dir, other)
	if err != nil {
		t.Fatal(err)
	}
	summary, err := json.Marshal(summaryOf(list))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(mutationSeed, 2))
	figures := map[string]int{}
	for range mutate.Rounds(500, 10_000) {
		what, touched, err := folder.Damage(rng)
		if err != nil {
			t.Fatal(err)
		}
		if touched {
			figures[readDamaged(t, dir, what, summary, list)]++
		}
		if err := folder.Restore(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d: %v, 0 silently wrong", mutationSeed, figures)
	if figures["refused"] < 200 || figures["differences refused"] == 0 {
		t.Error("the accidents do not reach the reader")
	}
}

// readDamaged reads all there is and says how far it came.
func readDamaged(t *testing.T, dir, what string, summary []byte, list []Difference) string {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		return "refused"
	}
	if r.Verify() == nil {
		t.Fatalf("%s: verify finds nothing", what)
	}
	if got, err := json.Marshal(r.Summary()); err != nil || !bytes.Equal(got, summary) {
		t.Fatalf("%s: the summary is silently another (%v)", what, err)
	}
	n := 0
	for d, err := range r.Differences() {
		if err != nil {
			return "differences refused"
		}
		if n >= len(list) || *d != list[n] {
			t.Fatalf("%s: difference %d is silently another", what, n)
		}
		n++
	}
	if n != len(list) {
		t.Fatalf("%s: %d differences without an error", what, n)
	}
	return "read as it was written"
}
