package snapshot

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"parallax/internal/pagefile"
	"parallax/internal/sealed"
)

// memory is a file in memory.
type memory []byte

func (m memory) Close() error { return nil }
func (m memory) Size() int64  { return int64(len(m)) }
func (m memory) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(m).ReadAt(p, off)
}

// sealedMemory makes the digests fit the bytes, as a hostile or broken writer
// would.
func sealedMemory(b []byte) *sealed.Reader {
	var sums []byte
	for rest := b; len(rest) > 0; {
		n := min(len(rest), chunkBytes)
		sum := sha256.Sum256(rest[:n])
		sums, rest = append(sums, sum[:]...), rest[n:]
	}
	return sealed.NewReader("file", memory(b), sums, chunkBytes)
}

// readRows reads a part's bytes; whatever they are it must not panic.
func readRows(b []byte) (int64, error) {
	table := smallTable()
	l := newLayout(table.Columns)
	file, err := pagefile.Open(sealedMemory(b), int64(len(b)), l.leaves, new(pagefile.Codec))
	if err != nil {
		return 0, err
	}
	batch := NewBatch(table.Columns)
	for i := range l.fields {
		if err := newColumnReader(&l.fields[i], file).read(&batch.Columns[i], 0, file.Rows()); err != nil {
			return 0, err
		}
	}
	return file.Rows(), nil
}

func readIndex(b []byte) error {
	table := smallTable()
	file, err := pagefile.Open(sealedMemory(b), int64(len(b)), indexLeaves(table.Columns), new(pagefile.Codec))
	if err != nil {
		return err
	}
	k := newBlocks(file, len(table.Columns), 60)
	for i := range file.Rows() {
		if err := k.next(i); err != nil {
			return err
		}
	}
	return nil
}

func smallFile(t testing.TB, name string) []byte {
	t.Helper()
	dir, _, _ := smallSnapshot(t)
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil || len(b) == 0 {
		t.Fatalf("no seed: %v", err)
	}
	return b
}

// TestFlipsBehindTheDigest damages files and makes the digests fit: the Parquet
// code's panics become errors.
func TestFlipsBehindTheDigest(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	part, index := smallFile(t, "tables/t-0001/part-00000.parquet"), smallFile(t, "tables/t-0001/index.parquet")
	if n, err := readRows(part); err != nil || n == 0 {
		t.Fatalf("%d rows, %v", n, err)
	}
	if err := readIndex(index); err != nil {
		t.Fatal(err)
	}
	failed := 0
	rounds := nightly(1000, 20000)
	for range rounds {
		if _, err := readRows(mutated(rng, part)); err != nil {
			failed++
		}
		if readIndex(mutated(rng, index)) != nil {
			failed++
		}
	}
	if failed < rounds/2 {
		t.Fatalf("only %d of %d were noticed: the case does not reach the reader", failed, 2*rounds)
	}
}

// FuzzPart: any bytes with fitting digests are a part or an error.
func FuzzPart(f *testing.F) {
	f.Add(smallFile(f, "tables/t-0001/part-00000.parquet"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = readRows(b) // must not panic
	})
}

// FuzzIndex: any bytes with fitting digests are an index or an error.
func FuzzIndex(f *testing.F) {
	f.Add(smallFile(f, "tables/t-0001/index.parquet"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = readIndex(b) // must not panic
	})
}

// FuzzManifest: any bytes are an error or a manifest that is read again the same.
func FuzzManifest(f *testing.F) {
	f.Add(smallFile(f, ManifestName))
	f.Add([]byte(`{"format":"parallax-snapshot","version":{"major":1},"block_rows":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest(b)
		if err != nil {
			return
		}
		first, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseManifest(first)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.encode(); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%s\n%s\n%v", first, second, err)
		}
		for i := range m.Tables { // what Open relies on
			newLayout(m.Tables[i].Columns)
			indexLeaves(m.Tables[i].Columns)
		}
	})
}

// FuzzTagged: a text is an error or a cell that is tagged and read again the same.
func FuzzTagged(f *testing.F) {
	for _, seed := range []string{"number:NaN", "number:-1.50", "text:", "bytes:00ff", "instant:infinity", "date:-0044-03-15",
		"wall time:2024-02-29T23:59:59.999999999", "time:-838:59:59", "float:-0", "uuid:00112233-4455-6677-8899-aabbccddeeff",
		"interval:1 months -2 days 00:00:00.500000", "instant:raw:00", "bool:true", "list:[1]", "json:{}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		class, c, err := ParseTagged(nil, s)
		if err != nil {
			return
		}
		again, back, err := ParseTagged(nil, string(AppendTagged(nil, class, c)))
		if err != nil || again != class || !bytes.Equal(back, c) {
			t.Fatalf("%q is %s %x, tagged %q, then %s %x (%v)", s, class, c, AppendTagged(nil, class, c), again, back, err)
		}
	})
}
