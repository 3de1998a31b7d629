package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A shard that is killed is taken up again by itself, under its own settings only;
// then the run is whole, and no unsafe request was sent twice. (faults.md F2)
func TestShardKilled(t *testing.T) {
	dir := home(t)
	const n = 240
	record(t, dir, "rec", n)
	target := newStub(t, 5*time.Millisecond)
	args := func(shard string, more ...string) []string {
		return append([]string{"replay", "rec", "--target", target.url, "-o", "run", "--max", "--allow-writes",
			"--connections", "4", "-q", "--shard", shard}, more...)
	}
	px(t, dir, 0, args("2/3")...)
	px(t, dir, 0, args("3/3")...)
	done := target.count()
	there := target.tell((n - done) / 2)
	first := start(t, dir, nil, args("1/3")...)
	arrive(t, there, first)
	first.signal(syscall.SIGKILL)
	first.wait(time.Minute)

	says(t, px(t, dir, 3, "diff", "rec", "run", "-o", "none").stderr, "shard-1-of-3", "--resume")
	says(t, px(t, dir, 2, args("1/3", "--resume", "--retry-stale")...).stderr, "other settings", "retry_stale")
	px(t, dir, 2, args("2/3", "--resume")...) // it is finished
	px(t, dir, 0, args("1/3", "--resume")...)
	nothing(t, dir, "none")

	says(t, px(t, dir, 0, "verify", "run").stdout, "PASS")
	if got := len(rows(t, dir, "run")); got != n {
		t.Errorf("%d rows, want %d", got, n)
	}
	for what, times := range target.sent() {
		if strings.HasPrefix(what, "POST") && times > 1 {
			t.Errorf("%s was sent %d times", what, times)
		}
	}
	if sent := len(target.sent()); sent < n-8 { // what was under way at the kill may be unknown
		t.Errorf("%d of %d were sent", sent, n)
	}
	px(t, dir, 0, "diff", "rec", "run", "-o", "cmp")

	// One that is ended as it is counts what it lacks.
	there = target.tell(20)
	first = start(t, dir, nil, append(args("1/3"), "-o", "cut")...)
	arrive(t, there, first)
	first.signal(syscall.SIGKILL)
	first.wait(time.Minute)
	px(t, dir, 0, append(args("2/3"), "-o", "cut")...)
	px(t, dir, 0, append(args("3/3"), "-o", "cut")...)
	says(t, px(t, dir, 0, "verify", "--recover", "cut").stderr, filepath.Join("cut", "shard-1-of-3"))
	px(t, dir, 0, "diff", "rec", "cut", "-o", "cut.cmp")
	says(t, px(t, dir, 3, "gate", "cut.cmp").stdout, "not reached")
}

// Shards that start at about the same time, into one new folder, send together what
// the one schedule says, from the agreed start.
func TestShardsAtOnce(t *testing.T) {
	dir := home(t)
	const n, of = 120, 3
	record(t, dir, "rec", n)
	target := newStub(t, 0)
	at := time.Now().Add(5 * time.Second).Truncate(time.Millisecond)
	var all []*child
	for i := 1; i <= of; i++ {
		all = append(all, start(t, dir, nil, "replay", "rec", "--target", target.url, "-o", "run", "--rate", "400/s", "--allow-writes", "-q",
			"--shard", fmt.Sprintf("%d/%d", i, of), "--start-at", at.Format(time.RFC3339Nano)))
	}
	for _, c := range all {
		if got := c.wait(childLimit); got.code != 0 && !strings.Contains(got.stderr, "by our own fault") {
			t.Fatalf("exit code %d: %s", got.code, got.stderr)
		}
	}
	for i, row := range rows(t, dir, "run") {
		want := at.Add(time.Duration(i) * time.Second / 400)
		due, err := time.Parse(time.RFC3339Nano, row["outcome"].(map[string]any)["due_at"].(string))
		if err != nil || !due.Equal(want) {
			t.Fatalf("row %d is due at %v, want %v (%v)", i, due, want, err)
		}
	}
	for what, times := range target.sent() {
		if times != 1 {
			t.Errorf("%s was sent %d times", what, times)
		}
	}
	if got := len(target.sent()); got != n {
		t.Errorf("%d of %d were sent", got, n)
	}
	px(t, dir, 0, "verify", "run")
}
