package sealed

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parallax/internal/store"
)

// sealedFile writes a file of several chunks.
func sealedFile(t *testing.T, size int) (*store.Folder, []byte, File, File) {
	t.Helper()
	folder, err := store.OpenFolder(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{1})
	rng.Read(want)
	w, err := Create(folder, "data", "data.chunks", ChunkBytes)
	if err != nil {
		t.Fatal(err)
	}
	for rest := want; len(rest) > 0; {
		n := min(len(rest), 300_001)
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	file, chunks, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return folder, want, file, chunks
}

func TestReadBack(t *testing.T) {
	for _, size := range []int{0, 1, ChunkBytes, 2*ChunkBytes + 5} {
		folder, want, file, chunks := sealedFile(t, size)
		if err := Verify(folder, file, chunks, ChunkBytes); err != nil {
			t.Fatal(err)
		}
		r, err := Open(folder, file, chunks, ChunkBytes)
		if err != nil {
			t.Fatal(err)
		}
		r.Keep(1)
		got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		if _, err := r.ReadAt(make([]byte, 1), int64(size)); err != io.EOF {
			t.Errorf("behind the end: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestOnlyWhatIsRead: a flip in one chunk does not hinder reading another, and
// never hands on a byte of its own.
func TestOnlyWhatIsRead(t *testing.T) {
	folder, want, file, chunks := sealedFile(t, 3*ChunkBytes)
	full := filepath.Join(folder.Dir(), "data")
	b := bytes.Clone(want)
	b[ChunkBytes+7] ^= 1
	if err := os.WriteFile(full, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(folder, file, chunks, ChunkBytes)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := make([]byte, 100)
	for _, at := range []int64{0, 2 * ChunkBytes} {
		if _, err := r.ReadAt(p, at); err != nil || !bytes.Equal(p, want[at:at+100]) {
			t.Errorf("offset %d: %v", at, err)
		}
	}
	for range 2 {
		if n, err := r.ReadAt(p, ChunkBytes-50); n != 50 || !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "bytes 1048576 to 2097152") {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
	if err := Verify(folder, file, chunks, ChunkBytes); !errors.Is(err, ErrDamaged) {
		t.Errorf("verify: %v", err)
	}
	if err := os.Truncate(full, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadAt(p, 2*ChunkBytes+500); err != nil {
		t.Errorf("a chunk at hand: %v", err)
	}
	r.Keep(1)
	if _, err := r.ReadAt(p, ChunkBytes); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "shrank") {
		t.Errorf("shrunk: %v", err)
	}
}

func TestSizes(t *testing.T) {
	folder, want, file, chunks := sealedFile(t, 100)
	full := filepath.Join(folder.Dir(), "data")
	for text, b := range map[string][]byte{"truncated": want[:99], "trailing bytes": append(bytes.Clone(want), 1)} {
		if err := os.WriteFile(full, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(folder, file, chunks, ChunkBytes); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder.Dir(), "data.chunks"), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder, file, chunks, ChunkBytes); !errors.Is(err, ErrDamaged) {
		t.Errorf("sidecar: %v", err)
	}
}
