package recording

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parallax/internal/store"
)

// small makes everything happen with few rows: several row groups, parts and,
// with a small buffer, segments.
func small(kind Kind) Options {
	o := Options{Kind: kind, Tool: "test", RowGroupBytes: 3000, PartBytes: 9000, Encoders: 2, files: unsynced{}}
	if kind == KindRun {
		o.Baseline = strings.Repeat("0", 64)
	}
	return o
}

func writeAll(t testing.TB, dir string, o Options, list []*Exchange) {
	t.Helper()
	w, err := Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, ex := range list {
		if err := w.Write(ex); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
}

// TestWriteRead: what is written is read, in order, and each is found by its ID.
func TestWriteRead(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom([]Kind{KindRecording, KindRun}).Draw(rt, "kind")
		list := drawExchanges(rt, kind, 20)
		dir, err := os.MkdirTemp(base, "rec")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		writeAll(t, dir, small(kind), list)
		want := slices.Clone(list)
		slices.SortFunc(want, compareRows)
		got := readAll(t, dir, OpenOptions{}, Filter{})
		if diff := sameExchanges(got, want); diff != "" {
			rt.Fatalf("read differs (-want +got):\n%s", diff)
		}
		r, err := Open(dir, OpenOptions{})
		if err != nil {
			rt.Fatal(err)
		}
		defer r.Close()
		for _, ex := range list {
			for _, id := range []ID{ex.ID, ex.Origin()} {
				got, err := r.Get(id)
				if err != nil {
					rt.Fatal(err)
				}
				if diff := sameExchanges([]*Exchange{got}, []*Exchange{ex}); diff != "" {
					rt.Fatalf("Get(%s) differs (-want +got):\n%s", id, diff)
				}
			}
		}
		if _, err := r.Get(MakeID(1<<50, "", 1)); !errors.Is(err, ErrNotFound) {
			rt.Fatalf("Get of none: %v", err)
		}
	})
}

// folderBytes returns the bytes of every file by name.
func folderBytes(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		out[strings.TrimPrefix(p, dir)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSameBytes: neither the order of Write, nor when Advance is called, nor
// the buffer, nor the number of encoders changes a byte.
func TestSameBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 400
	make := func() []*Exchange {
		rng := rand.New(rand.NewPCG(3, 4))
		list := []*Exchange{}
		for i := range n {
			list = append(list, jsonExchange(rng, i, 500+rng.IntN(2000)))
		}
		return list
	}
	var first map[string]string
	for round := range 6 {
		list := make()
		o := Options{Tool: "t", RowGroupBytes: 100 << 10, PartBytes: 400 << 10, Encoders: 1 + round%3, BufferBytes: 64 << 10}
		if round == 0 {
			o.BufferBytes = 0
		}
		perm := rng.Perm(n)
		if round == 5 { // nearly in order, with a watermark
			slices.Sort(perm)
			for i := 0; i+8 < n; i += 8 {
				perm[i], perm[i+7] = perm[i+7], perm[i]
			}
		}
		dir := t.TempDir()
		w, err := Create(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		for at, i := range perm {
			if err := w.Write(list[i]); err != nil {
				t.Fatal(err)
			}
			if round == 5 && at > 8 {
				if err := w.Advance(list[at-8].FirstAt()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if spilled := w.sorter.made > 0; spilled != (round > 0 && round < 5) {
			t.Fatalf("round %d: spilled %t", round, spilled)
		}
		if err := w.Close(Closing{}); err != nil {
			t.Fatal(err)
		}
		got := folderBytes(t, dir)
		if round == 0 {
			first = got
			if len(got) < 5 {
				t.Fatalf("only %d files: the case is too small", len(got))
			}
		}
		for name, b := range first {
			if got[name] != b {
				t.Fatalf("round %d: %s differs", round, name)
			}
		}
		if len(got) != len(first) {
			t.Fatalf("round %d: %d files, want %d", round, len(got), len(first))
		}
	}
}

// TestLevels: so many segments that they are merged level by level.
func TestLevels(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var list []*Exchange
	for i := range 1500 {
		list = append(list, jsonExchange(rng, i, 20_000))
	}
	shuffled := slices.Clone(list)
	rng.Shuffle(len(list), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	dir := t.TempDir()
	w, err := Create(dir, Options{BufferBytes: 64 << 10, RowGroupBytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, ex := range shuffled {
		if err := w.Write(ex); err != nil {
			t.Fatal(err)
		}
	}
	deep := 0
	for _, s := range w.sorter.segments {
		deep = max(deep, s.level)
	}
	if deep < 2 || len(w.sorter.segments) > 3*fanIn {
		t.Fatalf("%d segments, level %d", len(w.sorter.segments), deep)
	}
	if err := w.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, got := range readAll(t, dir, OpenOptions{}, Filter{}) {
		if got.ID != list[i].ID || !bytes.Equal(got.Response.Body.Bytes, list[i].Response.Body.Bytes) {
			t.Fatalf("row %d is %s, want %s", i, got.ID, list[i].ID)
		}
		i++
	}
	if i != len(list) {
		t.Fatalf("%d rows, want %d", i, len(list))
	}
	for name := range folderBytes(t, dir) {
		if strings.Contains(name, "spill") {
			t.Errorf("left behind: %s", name)
		}
	}
}

func TestLateAndWrong(t *testing.T) {
	w, err := Create(t.TempDir(), Options{BufferBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		ex := jsonExchange(rng, i, 4000)
		if err := w.Write(ex); err != nil {
			t.Fatal(err)
		}
		if err := w.Advance(ex.FirstAt() + 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Write(jsonExchange(rng, 1, 100)); !errors.Is(err, ErrLate) {
		t.Fatalf("late: %v", err)
	}
	for name, ex := range map[string]*Exchange{
		"bad id":    {ID: "x", Request: &Request{}},
		"empty":     {ID: MakeID(1<<60, "", 0)},
		"body":      {ID: MakeID(1<<60, "", 0), Request: &Request{Body: Body{State: BodyStored, Length: 3}}},
		"not a run": {ID: MakeID(1<<60, "", 0), Replays: MakeID(1, "", 0), Request: &Request{}},
	} {
		if err := w.Write(ex); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := w.Write(jsonExchange(rng, 200, 100)); err != nil {
		t.Fatalf("after refusals: %v", err)
	}
	if err := w.Write(jsonExchange(rng, 200, 100)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(Closing{}); err == nil || !strings.Contains(err.Error(), "does not come after") {
		t.Fatalf("two of one ID: %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	done := t.TempDir()
	writeAll(t, done, Options{}, []*Exchange{jsonExchange(rng, 1, 10)})
	if _, err := Create(done, Options{}); !errors.Is(err, ErrExists) {
		t.Fatalf("finished: %v", err)
	}
	foreign := t.TempDir()
	if err := os.MkdirAll(filepath.Join(foreign, "exchanges"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "exchanges", "part-00000.parquet"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(foreign, Options{}); !errors.Is(err, ErrExists) {
		t.Fatalf("foreign: %v", err)
	}
	open := t.TempDir()
	w, err := Create(open, small(KindRecording))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(open, Options{}); !errors.Is(err, store.ErrLocked) {
		t.Fatalf("open: %v", err)
	}
	for i := range 40 {
		if err := w.Write(jsonExchange(rng, i, 2000)); err != nil {
			t.Fatal(err)
		}
		_ = w.Advance(1 << 62)
	}
	if err := w.sorter.relieve(); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(open, OpenOptions{}); !errors.Is(err, ErrPartial) {
		t.Fatalf("aborted: %v", err)
	}
	if got := readAll(t, open, OpenOptions{Partial: true}, Filter{}); len(got) != 40 {
		t.Fatalf("partial: %d rows", len(got))
	}
	writeAll(t, open, small(KindRecording), []*Exchange{jsonExchange(rng, 1, 10)})
	if got := readAll(t, open, OpenOptions{}, Filter{}); len(got) != 1 {
		t.Fatalf("begun again: %d rows", len(got))
	}
}
