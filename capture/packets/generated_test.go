package packets

import (
	"bytes"
	"io"
	"testing"

	"parallax/capture/recording"
	"parallax/scripts/genpcap/traffic"
)

// summary sums up exchanges as the generator does.
func summary(t testing.TB, s *Source) traffic.Expected {
	t.Helper()
	var got traffic.Expected
	for ex, err := range s.Exchanges() {
		if err != nil {
			t.Fatal(err)
		}
		if !ex.Whole() {
			t.Fatalf("exchange %s: %s", ex.ID, ex.Incomplete)
		}
		got.Add(ex.Request.Method, ex.Request.Target, ex.Response.Status, ex.Request.Body.SHA256, ex.Response.Body.SHA256)
	}
	return got
}

func generate(t testing.TB, o traffic.Options) ([]byte, traffic.Expected) {
	t.Helper()
	var buf bytes.Buffer
	want, err := traffic.Generate(&buf, o)
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), want
}

// TestGenerated reads a generated capture, with its reordered and repeated
// segments, and loses nothing.
func TestGenerated(t *testing.T) {
	data, want := generate(t, traffic.Options{Exchanges: 2000, Lanes: 16, PerConnection: 50})
	s, err := Open(bytes.NewReader(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := summary(t, s); got != want {
		t.Errorf("read %v, generated %v", got, want)
	}
	ledger := s.Ledger()
	checkClosed(t, ledger)
	if n := ledger.Account("packets").Sum(recording.Lost); n != 0 {
		t.Errorf("%d packets are lost", n)
	}
}

// TestWatermark holds what Writer.Advance is told: nothing earlier comes.
func TestWatermark(t *testing.T) {
	data, _ := generate(t, traffic.Options{Exchanges: 3000, PerConnection: 20})
	s, err := Open(bytes.NewReader(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	low, rises := s.Watermark(), 0
	for ex, err := range s.Exchanges() {
		if err != nil {
			t.Fatal(err)
		}
		if ex.FirstAt() < low {
			t.Fatalf("exchange at %d after a watermark of %d", ex.FirstAt(), low)
		}
		mark := s.Watermark()
		if mark < low {
			t.Fatalf("the watermark fell from %d to %d", low, mark)
		}
		if mark > low {
			rises++
		}
		low = mark
	}
	if rises < 5 {
		t.Errorf("the watermark rose only %d times", rises)
	}
}

// BenchmarkExchanges reads generated traffic; nothing of it may be lost.
func BenchmarkExchanges(b *testing.B) {
	for _, size := range []struct {
		name string
		o    traffic.Options
	}{
		{"json1to20k", traffic.Options{Exchanges: 8000}},
		{"json512", traffic.Options{Exchanges: 40000, Size: 512}},
	} {
		b.Run(size.name, func(b *testing.B) {
			data, want := generate(b, size.o)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				benchmarkOnce(b, bytes.NewReader(data), want)
			}
			b.ReportMetric(float64(want.Exchanges)*float64(b.N)/b.Elapsed().Seconds(), "exchanges/s")
		})
	}
}

func benchmarkOnce(b *testing.B, r io.Reader, want traffic.Expected) {
	s, err := Open(r, Options{})
	if err != nil {
		b.Fatal(err)
	}
	n := int64(0)
	for ex, err := range s.Exchanges() {
		if err != nil {
			b.Fatal(err)
		}
		if ex.Whole() {
			n++
		}
	}
	if n != want.Exchanges {
		b.Fatalf("%d whole exchanges of %d", n, want.Exchanges)
	}
}
