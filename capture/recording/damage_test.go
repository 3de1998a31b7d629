package recording

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"parallax/internal/store/faultfs"

	"parallax/internal/sealed"
)

func damageRows() []*Exchange {
	rng := rand.New(rand.NewPCG(1, 2))
	var list []*Exchange
	for i := range 12 {
		list = append(list, jsonExchange(rng, i, 300))
	}
	return list
}

// writeWith writes the rows with faults and returns the first error.
func writeWith(dir string, live bool, faults *faultfs.FS) error {
	o := Options{RowGroupBytes: 3000, PartBytes: 9000, files: faults}
	if live {
		l, err := CreateLive(dir, o)
		if err != nil {
			return err
		}
		for _, ex := range damageRows() {
			if err := l.Write(ex); err != nil {
				return errors.Join(err, l.Suspend())
			}
		}
		return l.Close(Closing{})
	}
	w, err := Create(dir, o)
	if err != nil {
		return err
	}
	for _, ex := range damageRows() {
		if err := w.Write(ex); err != nil {
			return errors.Join(err, w.Abort())
		}
	}
	return w.Close(Closing{})
}

// TestFailAtEveryStep: whichever single step of writing fails, there is an
// error or a recording that is whole; never half a recording that opens. Once
// the cause is gone the work can be done again or recovered.
func TestFailAtEveryStep(t *testing.T) {
	for _, live := range []bool{false, true} {
		for _, forever := range []bool{false, true} {
			for at := 1; ; at++ {
				faults := &faultfs.FS{At: at, Forever: forever, Err: syscall.ENOSPC, Unsynced: true}
				dir := filepath.Join(t.TempDir(), "rec")
				err := writeWith(dir, live, faults)
				hit := faults.Hit()
				if hit == "" {
					if err != nil || at < 20 {
						t.Fatalf("step %d: no fault, %v", at, err)
					}
					break
				}
				if err != nil && !errors.Is(err, syscall.ENOSPC) {
					t.Fatalf("%s: %v does not wrap the cause", hit, err)
				}
				checkAfterFault(t, dir, hit, live, err)
			}
		}
	}
}

func checkAfterFault(t *testing.T, dir, hit string, live bool, err error) {
	t.Helper()
	r, operr := Open(dir, OpenOptions{})
	if err == nil && operr != nil {
		t.Fatalf("%s: no error, and yet: %v", hit, operr)
	}
	if operr == nil {
		r.Close()
		if verr := Verify(dir); verr != nil {
			t.Fatalf("%s: it opens and is damaged: %v", hit, verr)
		}
		missing := int64(len(damageRows()) - len(readAll(t, dir, OpenOptions{}, Filter{})))
		m := r.Manifest()
		if said := m.Ledger.Account("journal").Sum(Lost); said != missing || missing > 0 && (err == nil || m.Interrupted == "") {
			t.Fatalf("%s: it opens and lacks %d rows, says %d and %q; %v", hit, missing, said, m.Interrupted, err)
		}
		return
	}
	if live {
		if rec, err := Recover(dir); err == nil {
			if n := int64(len(readAll(t, dir, OpenOptions{}, Filter{}))); n != rec.Exchanges || n > int64(len(damageRows())) {
				t.Fatalf("%s: recovered %d of %d", hit, n, rec.Exchanges)
			}
			return
		}
	}
	if err := writeWith(dir, live, &faultfs.FS{Unsynced: true}); err != nil {
		t.Fatalf("%s: again without faults: %v", hit, err)
	}
}

// smallRecording returns a recording's folder and its files.
func smallRecording(t *testing.T) (string, []string) {
	t.Helper()
	dir := t.TempDir()
	writeAll(t, dir, Options{files: unsynced{}}, damageRows())
	return dir, []string{"exchanges/part-00000.parquet", "exchanges/part-00000.chunks", ManifestName}
}

// damageTexts are the rows of damageRows as the journal has them, to the byte.
var damageTexts = sync.OnceValue(func() (texts []string) {
	for _, ex := range damageRows() {
		texts = append(texts, string(appendExchange(nil, ex)))
	}
	return texts
})

// checkDamaged reads a damaged folder: every row that is handed out before the
// error must be right.
func checkDamaged(t *testing.T, dir, what string) error {
	t.Helper()
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		return err
	}
	defer r.Close()
	want := damageTexts()
	n := 0
	for ex, err := range r.Exchanges(Filter{}) {
		if err != nil {
			return err
		}
		if n >= len(want) || string(appendExchange(nil, ex)) != want[n] {
			t.Fatalf("%s: row %d is silently wrong", what, n)
		}
		n++
	}
	if n != len(want) {
		t.Fatalf("%s: %d rows without an error", what, n)
	}
	return nil
}

func TestEveryTruncation(t *testing.T) {
	dir, files := smallRecording(t)
	for _, name := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		whole, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		step := 1
		if len(whole) > 4000 {
			step = 1 + len(whole)/4000
		}
		for n := 0; n < len(whole); n += step {
			if err := os.WriteFile(full, whole[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s cut to %d bytes", name, n)
			err := checkDamaged(t, dir, what)
			if err == nil {
				t.Fatalf("%s: no error", what)
			}
			if name != ManifestName && (!errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "truncated")) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		if err := os.WriteFile(full, append(whole[:len(whole):len(whole)], 'x'), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := checkDamaged(t, dir, name); err == nil || name != ManifestName && !strings.Contains(err.Error(), "trailing bytes") {
			t.Fatalf("%s with a byte more: %v", name, err)
		}
		if err := os.WriteFile(full, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Verify(dir); err != nil {
		t.Fatal(err)
	}
}

// TestBitFlips: a flipped bit is always an error, in parts, sidecars and
// manifest. (F9)
func TestBitFlips(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	dir, files := smallRecording(t)
	for _, name := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		whole, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		for range 400 {
			b := append([]byte(nil), whole...)
			at, bit := rng.IntN(len(b)), rng.IntN(8)
			b[at] ^= 1 << bit
			if err := os.WriteFile(full, b, 0o600); err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s: byte %d, bit %d", name, at, bit)
			if err := checkDamaged(t, dir, what); err == nil {
				t.Fatalf("%s: no error", what)
			}
			if err := Verify(dir); err == nil {
				t.Fatalf("%s: verify finds nothing", what)
			}
		}
		if err := os.WriteFile(full, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFlipsBehindTheDigest damages a part and makes the digests fit, as a
// hostile or broken writer would: the Parquet reader's panics become errors.
func TestFlipsBehindTheDigest(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	dir, _ := smallRecording(t)
	full := filepath.Join(dir, "exchanges", "part-00000.parquet")
	whole, err := os.ReadFile(full)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	failed := 0
	for range 300 {
		b := append([]byte(nil), whole...)
		b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
		if readUnchecked(r, b) != nil {
			failed++
		}
	}
	if failed < 100 {
		t.Fatalf("only %d of 300 were noticed: the case does not reach the reader", failed)
	}
}

// readUnchecked reads a part's bytes without digests and returns the error; it
// must not panic.
func readUnchecked(r *Reader, b []byte) error {
	p := &part{name: "part", bytes: sealed.NewReader("part", memory(b), sumsOf(b), chunkBytes)}
	entry := r.manifest.Files[0]
	entry.Size = int64(len(b))
	if err := p.open(&entry, r.cols); err != nil {
		return err
	}
	it := iteration{reader: r, memory: &rowMemory{}}
	for g := range p.file.RowGroups() {
		if err := it.group(p, g, r.cols, func(*Exchange, error) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

func TestVerifyNames(t *testing.T) {
	dir, _ := smallRecording(t)
	extra := filepath.Join(dir, "exchanges", "part-00009.parquet")
	if err := os.WriteFile(extra, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Verify(dir); err == nil || !strings.Contains(err.Error(), "part-00009") {
		t.Fatalf("unlisted part: %v", err)
	}
	open := t.TempDir()
	w, err := Create(open, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var l Ledger
	l.Account("packets").Total = 3
	l.Account("packets").Add("used", Fine, 2)
	if err := w.Close(Closing{Ledger: l}); err != nil {
		t.Fatal(err)
	}
	if err := Verify(open); !errors.Is(err, ErrLedger) || !strings.Contains(err.Error(), "packets") {
		t.Fatalf("residual: %v", err)
	}
}

func TestManifestRefusals(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"newer major": {`"major": 1`, `"major": 2`, "version 2."},
		"format":      {FormatName, "parallax-snapshot", "parallax-snapshot"},
		"count":       {`"exchanges": 12`, `"exchanges": 11`, "12 rows"},
		"escape":      {`"exchanges/part-00000.parquet"`, `"../part-00000.parquet"`, "leads out"},
		"kind":        {`"kind": "recording"`, `"kind": "tape"`, "tape"},
	} {
		dir, _ := smallRecording(t)
		full := filepath.Join(dir, ManifestName)
		b, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(b), c.from, c.to, 1)
		if changed == string(b) {
			t.Fatalf("%s: nothing to change", name)
		}
		if err := os.WriteFile(full, resealed(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = Open(dir, OpenOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) || name == "newer major" && !errors.Is(err, ErrVersion) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// resealed gives an edited manifest the digest that fits it, as one who means
// it would.
func resealed(manifest string) []byte {
	body, _, _ := strings.Cut(manifest, ",\n  \"check\"")
	return sealed.SealDocument([]byte(body + "\n}\n"))
}
