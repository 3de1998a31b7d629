package recording

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bigRows do not fit the chunks that a reader keeps.
func bigRows() []*Exchange {
	rng := rand.New(rand.NewPCG(4, 4))
	var list []*Exchange
	for i := range 24 {
		ex := jsonExchange(rng, i, 50)
		body := make([]byte, 1<<20)
		for at := range body {
			body[at] = byte(rng.Uint32())
		}
		ex.Response.Body = StoredBody(body)
		list = append(list, ex)
	}
	return list
}

// TestF7_ShrinkingFile: a part that is cut, overwritten or taken away while it is
// read is an error with its name; what was handed on before was right. (F7, F31)
func TestF7_ShrinkingFile(t *testing.T) {
	want := bigRows()
	for name, spoil := range map[string]func(path string) error{
		"cut":         func(path string) error { return os.Truncate(path, 2<<20) },
		"emptied":     func(path string) error { return os.Truncate(path, 0) },
		"overwritten": func(path string) error { return os.WriteFile(path, make([]byte, 30<<20), 0o600) },
	} {
		dir := t.TempDir()
		writeAll(t, dir, Options{RowGroupBytes: 1 << 20, files: unsynced{}}, want)
		r, err := Open(dir, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var failed error
		for ex, err := range r.Exchanges(Filter{}) {
			if err != nil {
				failed = err
				break
			}
			if ex.ID != want[n].ID || !bytes.Equal(ex.Response.Body.Bytes, want[n].Response.Body.Bytes) {
				t.Fatalf("%s: row %d is silently wrong", name, n)
			}
			if n++; n == 2 {
				if err := spoil(filepath.Join(dir, "exchanges", "part-00000.parquet")); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if failed == nil || !errors.Is(failed, ErrDamaged) || !strings.Contains(failed.Error(), "part-00000.parquet") {
			t.Errorf("%s: after %d rows: %v", name, n, failed)
		}
		t.Log(fmt.Sprint(name, ": ", n, " rows, then: ", failed))
	}
}
