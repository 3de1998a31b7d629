package packets

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"

	"parallax/internal/mutate"
	"parallax/scripts/genpcap/traffic"
)

// captureForms are one capture in the forms that are read.
func captureForms(t *testing.T) map[string][]byte {
	t.Helper()
	data, _ := generate(t, traffic.Options{Exchanges: 60, Lanes: 4, Size: 200, Seed: 3})
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer encoder.Close()
	ng := pcapngFile(binary.LittleEndian, packetsOf(t, data))
	return map[string][]byte{"pcap": data, "pcapng": ng, "gzip": zipped.Bytes(), "zstd": encoder.EncodeAll(ng, nil)}
}

// TestF10_MutatedCaptures damages captures in many ways: reading ends, nothing
// panics, the ledger closes, and no exchange that is called whole lacks a side.
// What a flipped bit within a packet's payload changes nobody can tell. (F10, T28)
func TestF10_MutatedCaptures(t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 10))
	for name, whole := range captureForms(t) {
		errors, clean := 0, 0
		for range mutate.Rounds(150, 2500) {
			data, how := mutate.Bytes(rng, whole)
			s, err := Open(bytes.NewReader(data), Options{MemoryCap: 4 << 20})
			if err != nil {
				errors++
				continue
			}
			failed := false
			for ex, err := range s.Exchanges() {
				if err != nil {
					failed = true
				} else if ex.Whole() && (ex.Request == nil || ex.Response == nil) {
					t.Fatalf("%s: %s: half an exchange is called whole", name, how)
				}
			}
			if ledger := s.Ledger(); !ledger.Closed() {
				t.Fatalf("%s: %s: the ledger does not close: %+v", name, how, ledger)
			}
			if failed {
				errors++
			} else {
				clean++
			}
		}
		t.Logf("%s: %d ended with an error, %d to the end, 0 with a residual", name, errors, clean)
		if errors == 0 {
			t.Errorf("%s: no accident was noticed", name)
		}
	}
}
