package shards

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
)

// row is the i-th exchange of a run of 4 sessions; rows are sent out of the
// baseline's order.
func row(i int) *recording.Exchange {
	session := recording.MakeSession(fmt.Sprint(i%4), "", 0)
	at := int64(1_700_000_000_000_000_000)
	sent := at + 1e12 + int64(i^1)*1000
	return &recording.Exchange{
		ID: recording.MakeID(sent, session, uint32(i)), Replays: recording.MakeID(at+int64(i)*1000, session, uint32(i)),
		Session: session, Sequence: uint32(i), Protocol: "http/1.1",
		Request: &recording.Request{Method: "GET", Target: fmt.Sprint("/", i), Version: "1.1", FirstAt: sent, LastAt: sent},
		Response: &recording.Response{
			Status: 200, Version: "1.1", FirstAt: sent + 1, LastAt: sent + 2, Body: recording.StoredBody(fmt.Appendf(nil, "answer %d", i)),
		},
		Outcome: &recording.Outcome{DueAt: sent, ReadyAt: sent, SentAt: sent, DoneAt: sent + 2, End: recording.Answered},
	}
}

func options(index, of int) recording.Options {
	return recording.Options{
		Kind: recording.KindRun, Tool: "test", Baseline: strings.Repeat("b", 64), Target: "http://new:80",
		Redaction: recording.Redaction{Profile: "secrets", KeyID: "k"}, Encoders: 1,
		Info:  map[string]string{"marker": "X: y", "own": fmt.Sprint(index), "timing": fmt.Sprintf(`{"paced":false,"late":%d}`, index)},
		Shard: &recording.Shard{Index: index, Of: of, Plan: map[string]string{"schedule": "max"}},
	}
}

// write makes a run of rows in dir.
func write(t testing.TB, dir string, o recording.Options, c recording.Closing, rows ...*recording.Exchange) {
	t.Helper()
	w, err := recording.Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Ledger.Account("exchanges")
	a.Total = int64(len(rows))
	a.Add("answered", recording.Fine, a.Total)
	for _, ex := range rows {
		if err := w.Write(ex); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(c); err != nil {
		t.Fatal(err)
	}
}

// pair makes a run of two shards; change sees the options of the second.
func pair(t *testing.T, change func(*recording.Options), second ...*recording.Exchange) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "shard-1-of-2"), options(1, 2), recording.Closing{}, row(0), row(2))
	o := options(2, 2)
	if change != nil {
		change(&o)
	}
	write(t, filepath.Join(dir, "shard-2-of-2"), o, recording.Closing{}, second...)
	return dir
}

func all(t testing.TB, r *Reader) (rows []*recording.Exchange, err error) {
	t.Helper()
	for ex, err := range r.Exchanges(recording.Filter{}) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, clone(ex))
	}
	return rows, nil
}

// clone keeps what a reader reuses.
func clone(ex *recording.Exchange) *recording.Exchange {
	c := *ex
	request, response, outcome := *ex.Request, *ex.Response, *ex.Outcome
	response.Body.Bytes = slices.Clone(response.Body.Bytes)
	c.Request, c.Response, c.Outcome = &request, &response, &outcome
	return &c
}

// A run that was cut in any way reads as if it had not been. (Each recording costs
// several syncs of the disk, so that there are few.)
func TestMergedIsTheWhole(t *testing.T) {
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 1))
		mergedIsTheWhole(t, random, random.IntN(20), 1+int(seed)%4)
	}
}

func mergedIsTheWhole(t *testing.T, random *rand.Rand, n, of int) {
	dir := t.TempDir()
	var want []*recording.Exchange
	parts := make([][]*recording.Exchange, of)
	for i := range n {
		want = append(want, row(i))
		to := random.IntN(of)
		parts[to] = append(parts[to], row(i))
	}
	for i, rows := range parts {
		write(t, filepath.Join(dir, recording.ShardFolder(i+1, of)), options(i+1, of), recording.Closing{}, rows...)
	}
	r, err := Open(dir, recording.OpenOptions{ReuseBuffers: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := all(t, r)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("%d rows in %d shards: %v\n%s", n, of, err, diff)
	}
	m := r.Manifest()
	if m.Exchanges != int64(n) || m.Shard != nil || m.Ledger.Account("exchanges").Total != int64(n) || !m.Ledger.Closed() {
		t.Fatalf("%+v", m)
	}
	for i := range want {
		if ex, err := r.Get(want[i].Replays); err != nil || ex.ID != want[i].ID {
			t.Fatalf("%v %v", ex, err)
		}
		if ex, err := r.Get(want[i].ID); err != nil || ex.Replays != want[i].Replays {
			t.Fatalf("by its own ID: %v %v", ex, err)
		}
	}
	if err := Verify(dir); err != nil {
		t.Fatal(err)
	}
}

func TestWindowAndEarlyEnd(t *testing.T) {
	r, err := Open(pair(t, nil, row(1), row(3)), recording.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	from, _ := row(1).Replays.Time()
	var got []recording.ID
	for ex, err := range r.Exchanges(recording.Filter{From: from}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, ex.Replays); len(got) == 2 {
			break
		}
	}
	if want := []recording.ID{row(1).Replays, row(2).Replays}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if _, err := r.Get(row(9).Replays); !errors.Is(err, recording.ErrNotFound) {
		t.Error(err)
	}
}

// One exchange in two shards is an error that names both and the exchange.
func TestTwice(t *testing.T) {
	dir := pair(t, nil, row(1), row(2), row(3))
	r, err := Open(dir, recording.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, err := all(t, r)
	if !errors.Is(err, ErrTwice) || len(rows) != 3 {
		t.Fatalf("%v after %d rows", err, len(rows))
	}
	says(t, err, "shard-1-of-2", "shard-2-of-2", string(row(2).Replays))
	says(t, Verify(dir), "shard-1-of-2", "shard-2-of-2", string(row(2).Replays))
}

// says checks an error's text.
func says(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
}

func TestNotOfOneRun(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*recording.Options)
		says   string
	}{
		"baseline":   {func(o *recording.Options) { o.Baseline = strings.Repeat("c", 64) }, "the baseline"},
		"target":     {func(o *recording.Options) { o.Target = "http://other:80" }, "the target"},
		"key":        {func(o *recording.Options) { o.Redaction.KeyID = "other" }, "the redaction's key"},
		"profile":    {func(o *recording.Options) { o.Redaction.Profile = "off" }, "the redaction's profile"},
		"schedule":   {func(o *recording.Options) { o.Shard.Plan = map[string]string{"schedule": "rate"} }, `schedule is "max" and "rate"`},
		"new key":    {func(o *recording.Options) { o.Shard.Plan = map[string]string{"schedule": "max", "order": "x"} }, `order is "" and "x"`},
		"index":      {func(o *recording.Options) { o.Shard.Index = 1 }, "of shard-1-of-2"},
		"number":     {func(o *recording.Options) { o.Shard.Of = 3 }, "of shard-2-of-3"},
		"no shard":   {func(o *recording.Options) { o.Shard = nil }, "of a whole run"},
		"everything": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(pair(t, c.change, row(1)), recording.OpenOptions{})
			if c.change == nil {
				if err != nil {
					t.Fatal(err)
				}
				r.Close()
				return
			}
			if !errors.Is(err, ErrMixed) {
				t.Fatalf("%v", err)
			}
			says(t, err, "shard-2-of-2", c.says)
		})
	}
}

func TestMissingAndUnfinished(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "shard-2-of-3"), options(2, 3), recording.Closing{}, row(0))
	if _, err := Open(dir, recording.OpenOptions{}); !errors.Is(err, ErrMissing) {
		t.Error(err)
	} else {
		says(t, err, "1 of 3", "shard-1-of-3, shard-3-of-3 are missing")
	}
	write(t, filepath.Join(dir, "shard-1-of-3"), options(1, 3), recording.Closing{}, row(1))
	live, err := recording.CreateLive(filepath.Join(dir, "shard-3-of-3"), options(3, 3))
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Suspend(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir, recording.OpenOptions{})
	if !errors.Is(err, ErrMissing) || !errors.Is(err, recording.ErrPartial) {
		t.Error(err)
	}
	says(t, err, "shard-3-of-3")
	if err := Verify(dir); !errors.Is(err, recording.ErrPartial) {
		t.Error(err)
	}
	write(t, filepath.Join(dir, "shard-1-of-2"), options(1, 2), recording.Closing{}, row(1))
	if _, err = Open(dir, recording.OpenOptions{}); !errors.Is(err, ErrMixed) {
		t.Error(err)
	}
}

// What is named like a shard and is none is left alone.
func TestFound(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"shard-0-of-2", "shard-3-of-2", "shard-1-of-2x", "shard-01-of-2", "shards"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "shard-1-of-2"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if Found(dir) || Found(filepath.Join(dir, "none")) {
		t.Error("no shard was taken for one")
	}
	if _, err := Open(dir, recording.OpenOptions{}); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
}

// Damage in any shard is found, and is said of it.
func TestVerifyFindsDamage(t *testing.T) {
	dir := pair(t, nil, row(1), row(3))
	if err := Verify(dir); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "shard-2-of-2", "exchanges", "part-00000.parquet")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	err = Verify(dir)
	if !errors.Is(err, recording.ErrDamaged) {
		t.Error(err)
	}
	says(t, err, "shard-2-of-2")
}

// What all shards say is said once, what some say with their names; counts and
// ledgers add up.
func TestManifestsAddUp(t *testing.T) {
	dir := t.TempDir()
	for i := 1; i <= 2; i++ {
		c := recording.Closing{RedactionCounts: map[string]int64{"cookie": int64(i)}, Notes: []string{"of both", "again", "again"}[:i]}
		if i == 2 {
			c.Interrupted = "killed"
			a := c.Ledger.Account("journal bytes")
			a.Total = 7
			a.Add("torn tail", recording.Lost, 7)
		}
		write(t, filepath.Join(dir, recording.ShardFolder(i, 2)), options(i, 2), c, row(i))
	}
	r, err := Open(dir, recording.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m := r.Manifest()
	if diff := cmp.Diff([]string{"of both", "shard-2-of-2: again"}, m.Notes); diff != "" {
		t.Error(diff)
	}
	if m.Interrupted != "shard-2-of-2: killed" || m.Redaction.Counts["cookie"] != 3 || m.Ledger.Account("journal bytes").Total != 7 {
		t.Errorf("%+v", m)
	}
	if diff := cmp.Diff(map[string]string{"marker": "X: y", "timing": `{"paced":false}`}, m.Info); diff != "" {
		t.Error(diff)
	}
	if m.FirstAt == 0 || m.FirstAt > m.LastAt || len(m.Files) != 0 {
		t.Errorf("%+v", m)
	}
}
