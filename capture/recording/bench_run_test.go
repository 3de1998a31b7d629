package recording

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fastRow is the i-th row of a replay of small GETs with answers of 1 KB, all
// kept: what `replay --max --keep-bodies` writes.
func fastRow(i int, answer Body) *Exchange {
	at := 1_767_225_600_000_000_000 + int64(i)*50_000
	session := MakeSession(fmt.Sprintf("192.0.2.1:%d", 20_000+i%64), "192.0.2.2:80", 0)
	id := MakeID(at, session, uint32(i/64))
	sent := at + 3_600_000_000_000
	return &Exchange{
		ID: ID(fmt.Sprintf("%016x", sent)) + id[16:], Replays: id, Session: session, Sequence: uint32(i / 64),
		Protocol: "http/1.1", Client: fmt.Sprintf("127.0.0.1:%d", 40_000+i%64), Server: "127.0.0.1:8080",
		Request: &Request{
			Method: "GET", Scheme: "http", Target: fmt.Sprintf("/items/%d", i), Version: "1.1",
			Headers: headersOf("Host", "shop.example", "User-Agent", "bench/1.0", "Accept", "*/*", "Parallax-Replay", "1"),
			FirstAt: sent, LastAt: sent,
		},
		Response: &Response{
			Status: 200, Reason: "OK", Version: "1.1", FirstAt: sent + 100_000, LastAt: sent + 110_000,
			Headers: headersOf("Content-Type", "text/plain", "Content-Length", "1024"), Body: answer,
		},
		Outcome: &Outcome{DueAt: at, ReadyAt: sent - 5000, SentAt: sent, DoneAt: sent + 110_000, End: Answered},
	}
}

// fastRows are n rows in compact form, which the collector does not walk.
func fastRows(n int) [][]byte {
	answer := StoredBody([]byte(strings.Repeat("x", 1024)))
	list := make([][]byte, n)
	for i := range list {
		list[i] = appendExchange(nil, fastRow(i^1, answer)) // a journal is not quite in order
	}
	return list
}

// cpuTime is what the process has used, in user and system.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func reportCPU(b *testing.B, used time.Duration, rows int) {
	b.ReportMetric(float64(used.Nanoseconds())/float64(rows), "cpu-ns/row")
}

// BenchmarkRun writes a run's journal and makes its parts, and tells the CPU of
// each apart; the journal's has the benchmark's own decoding in it, about 0.5 us.
func BenchmarkRun(b *testing.B) {
	list := fastRows(60_000)
	b.ReportAllocs()
	var journal, parts time.Duration
	for b.Loop() {
		start := cpuTime(b)
		l, err := CreateLive(b.TempDir(), Options{Kind: KindRun, Baseline: "b", files: unsynced{}})
		if err != nil {
			b.Fatal(err)
		}
		writeDecoded(b, list, l.Write)
		middle := cpuTime(b)
		if err := l.Close(Closing{}); err != nil {
			b.Fatal(err)
		}
		journal, parts = journal+middle-start, parts+cpuTime(b)-middle
	}
	rows := float64(len(list) * b.N)
	b.ReportMetric(float64(journal)/rows, "journal-ns/row")
	b.ReportMetric(float64(parts)/rows, "parts-ns/row")
}

func writeDecoded(b *testing.B, list [][]byte, write func(*Exchange) error) {
	var d decoder
	for _, row := range list {
		ex, err := d.exchange(row)
		if err == nil {
			err = write(ex)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadRun reads the rows of a baseline of small GETs, without bodies
// of answers as a replay does where it may.
func BenchmarkReadRun(b *testing.B) {
	for name, filter := range map[string]Filter{"all": {}, "noanswers": {NoAnswerBodies: true}, "nobodies": {NoBodies: true}} {
		b.Run(name, func(b *testing.B) { benchReadRun(b, filter) })
	}
}

func benchReadRun(b *testing.B, f Filter) {
	const n = 60_000
	dir := b.TempDir()
	w, err := Create(dir, Options{Kind: KindRun, Baseline: "b"})
	if err != nil {
		b.Fatal(err)
	}
	writeDecoded(b, fastRows(n), func(ex *Exchange) error {
		ex.Outcome = nil
		return w.Write(ex)
	})
	if err := w.Close(Closing{}); err != nil {
		b.Fatal(err)
	}
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	start := cpuTime(b)
	for b.Loop() {
		for _, err := range r.Exchanges(f) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	reportCPU(b, cpuTime(b)-start, n*b.N)
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
}
