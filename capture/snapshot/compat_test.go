package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"parallax/internal/sealed"
)

// asVersion10 makes a snapshot what version 1.0 wrote: digests of 1 MiB each, and
// no word of it.
func asVersion10(t *testing.T, dir string) {
	t.Helper()
	full := filepath.Join(dir, ManifestName)
	b, err := os.ReadFile(full)
	if err != nil {
		t.Fatal(err)
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	m.Version.Minor = 0
	for i := range m.Tables {
		e := &m.Tables[i]
		largeChunks(t, dir, &e.Index)
		for k := range e.Files {
			largeChunks(t, dir, &e.Files[k])
		}
	}
	if b, err = json.Marshal(&m); err != nil {
		t.Fatal(err)
	}
	write(t, full, b)
}

func largeChunks(t *testing.T, dir string, p *Part) {
	b, err := os.ReadFile(filepath.Join(dir, p.Name))
	if err != nil {
		t.Fatal(err)
	}
	var sums []byte
	for c := range slices.Chunk(b, sealed.ChunkBytes) {
		sum := sha256.Sum256(c)
		sums = append(sums, sum[:]...)
	}
	write(t, filepath.Join(dir, p.Chunks.Name), sums)
	sum := sha256.Sum256(sums)
	p.ChunkBytes, p.Chunks.Size, p.Chunks.SHA256 = 0, int64(len(sums)), hex.EncodeToString(sum[:])
}

// TestVersion10 reads, and verifies, what is sealed in large chunks.
func TestVersion10(t *testing.T) {
	table := everyColumn()
	rows := inOrder(&table, randomRows(5, &table, 3000))
	dir := writeSnapshot(t, Options{BlockRows: 16, RowGroupBytes: 200_000}, table, rows, 50)
	asVersion10(t, dir)
	got, err := allRows(openTable(t, dir))
	if err != nil || len(got) != len(rows) {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	if err := Verify(dir); err != nil {
		t.Error(err)
	}
}
