package recording

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"parallax/internal/mutate"
)

// mutationSeed begins the random accidents; it is printed with the figures.
const mutationSeed = 20

// TestF9_MutatedRecordings damages a recording of several parts in many ways: it
// is refused, or what is read is what was written, manifest and all. None is
// silently wrong. (F8, F9, F31, T6)
func TestF9_MutatedRecordings(t *testing.T) {
	dir, other := filepath.Join(t.TempDir(), "rec"), filepath.Join(t.TempDir(), "other")
	o := Options{RowGroupBytes: 1600, PartBytes: 6000, Info: map[string]string{"marker": "X-Run: 1"}, files: unsynced{}}
	writeAll(t, dir, o, damageRows())
	// The other one has the same rows but for one body.
	changed := damageRows()
	changed[5].Response.Body = StoredBody(bytes.Replace(changed[5].Response.Body.Bytes, []byte("item"), []byte("Item"), 1))
	writeAll(t, other, o, changed)
	folder, err := mutate.Open(dir, other)
	if err != nil {
		t.Fatal(err)
	}
	want := manifestText(t, dir)
	rng := rand.New(rand.NewPCG(mutationSeed, 1))
	refused, same, untouched := 0, 0, 0
	for range mutate.Rounds(500, 10_000) {
		what, touched, err := folder.Damage(rng)
		if err != nil {
			t.Fatal(err)
		}
		if touched {
			switch err := checkDamaged(t, dir, what); {
			case err != nil:
				refused++
			case manifestText(t, dir) != want:
				t.Fatalf("%s: the manifest is silently another", what)
			default:
				same++
			}
			if err := Verify(dir); err == nil {
				t.Fatalf("%s: verify finds nothing", what)
			}
		} else {
			untouched++
		}
		if err := folder.Restore(); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(checkDamaged(t, dir, "restored"), Verify(dir)); err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d: %d refused, %d read as they were written, 0 silently wrong, %d changed nothing", mutationSeed, refused, same, untouched)
	if refused < 400 {
		t.Errorf("only %d were refused: the accidents do not reach the reader", refused)
	}
}

func manifestText(t *testing.T, dir string) string {
	t.Helper()
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		return err.Error()
	}
	defer r.Close()
	b, err := r.Manifest().encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
