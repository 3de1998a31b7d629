package recording

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"parallax/internal/store"
)

// memory is a file in memory.
type memory []byte

var _ store.Blob = memory(nil)

func (m memory) Close() error { return nil }
func (m memory) Size() int64  { return int64(len(m)) }
func (m memory) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(m).ReadAt(p, off)
}

func sumsOf(b []byte) []byte {
	var sums []byte
	for len(b) > 0 {
		n := min(len(b), chunkBytes)
		sum := sha256.Sum256(b[:n])
		sums, b = append(sums, sum[:]...), b[n:]
	}
	return sums
}

// FuzzJournal: any bytes are a journal, a torn one or an error; what is read
// can be written and is read again the same.
func FuzzJournal(f *testing.F) {
	o := small(KindRun)
	b, err := journalStart(&o)
	if err != nil {
		f.Fatal(err)
	}
	b = appendIntentRecord(b, runRow(1).Replays, 5)
	b = appendExchangeRecord(b, runRow(1))
	f.Add(b)
	f.Add(b[:len(b)-3])
	f.Add([]byte(journalMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		scan, err := scanJournal(bytes.NewReader(b), int64(len(b)), journalVisitor{
			exchange: func(ex *Exchange, _ int64) error { checkCodec(t, ex); return nil },
			intent:   func(ID, int64) error { return nil },
		})
		if err == nil && (scan.good > int64(len(b)) || (scan.torn == nil) != (scan.good == int64(len(b)) && scan.lost == 0)) {
			t.Fatalf("good up to %d of %d, torn %v", scan.good, len(b), scan.torn)
		}
	})
}

func checkCodec(t *testing.T, ex *Exchange) {
	again, err := new(decoder).exchange(appendExchange(nil, ex))
	if err != nil {
		t.Fatal(err)
	}
	if diff := sameExchanges([]*Exchange{again}, []*Exchange{ex}); diff != "" {
		t.Fatal(diff)
	}
}

func FuzzDecodeExchange(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	f.Add(appendExchange(nil, jsonExchange(rng, 1, 100)))
	f.Add(appendExchange(nil, runRow(2)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if ex, err := new(decoder).exchange(bytes.Clone(b)); err == nil {
			checkCodec(t, ex)
		}
	})
}

func FuzzManifest(f *testing.F) {
	dir := f.TempDir()
	writeAll(f, dir, Options{Info: map[string]string{"a": "b"}}, damageRows())
	b, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"format":"parallax-recording","version":{"major":1},"kind":"run","exchanges":0,"files":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest(b)
		if err != nil {
			return
		}
		text, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseManifest(text); err != nil {
			t.Fatalf("written again it is refused: %v", err)
		}
	})
}
