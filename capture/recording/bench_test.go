package recording

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

// benchRows makes n exchanges and returns the bytes of their bodies.
func benchRows(n, least, most int) ([]*Exchange, int64) {
	rng := rand.New(rand.NewPCG(5, 6))
	list := make([]*Exchange, n)
	var size int64
	for i := range list {
		list[i] = jsonExchange(rng, i, least+rng.IntN(most-least+1))
		size += list[i].Response.Body.Length
	}
	return list, size
}

// BenchmarkWrite writes 8,000 exchanges with JSON bodies of 1 to 20 KB.
func BenchmarkWrite(b *testing.B) {
	list, size := benchRows(8000, 1<<10, 20<<10)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		benchWrite(b, b.TempDir(), list)
	}
	b.ReportMetric(float64(len(list)*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkWriteSmall writes 60,000 exchanges with JSON bodies of 0.5 KB.
func BenchmarkWriteSmall(b *testing.B) {
	list, size := benchRows(60000, 500, 500)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		benchWrite(b, b.TempDir(), list)
	}
	b.ReportMetric(float64(len(list)*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func benchWrite(b *testing.B, dir string, list []*Exchange) {
	w, err := Create(dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, ex := range list {
		if err := w.Write(ex); err != nil {
			b.Fatal(err)
		}
		if err := w.Advance(ex.FirstAt()); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(Closing{}); err != nil {
		b.Fatal(err)
	}
}

func benchRead(b *testing.B, n, least, most int, o OpenOptions, f Filter) {
	list, size := benchRows(n, least, most)
	dir := b.TempDir()
	benchWrite(b, dir, list)
	list = nil
	runtime.GC()
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(dir, o)
		if err != nil {
			b.Fatal(err)
		}
		rows := 0
		for _, err := range r.Exchanges(f) {
			if err != nil {
				b.Fatal(err)
			}
			rows++
		}
		if rows != n {
			b.Fatalf("%d rows, want %d", rows, n)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// The reads are of 50,000 exchanges with JSON bodies of 0.5 and 2 KB.
func BenchmarkReadSmall(b *testing.B) { benchRead(b, 50000, 500, 500, OpenOptions{}, Filter{}) }
func BenchmarkRead2K(b *testing.B)    { benchRead(b, 50000, 2048, 2048, OpenOptions{}, Filter{}) }
func BenchmarkRead2KReused(b *testing.B) {
	benchRead(b, 50000, 2048, 2048, OpenOptions{ReuseBuffers: true}, Filter{})
}
func BenchmarkReadNoBodies(b *testing.B) {
	benchRead(b, 50000, 2048, 2048, OpenOptions{}, Filter{NoBodies: true})
}

// BenchmarkGet opens a recording of 100,000 exchanges and reads one.
func BenchmarkGet(b *testing.B) {
	list, _ := benchRows(100000, 2048, 2048)
	dir := b.TempDir()
	benchWrite(b, dir, list)
	i := 0
	for b.Loop() {
		r, err := Open(dir, OpenOptions{})
		if err != nil {
			b.Fatal(err)
		}
		i = (i + 7919) % len(list)
		if ex, err := r.Get(list[i].ID); err != nil || ex.ID != list[i].ID {
			b.Fatal(ex, err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLiveWrite appends small rows to a journal.
func BenchmarkLiveWrite(b *testing.B) {
	l, err := CreateLive(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	list, size := benchRows(1000, 500, 500)
	b.SetBytes(size / 1000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := l.Write(list[i%len(list)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.StopTimer()
	if err := l.Suspend(); err != nil {
		b.Fatal(err)
	}
}
