package snapshot

import (
	"errors"
	"math/rand/v2"
	"testing"

	"parallax/internal/mutate"
)

// TestF9_MutatedSnapshots damages a snapshot in many ways, files taken from
// another one of the same shape among them: it is refused. (F8, F9, F31, T6)
func TestF9_MutatedSnapshots(t *testing.T) {
	dir, _, want := smallSnapshot(t)
	blocks := blocksOf(t, openTable(t, dir))
	table := smallTable()
	other := writeSnapshot(t, Options{BlockRows: 8, RowGroupBytes: 800, PartBytes: 1600, PageBytes: 100}, table, randomRows(6, &table, 60), 20)
	folder, err := mutate.Open(dir, other)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(20, 3))
	refused := 0
	for range mutate.Rounds(500, 10_000) {
		what, touched, err := folder.Damage(rng)
		if err != nil {
			t.Fatal(err)
		}
		if touched {
			if checkDamaged(t, dir, what, want, blocks) == nil {
				t.Fatalf("%s: read without an error", what)
			}
			if Verify(dir) == nil {
				t.Fatalf("%s: verify finds nothing", what)
			}
			refused++
		}
		if err := folder.Restore(); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(checkDamaged(t, dir, "restored", want, blocks), Verify(dir)); err != nil {
		t.Fatal(err)
	}
	t.Logf("seed 20: %d refused, 0 silently wrong", refused)
	if refused < 400 {
		t.Errorf("only %d were refused: the accidents do not reach the reader", refused)
	}
}
