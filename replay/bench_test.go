package replay

import (
	"bytes"
	"fmt"
	"iter"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"parallax/capture/recording"
	"parallax/replay/schedule"
)

// rawServer answers every request, told by its empty line, with 1 KB.
func rawServer(tb testing.TB) string {
	answer := []byte(ok(strings.Repeat("x", 1024), "Content-Type: application/json", "Server: raw"))
	return tcpServer(tb, func(_ int, c net.Conn) {
		buf := make([]byte, 4096)
		have := 0
		for {
			n, err := c.Read(buf[have:])
			if err != nil {
				return
			}
			have += n
			if bytes.HasSuffix(buf[:have], []byte("\r\n\r\n")) {
				have = 0
				if _, err := c.Write(answer); err != nil {
					return
				}
			}
		}
	})
}

// load yields n exchanges over 64 sessions, gap apart.
func load(n int, gap time.Duration) iter.Seq2[*recording.Exchange, error] {
	return func(yield func(*recording.Exchange, error) bool) {
		sessions := make([]string, 64)
		for i := range sessions {
			sessions[i] = recording.MakeSession(fmt.Sprint(i), "", 0)
		}
		lines := headers("Host: old.example", "User-Agent: bench/1.0", "Accept: */*", "Accept-Encoding: gzip", "Cookie: session=abcdef")
		for i := range n {
			at := epoch + int64(i)*int64(gap)
			session, seq := sessions[i%64], uint32(i/64)
			ex := &recording.Exchange{
				ID: recording.MakeID(at, session, seq), Session: session, Sequence: seq, Protocol: "http/1.1",
				Request:  &recording.Request{Method: "GET", Target: "/orders/17?full=1", Version: "1.1", Headers: lines, FirstAt: at, LastAt: at},
				Response: &recording.Response{Status: 200, Version: "1.1", FirstAt: at, LastAt: at},
			}
			if !yield(ex, nil) {
				return
			}
		}
	}
}

type discard struct{}

func (discard) Write(*recording.Exchange) error { return nil }
func (discard) Intend(recording.ID) error       { return nil }
func (discard) Sync() error                     { return nil }

// BenchmarkMax replays at full speed over 64 connections against a server in
// the same process, whose cost is in the figure too. BENCH_TARGET names
// another server.
func BenchmarkMax(b *testing.B) {
	address := target(b)
	b.ReportAllocs()
	o := Options{Target: Target{URL: "http://" + address}, Schedule: schedule.Max()}
	before := cpu()
	b.ResetTimer()
	r, err := Run(b.Context(), load(b.N, 0), discard{}, discard{}, o)
	if err != nil || r.Ends[recording.Answered] != int64(b.N) {
		b.Fatalf("%v %+v", err, r)
	}
	b.ReportMetric(float64((cpu()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// BenchmarkMaxStored is BenchmarkMax with every row in a journal.
func BenchmarkMaxStored(b *testing.B) {
	o := Options{Target: Target{URL: "http://" + target(b)}, Schedule: schedule.Max()}
	live, err := recording.CreateLive(b.TempDir()+"/run", runOptions())
	if err != nil {
		b.Fatal(err)
	}
	before := cpu()
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := Run(b.Context(), load(b.N, 0), live, live, o); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
	if err := live.Suspend(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPaced replays at 2,000/s and reports how late requests leave.
func BenchmarkPaced(b *testing.B) {
	address := target(b)
	o := Options{Target: Target{URL: "http://" + address}}
	r, err := Run(b.Context(), load(b.N, 500*time.Microsecond), discard{}, discard{}, o)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(r.Timing.Lateness.Quantile(50, 100)), "late-p50-us")
	b.ReportMetric(float64(r.Timing.Lateness.Quantile(99, 100)), "late-p99-us")
}

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func target(b *testing.B) string {
	if address := os.Getenv("BENCH_TARGET"); address != "" {
		return address
	}
	return rawServer(b)
}
