package recording

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parallax/internal/store"
)

// TestLiveEqualsOffline: what goes through the journal comes out as the same
// bytes as what is written directly.
func TestLiveEqualsOffline(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom([]Kind{KindRecording, KindRun}).Draw(rt, "kind")
		list := drawExchanges(rt, kind, 12)
		one, two := filepath.Join(base, "one"), filepath.Join(base, "two")
		defer os.RemoveAll(one)
		defer os.RemoveAll(two)
		l, err := CreateLive(one, small(kind))
		if err != nil {
			rt.Fatal(err)
		}
		for _, ex := range list {
			if err := l.Write(ex); err != nil {
				rt.Fatal(err)
			}
		}
		if err := l.Close(Closing{}); err != nil {
			rt.Fatal(err)
		}
		writeAll(t, two, small(kind), list)
		a, b := folderBytes(t, one), folderBytes(t, two)
		if len(a) != len(b) {
			rt.Fatalf("%d files, want %d", len(a), len(b))
		}
		for name := range b {
			if a[name] != b[name] {
				rt.Fatalf("%s differs", name)
			}
		}
		if err := Verify(one); err != nil {
			rt.Fatal(err)
		}
	})
}

// A journal that has no room any more takes nothing; what came before is
// finished as a recording.
func TestLiveWithoutRoom(t *testing.T) {
	full := errors.New("nearly full")
	asked := make(chan struct{}, 9)
	l, err := CreateLive(t.TempDir(), Options{files: unsynced{}, Room: func() error {
		asked <- struct{}{}
		return full
	}})
	if err != nil {
		t.Fatal(err)
	}
	rows := damageRows()
	if err := l.Write(rows[0]); err != nil {
		t.Fatal(err)
	}
	<-asked
	<-asked // the first answer stands
	if err := errors.Join(l.Write(rows[1]), l.Sync()); !errors.Is(err, full) {
		t.Errorf("a write without room: %v", err)
	}
	if err := l.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
	dir := l.folder.Dir()
	if err := Verify(dir); err != nil {
		t.Error(err)
	}
	if n := len(readAll(t, dir, OpenOptions{}, Filter{})); n != 1 {
		t.Errorf("%d rows, want that which came in time", n)
	}
}

// A run whose baseline is still being recorded is told its digest at the end.
func TestBaselineAtTheEnd(t *testing.T) {
	dir := t.TempDir()
	l, err := CreateLive(dir, Options{Kind: KindRun, Baseline: BaselineOpen, files: unsynced{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Write(runRow(1)), l.Close(Closing{Baseline: "abc"})); err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := r.Manifest().Baseline; got != "abc" {
		t.Errorf("baseline %q", got)
	}
}

func TestLiveConcurrent(t *testing.T) {
	dir := t.TempDir()
	l, err := CreateLive(dir, Options{RowGroupBytes: 200 << 10})
	if err != nil {
		t.Fatal(err)
	}
	const workers, each = 8, 400
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range each {
				if err := l.Write(jsonExchange(rng, i*workers+w, 300)); err != nil {
					t.Error(err)
					return
				}
				if i%100 == 0 {
					if err := l.Sync(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if err := l.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
	if err := l.Write(jsonExchange(rand.New(rand.NewPCG(1, 1)), 1, 10)); err == nil {
		t.Fatal("a write after Close was taken")
	}
	if err := Verify(dir); err != nil {
		t.Fatal(err)
	}
	if n := len(readAll(t, dir, OpenOptions{}, Filter{NoBodies: true})); n != workers*each {
		t.Fatalf("%d rows, want %d", n, workers*each)
	}
}

func runRow(i int) *Exchange {
	ex := jsonExchange(rand.New(rand.NewPCG(uint64(i), 1)), i, 200)
	ex.Replays = ex.ID
	ex.ID = MakeID(ex.FirstAt()+1e15, ex.Session, ex.Sequence)
	ex.Outcome = &Outcome{DueAt: 1, ReadyAt: 1, SentAt: 2, DoneAt: 3, End: Answered}
	return ex
}

func TestResume(t *testing.T) {
	dir := t.TempDir()
	o := small(KindRun)
	l, err := CreateLive(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		if err := l.Intend(runRow(i).Replays); err != nil {
			t.Fatal(err)
		}
		if i < 4 {
			if err := l.Write(runRow(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := l.Suspend(); err != nil {
		t.Fatal(err)
	}
	appendTo(t, filepath.Join(dir, JournalName), "\x99\x00\x00\x00torn")
	if _, err := CreateLive(dir, o); !errors.Is(err, ErrExists) {
		t.Fatalf("create over a journal: %v", err)
	}
	other := o
	other.Baseline = strings.Repeat("1", 64)
	if _, _, err := ResumeLive(dir, other); err == nil {
		t.Fatal("resumed with another baseline")
	}
	l, p, err := ResumeLive(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Ended) != 4 || p.Ended[runRow(3).Replays] != Answered || p.DroppedBytes != 8 ||
		!slices.Equal(p.Open, []ID{runRow(4).Replays, runRow(5).Replays}) {
		t.Fatalf("progress: %+v", p)
	}
	checkRows(t, p)
	for i := 4; i < 8; i++ {
		if err := l.Write(runRow(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
	if n := len(readAll(t, dir, OpenOptions{}, Filter{})); n != 8 {
		t.Fatalf("%d rows, want 8", n)
	}
	if _, _, err := ResumeLive(dir, o); !errors.Is(err, ErrExists) {
		t.Fatalf("resume of a finished run: %v", err)
	}
}

// checkRows reads the rows of a journal that is taken up, in any order.
func checkRows(t *testing.T, p *Progress) {
	t.Helper()
	for i := 3; i >= 0; i-- {
		want := runRow(i)
		got, err := p.Row(want.Replays)
		if err != nil || got == nil || got.ID != want.ID || !bytes.Equal(got.Response.Body.Bytes, want.Response.Body.Bytes) {
			t.Fatalf("row %d: %v, %+v", i, err, got)
		}
	}
	if got, err := p.Row(runRow(4).Replays); got != nil || err != nil {
		t.Fatalf("a row of what has not ended: %v, %+v", err, got)
	}
}

func appendTo(t *testing.T, name, text string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRecoverEveryLength cuts a journal at every byte: what is recovered is
// always a beginning of what was written, its requests without an end are
// there as unknown, and the dropped bytes are counted.
func TestRecoverEveryLength(t *testing.T) {
	dir := t.TempDir()
	o := small(KindRun)
	l, err := CreateLive(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := errors.Join(l.Intend(runRow(i).Replays), l.Write(runRow(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Suspend(); err != nil {
		t.Fatal(err)
	}
	journal, err := os.ReadFile(filepath.Join(dir, JournalName))
	if err != nil {
		t.Fatal(err)
	}
	head, err := journalStart(&o)
	if err != nil {
		t.Fatal(err)
	}
	step := 1
	if testing.Short() {
		step = 13
	}
	for n := len(journal); n >= 0; n -= step {
		cut := t.TempDir()
		if err := os.WriteFile(filepath.Join(cut, JournalName), journal[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		scan := journalAt(t, journal[:n])
		if (scan == nil) != (n < len(head)) {
			t.Fatalf("length %d: read %v", n, scan)
		}
		if scan == nil {
			continue
		}
		if n%97 != 0 && n != len(journal) { // parts for some of them: each costs several syncs
			continue
		}
		rec, err := Recover(cut)
		if err != nil {
			t.Fatalf("length %d: %v", n, err)
		}
		checkRecovered(t, cut, rec, n)
	}
}

func journalAt(t *testing.T, b []byte) *journalScan {
	t.Helper()
	rows := 0
	scan, err := scanJournal(strings.NewReader(string(b)), int64(len(b)), journalVisitor{
		exchange: func(ex *Exchange, _ int64) error {
			if diff := sameExchanges([]*Exchange{ex}, []*Exchange{runRow(rows)}); diff != "" {
				t.Fatalf("length %d: row %d differs:\n%s", len(b), rows, diff)
			}
			rows++
			return nil
		},
		intent: func(ID, int64) error { return nil },
	})
	if err != nil {
		return nil
	}
	if (scan.torn != nil) != (scan.good < int64(len(b))) {
		t.Fatalf("length %d: good up to %d, torn %v", len(b), scan.good, scan.torn)
	}
	return &scan
}

func checkRecovered(t *testing.T, dir string, rec *Recovery, n int) {
	t.Helper()
	if err := Verify(dir); err != nil {
		t.Fatalf("length %d: %v", n, err)
	}
	got := readAll(t, dir, OpenOptions{}, Filter{})
	unknown := 0
	for _, ex := range got {
		if ex.Outcome.End == Unknown {
			unknown++
		}
	}
	m := rec.Manifest
	if int64(len(got)) != rec.Exchanges || unknown != len(rec.Unknown) || m.Interrupted == "" ||
		m.Ledger.Account("journal bytes").Total != int64(n) || (rec.DroppedBytes > 0) != (rec.DroppedWhy != "") {
		t.Fatalf("length %d: %d rows, %d unknown: %+v", n, len(got), unknown, rec)
	}
}

// TestChild is no test: it is what the tests below start and kill.
func TestChild(t *testing.T) {
	dir := os.Getenv("RECORDING_TEST_CHILD")
	if dir == "" {
		t.Skip("only as a child of TestKill")
	}
	o := small(KindRun)
	o.files = nil // with all its syncs
	l, err := CreateLive(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	for i := 0; ; i++ {
		ex := runRow(i)
		if err := errors.Join(l.Intend(ex.Replays), l.Sync()); err != nil {
			t.Fatal(err)
		}
		fmt.Println("intend", i)
		if err := l.Write(ex); err != nil {
			t.Fatal(err)
		}
		if i%5 == 0 {
			if err := l.Sync(); err != nil {
				t.Fatal(err)
			}
			fmt.Println("wrote", i)
		}
	}
}

// TestKill kills a writing process with SIGKILL at random moments. What it said
// was synced must be there.
func TestKill(t *testing.T) {
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for range 6 {
		dir := filepath.Join(t.TempDir(), "run")
		intended, wrote := killChild(t, dir, time.Duration(rng.IntN(60))*time.Millisecond)
		if _, err := Open(dir, OpenOptions{}); !errors.Is(err, ErrPartial) {
			t.Fatalf("open before recovery: %v", err)
		}
		rec, err := Recover(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(dir); err != nil {
			t.Fatal(err)
		}
		ends := map[ID]End{}
		for _, ex := range readAll(t, dir, OpenOptions{}, Filter{}) {
			ends[ex.Replays] = ex.Outcome.End
		}
		for i := 0; i <= intended; i++ {
			end, there := ends[runRow(i).Replays]
			if !there || i <= wrote && end != Answered {
				t.Fatalf("exchange %d of %d intended, %d written: there %t, end %q (%+v)", i, intended, wrote, there, end, rec)
			}
		}
		if again, err := Recover(dir); err != nil || again.Exchanges != rec.Exchanges {
			t.Fatalf("second recovery: %+v, %v", again, err)
		}
	}
}

// killChild returns the last exchange that the child said was intended and
// written, both synced.
func killChild(t *testing.T, dir string, after time.Duration) (intended, wrote int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), "RECORDING_TEST_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	intended, wrote = -1, -1
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		switch _, err := fmt.Sscanf(lines.Text(), "intend %d", &intended); {
		case lines.Text() == "ready":
			if _, err := CreateLive(dir, small(KindRun)); !errors.Is(err, store.ErrLocked) && !errors.Is(err, ErrExists) {
				t.Errorf("second writer: %v", err)
			}
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		case err != nil:
			_, _ = fmt.Sscanf(lines.Text(), "wrote %d", &wrote)
		}
	}
	_ = cmd.Wait() // it was killed
	return intended, wrote
}

// TestIntendTakesNoMemory: every request of a replay has an intent.
func TestIntendTakesNoMemory(t *testing.T) {
	l, err := CreateLive(t.TempDir()+"/run", Options{Kind: KindRun, Baseline: "b", Redaction: Redaction{Profile: "off"}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Suspend()
	id := MakeID(1, "0123456789abcdef", 7)
	got := testing.AllocsPerRun(200, func() {
		if err := l.Intend(id); err != nil {
			t.Fatal(err)
		}
	})
	if got > 1 { // the journal's own buffer grows now and then
		t.Errorf("%v allocations an intent", got)
	}
}
