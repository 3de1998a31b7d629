package snapshot

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parallax/internal/mutate"
	"parallax/internal/sealed"
)

// smallTable keeps what is read again and again short.
func smallTable() Table {
	return Table{Name: "small", From: "table", Key: []string{"id"}, KeyFrom: "primary key", Columns: []Column{
		{Name: "id", Class: Number, Bits: 64}, {Name: "text", Class: Text},
		{Name: "amount", Class: Number, Precision: 9, Scale: 2, Mixed: true}, {Name: "at", Class: Instant, Precision: 6},
	}}
}

func smallRows(n int) []testRow {
	table := smallTable()
	return randomRows(5, &table, n)
}

// smallSnapshot returns a snapshot's folder, its files and its rows in order.
func smallSnapshot(t testing.TB) (string, []string, []testRow) {
	t.Helper()
	table := smallTable()
	rows := smallRows(60)
	dir := writeSnapshot(t, Options{BlockRows: 8, RowGroupBytes: 800, PartBytes: 1600, PageBytes: 100}, table, rows, 20)
	return dir, []string{
		"tables/t-0001/part-00001.parquet", "tables/t-0001/part-00001.chunks",
		"tables/t-0001/index.parquet", "tables/t-0001/index.chunks", ManifestName,
	}, inOrder(&table, rows)
}

// checkDamaged reads a damaged folder: every row and every block that is handed
// out before the error must be right.
func checkDamaged(t *testing.T, dir, what string, want []testRow, blocks []Block) error {
	t.Helper()
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		return err
	}
	defer r.Close()
	table, err := r.Table(0)
	if err != nil {
		return err
	}
	got, err := allRows(table)
	if d := firstDifference(&table.entry.Table, got, want[:min(len(got), len(want))]); d != "" {
		t.Fatalf("%s: silently wrong: %s", what, d)
	}
	if err == nil && len(got) != len(want) {
		t.Fatalf("%s: %d rows without an error", what, len(got))
	}
	n := 0
	berr := table.Blocks(func(b *Block) error {
		if w := blocks[n]; b.First != w.First || b.Rows != w.Rows || string(b.LastKey) != string(w.LastKey) || b.Keys != w.Keys || !slices.Equal(b.Columns, w.Columns) {
			t.Fatalf("%s: block %d is silently wrong", what, n)
		}
		n++
		return nil
	})
	return errors.Join(err, berr)
}

func TestEveryTruncation(t *testing.T) {
	dir, files, want := smallSnapshot(t)
	blocks := blocksOf(t, openTable(t, dir))
	for _, name := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		whole, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		step := 1
		if name == ManifestName {
			step = nightly(7, 1)
		}
		for n := 0; n < len(whole); n += step {
			if err := os.Truncate(full, int64(len(whole)-1-n)); err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s cut to %d bytes", name, len(whole)-1-n)
			err := checkDamaged(t, dir, what, want, blocks)
			if err == nil {
				t.Fatalf("%s: no error", what)
			}
			if name != ManifestName && (!errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "truncated")) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		write(t, full, append(whole[:len(whole):len(whole)], 'x'))
		if err := checkDamaged(t, dir, name, want, blocks); err == nil || name != ManifestName && !strings.Contains(err.Error(), "trailing bytes") {
			t.Fatalf("%s with a byte more: %v", name, err)
		}
		write(t, full, whole)
	}
	if err := Verify(dir); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// nightly returns the number of rounds: few, or many where PARALLAX_NIGHTLY is
// set.
func nightly(few, many int) int { return mutate.Rounds(few, many) }

func mutated(r *rand.Rand, b []byte) []byte {
	out, _ := mutate.Bytes(r, b)
	return out
}

// TestMutations: a changed file is an error, be it part, index, sidecar or
// manifest. (F9)
func TestMutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	dir, files, want := smallSnapshot(t)
	blocks := blocksOf(t, openTable(t, dir))
	for _, name := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		whole, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		for range nightly(200, 2000) {
			b, how := mutate.Bytes(rng, whole)
			if slices.Equal(b, whole) {
				continue
			}
			write(t, full, b)
			what := name + ": " + how
			if err := checkDamaged(t, dir, what, want, blocks); err == nil || name != ManifestName && !errors.Is(err, ErrDamaged) {
				t.Fatalf("%s: %v", what, err)
			}
			if err := Verify(dir); err == nil {
				t.Fatalf("%s: verify finds nothing", what)
			}
		}
		write(t, full, whole)
	}
}

func TestVerifyNames(t *testing.T) {
	dir, _, _ := smallSnapshot(t)
	if err := Verify(dir); err != nil {
		t.Fatal(err)
	}
	extra := filepath.Join(dir, "tables", "t-0001", "part-00009.parquet")
	write(t, extra, []byte("x"))
	if err := Verify(dir); err == nil || !strings.Contains(err.Error(), "part-00009") {
		t.Fatalf("unlisted part: %v", err)
	}
	open := t.TempDir()
	w, err := Create(open, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ledger := Ledger{Accounts: []Account{{Name: "tables", Total: 3, Buckets: []Bucket{{Name: "captured", Count: 2, Class: "fine"}}}}}
	if err := w.Close(Closing{Ledger: ledger}); err != nil {
		t.Fatal(err)
	}
	if err := Verify(open); !errors.Is(err, ErrLedger) || !strings.Contains(err.Error(), "tables") {
		t.Fatalf("residual: %v", err)
	}
}

func TestManifestRefusals(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"newer major": {`"major": 1`, `"major": 2`, "version 2."},
		"format":      {FormatName, "parallax-recording", "parallax-recording"},
		"rows":        {`"rows": 60`, `"rows": 61`, "61 rows"},
		"escape":      {`"tables/t-0001/part-00001.parquet"`, `"../part-00001.parquet"`, "leads out"},
		"twice":       {`"tables/t-0001/index.parquet"`, `"tables/t-0001/part-00001.parquet"`, "twice"},
		"class":       {`"class": "instant"`, `"class": "moment"`, "moment"},
		"key":         {"\"key\": [\n        \"id\"", "\"key\": [\n        \"no\"", `"no"`},
		"chunks":      {`"chunk_bytes": 16384`, `"chunk_bytes": 1`, "chunks of 1 bytes"},
	} {
		dir, _, _ := smallSnapshot(t)
		full := filepath.Join(dir, ManifestName)
		b, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(b), c.from, c.to, 1)
		if changed == string(b) {
			t.Fatalf("%s: nothing to change in %s", name, b)
		}
		write(t, full, resealed(changed))
		_, err = Open(dir, OpenOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) || name == "newer major" && !errors.Is(err, ErrVersion) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTypesAreProved: a manifest that reads the same bytes as other values does
// not open the part.
func TestTypesAreProved(t *testing.T) {
	for from, to := range map[string]string{`"scale": 2`: `"scale": 3`, `"class": "instant"`: `"class": "wall time"`, `"precision": 9`: `"precision": 8`} {
		dir, _, _ := smallSnapshot(t)
		full := filepath.Join(dir, ManifestName)
		b, _ := os.ReadFile(full)
		write(t, full, resealed(strings.Replace(string(b), from, to, 1)))
		if _, err := allRows(openTable(t, dir)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s for %s: %v", to, from, err)
		}
	}
}

// resealed gives an edited manifest the digest that fits it, as one who means
// it would.
func resealed(manifest string) []byte {
	body, _, _ := strings.Cut(manifest, ",\n  \"check\"")
	return sealed.SealDocument([]byte(body + "\n}\n"))
}
