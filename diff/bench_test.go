package diff

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"testing"

	"parallax/capture/recording"
	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// nothing takes differences and keeps none.
type nothing struct{ b testing.TB }

func (nothing) Write(*comparison.Difference) error { return nil }

func (n nothing) ScratchDir() (string, error) { return n.b.TempDir(), nil }

// generated streams n exchanges that are made on the way, one after the other in
// the same memory.
func generated(name string, n int, asRun bool, body func(i int) []byte) Input {
	kind := recording.KindRecording
	if asRun {
		kind = recording.KindRun
	}
	in := memory(name, kind, nil)
	in.Exchanges = func(recording.Filter) iter.Seq2[*recording.Exchange, error] {
		return func(yield func(*recording.Exchange, error) bool) {
			ex := answer{Target: "/orders/17", Headers: [][2]string{{"Content-Type", "application/json"}, {"Server", "x"}}}.exchange(idOf(0), oldClock)
			for i := range n {
				ex.ID = idOf(i)
				if asRun {
					answering(ex, idOf(i))
				}
				ex.Response.Body = recording.StoredBody(body(i))
				if !yield(ex, nil) {
					return
				}
			}
		}
	}
	return in
}

func document(stamp int) []byte {
	b := []byte(`{"at":"`)
	b = fmt.Appendf(b, "%08d", stamp)
	b = append(b, `","items":[`...)
	for i := range 40 {
		b = fmt.Appendf(b, `{"sku":"A-%d","qty":%d,"price":"%d.50"},`, i, i, i*3)
	}
	return append(b[:len(b)-1], "]}"...)
}

func benchmark(b *testing.B, body func(i int) []byte, list []rules.Rule) {
	set, err := rules.Compile(list)
	if err != nil {
		b.Fatal(err)
	}
	same := document(0)
	old := generated("old", b.N, false, func(int) []byte { return same })
	new := generated("new", b.N, true, body)
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := Compare(context.Background(), old, new, nil, Options{Rules: set}, nothing{b}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pairs/s")
}

// BenchmarkEqualHashes includes making and hashing both sides.
func BenchmarkEqualHashes(b *testing.B) {
	same := document(0)
	benchmark(b, func(int) []byte { return same }, nil)
}

func BenchmarkIgnoredStamp(b *testing.B) {
	place := "/at"
	other := document(1)
	benchmark(b, func(int) []byte { return other },
		[]rules.Rule{{Where: rules.Where{Body: &place}, Action: rules.Action{Ignore: true}}})
}

// BenchmarkPass is the pass alone: bodies of one byte.
func BenchmarkPass(b *testing.B) {
	small := []byte("x")
	old := generated("old", b.N, false, func(int) []byte { return small })
	new := generated("new", b.N, true, func(int) []byte { return small })
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := Compare(context.Background(), old, new, nil, Options{}, nothing{b}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pairs/s")
}

// TestMemoryIsFlat: ten times the pairs, each of them different under a control,
// take no more memory at the end.
func TestMemoryIsFlat(t *testing.T) {
	grown := func(n int) uint64 {
		body := func(k int) func(int) []byte {
			return func(i int) []byte { return fmt.Appendf(nil, `{"v":%d}`, i*k) }
		}
		var peak uint64
		watch := generated("new", n, true, body(2))
		inner := watch.Exchanges
		watch.Exchanges = func(f recording.Filter) iter.Seq2[*recording.Exchange, error] {
			return func(yield func(*recording.Exchange, error) bool) {
				i := 0
				for ex, err := range inner(f) {
					if i++; i%(n/4) == 0 {
						peak = max(peak, heap())
					}
					if !yield(ex, err) {
						return
					}
				}
			}
		}
		if _, err := Compare(context.Background(), generated("old", n, false, body(1)), watch,
			[]Input{generated("control", n, true, body(3))}, Options{}, nothing{t}); err != nil {
			t.Fatal(err)
		}
		return peak
	}
	small := grown(4_000)
	if large := grown(40_000); large > small+32<<20 {
		t.Errorf("live heap of %d MiB with 4,000 pairs, %d MiB with 40,000", small>>20, large>>20)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
