package packets

import (
	"bytes"
	"math"
	"testing"
)

// TestWatermarkHolds: what the watermark promised is kept by every exchange that
// follows, also when the capture's clock is set back by an hour, and the
// packets that this concerned are counted.
func TestWatermarkHolds(t *testing.T) {
	const rounds = 3000
	data := newTalk().file(nil)
	for i := range rounds {
		k := newTalk()
		k.port = uint16(20000 + i)
		k.open().asks(getA).answers(okA).shut()
		for j := range k.packets {
			k.packets[j].at = int64(i)
			if i > rounds/2 {
				k.packets[j].at = int64(i) - 3600
			}
			data = append(data, k.record(k.packets[j], j)...)
		}
	}
	src, err := Open(bytes.NewReader(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	promised, n := int64(math.MinInt64), 0
	for ex, err := range src.Exchanges() {
		if err != nil {
			t.Fatal(err)
		}
		if ex.FirstAt() < promised {
			t.Fatalf("exchange %d begins at %d, the watermark was %d", n, ex.FirstAt(), promised)
		}
		promised = src.Watermark()
		n++
	}
	ledger := src.Ledger()
	if back := ledger.Account("packets dated back"); n != rounds || back.Total == 0 || back.Residual() != 0 {
		t.Errorf("%d exchanges of %d, dated back: %+v", n, rounds, back)
	}
}

// TestWatermarkHoldsToTheEnd: what is open when a capture ends comes out after its
// last packet, and is not promised away before. (F11)
func TestWatermarkHoldsToTheEnd(t *testing.T) {
	const open = 2000
	data := newTalk().file(nil)
	for i := range open {
		k := newTalk()
		k.port = uint16(20000 + i)
		k.open().asks(getA)
		for j := range k.packets {
			k.packets[j].at = int64(i)
			data = append(data, k.record(k.packets[j], j)...)
		}
	}
	src, err := Open(bytes.NewReader(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	promised, n := int64(math.MinInt64), 0
	for ex, err := range src.Exchanges() {
		if err != nil {
			t.Fatal(err)
		}
		if ex.FirstAt() < promised {
			t.Fatalf("exchange %d begins at %d, the watermark was %d", n, ex.FirstAt(), promised)
		}
		promised = src.Watermark()
		n++
	}
	if n != open || src.Watermark() != math.MaxInt64 {
		t.Errorf("%d exchanges of %d, at the end the watermark is %d", n, open, src.Watermark())
	}
}
