package diff

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
	"parallax/diff/rules"
	"parallax/internal/route"
)

const session = "0123456789abcdef"

func idOf(i int) recording.ID { return recording.MakeID(oldClock+int64(i)*1000, session, uint32(i)) }

// made is n exchanges of one route whose bodies body makes.
func made(n int, at int64, run bool, body func(i int) string) []*recording.Exchange {
	var list []*recording.Exchange
	for i := range n {
		a := answer{Headers: [][2]string{{"Content-Type", "application/json"}}, Body: body(i)}
		ex := a.exchange(recording.MakeID(at+int64(i)*1000, session, uint32(i)), at+int64(i)*1000)
		if run {
			answering(ex, idOf(i))
		}
		list = append(list, ex)
	}
	return list
}

func oldSide(n int, body func(i int) string) Input {
	return memory("old", recording.KindRecording, made(n, oldClock, false, body))
}

func run(name string, n int, body func(i int) string) Input {
	return memory(name, recording.KindRun, made(n, newClock, true, body))
}

func constant(int) string { return `{"a":1}` }

// A run's own ids follow the order of sending, which crosses the recorded one where
// an answer was late. A run of the run names what was recorded first.
func TestARunIsABaseline(t *testing.T) {
	recorded := made(3, newClock, true, constant)
	recorded[1].ID, recorded[2].ID = recorded[2].ID, recorded[1].ID
	again := made(3, newClock+1e9, true, func(i int) string { return []string{`{"a":1}`, `{"a":1}`, `{"a":2}`}[i] })
	new := memory("again", recording.KindRun, again)
	new.Manifest.Baseline = "run"
	s, found := compareAll(t, memory("run", recording.KindRun, recorded), new, nil, nil)
	if len(found) != 1 || found[0].Record != string(idOf(2)) || found[0].Field != "/a" {
		t.Errorf("found %v, want /a of %s", shown(found), idOf(2))
	}
	if got := s.Subjects[0].Equal; got != 2 {
		t.Errorf("%d equal, want 2", got)
	}
}

// What a connection carries behind a 101 is in no recording: equal handshakes prove
// nothing of it, with a control or without.
func TestTunnelsAreNotCompared(t *testing.T) {
	side := func(name string, at int64, asRun bool, key string) Input {
		a := answer{Status: 101, Headers: [][2]string{{"Upgrade", "websocket"}, {"X-Key", key}}}
		ex := a.exchange(recording.MakeID(at, session, 0), at)
		if !asRun {
			return memory(name, recording.KindRecording, []*recording.Exchange{ex})
		}
		return memory(name, recording.KindRun, []*recording.Exchange{answering(ex, idOf(0))})
	}
	old := side("old", oldClock, false, "1")
	for name, c := range map[string]struct {
		new      Input
		controls []Input
	}{
		"equal":      {side("new", newClock, true, "1"), nil},
		"controlled": {side("new", newClock, true, "1"), []Input{side("control", newClock, true, "1")}},
		"noise":      {side("new", newClock, true, "2"), []Input{side("control", newClock, true, "3")}},
	} {
		t.Run(name, func(t *testing.T) {
			s, found := compareAll(t, old, c.new, c.controls, nil)
			if last := found[len(found)-1]; last.Class != ClassTunnel || s.Subjects[0].NotCompared != 1 {
				t.Errorf("%v, counters %+v", shown(found), s.Subjects[0])
			}
		})
	}
}

func TestPairsAreCheckedForOrder(t *testing.T) {
	list := made(3, oldClock, false, constant)
	list[1], list[2] = list[2], list[1]
	_, err := Compare(context.Background(), memory("old", recording.KindRecording, list), run("new", 3, constant), nil, Options{}, &kept{t: t})
	if !errors.Is(err, ErrOrder) {
		t.Fatalf("error %v, want ErrOrder", err)
	}
	for _, id := range []recording.ID{idOf(1), idOf(2)} {
		if !strings.Contains(err.Error(), string(id)) {
			t.Errorf("error %q does not name %s", err, id)
		}
	}
}

func TestNothingShared(t *testing.T) {
	other := made(3, newClock, false, constant)
	_, err := Compare(context.Background(), oldSide(3, constant), memory("new", recording.KindRecording, other), nil, Options{}, &kept{t: t})
	if !errors.Is(err, ErrNothingShared) {
		t.Fatalf("error %v, want ErrNothingShared", err)
	}
}

func TestOtherRedactionIsRefused(t *testing.T) {
	keyed := func(id string) Input {
		in := run("new", 1, constant)
		in.Manifest.Redaction = recording.Redaction{Profile: "secrets", KeyID: id}
		return in
	}
	old := oldSide(1, constant)
	if _, err := Compare(context.Background(), old, keyed("a"), nil, Options{}, &kept{t: t}); !errors.Is(err, ErrRedaction) {
		t.Errorf("off and keyed: error %v", err)
	}
	old.Manifest.Redaction = recording.Redaction{Profile: "secrets", KeyID: "b"}
	if _, err := Compare(context.Background(), old, keyed("a"), nil, Options{}, &kept{t: t}); !errors.Is(err, ErrRedaction) {
		t.Errorf("two keys: error %v", err)
	}
	if _, err := Compare(context.Background(), old, keyed("b"), nil, Options{}, &kept{t: t}); err != nil {
		t.Errorf("one key: %v", err)
	}
}

func TestReadErrorIsPassedOn(t *testing.T) {
	bad := errors.New("row 7: bits")
	in := run("new", 1, constant)
	in.Exchanges = func(recording.Filter) iter.Seq2[*recording.Exchange, error] {
		return func(yield func(*recording.Exchange, error) bool) { yield(nil, bad) }
	}
	if _, err := Compare(context.Background(), oldSide(1, constant), in, nil, Options{}, &kept{t: t}); !errors.Is(err, bad) {
		t.Fatalf("error %v", err)
	}
}

// TestFates gives each way an exchange can end its one counter.
func TestFates(t *testing.T) {
	ended := func(end recording.End) func(o, n *recording.Exchange) {
		return func(o, n *recording.Exchange) {
			n.Outcome.End = end
			if end != recording.Answered {
				n.Response, n.Incomplete = nil, recording.NoAnswer
			}
		}
	}
	cut := func(why recording.Reason) func(o, n *recording.Exchange) {
		return func(o, n *recording.Exchange) {
			o.Response, o.Incomplete = nil, why
			n.Response, n.Outcome.End = nil, recording.NotWhole
		}
	}
	both := func(a, b recording.End) func(o, n *recording.Exchange) {
		return func(o, n *recording.Exchange) {
			o.Response, o.Incomplete, o.Outcome = nil, recording.NoAnswer, &recording.Outcome{End: a}
			n.Response, n.Incomplete, n.Outcome.End = nil, recording.NoAnswer, b
		}
	}
	for _, c := range []struct {
		name    string
		change  func(o, n *recording.Exchange)
		counter string
		shown   int
	}{
		{"answered", ended(recording.Answered), "equal", 0},
		{"filtered", ended(recording.Filtered), "filtered", 0},
		{"blocked", ended(recording.Blocked), "blocked", 0},
		{"not reached", ended(recording.NotReached), "not reached", 0},
		{"refused was never sent", ended(recording.Refused), "not compared", 1},
		{"dns was never sent", ended(recording.DNSFailed), "not compared", 1},
		{"reset", ended(recording.Reset), "missing in new", 1},
		{"header timeout", ended(recording.HeaderTimeout), "missing in new", 1},
		{"short body", ended(recording.ShortBody), "missing in new", 1},
		{"unknown is not known to be sent", ended(recording.Unknown), "not compared", 1},
		{"cut at the edge", cut(recording.ResponseAfterEnd), "incomplete", 0},
		{"gap in the old one", cut(recording.Gap), "not compared", 1},
		{"body not repeatable", func(o, n *recording.Exchange) { n.Response, n.Outcome.End = nil, recording.NotWhole }, "not compared", 1},
		{"old without an answer", func(o, n *recording.Exchange) { o.Response, o.Incomplete = nil, recording.NoAnswer }, "missing in old", 1},
		{"both reset", both(recording.Reset, recording.Reset), "equal", 0},
		{"reset and timeout", both(recording.Reset, recording.BodyTimeout), "different", 1},
		{"both failed, nobody knows how", func(o, n *recording.Exchange) {
			o.Response, o.Incomplete = nil, recording.NoAnswer
			n.Response, n.Incomplete, n.Outcome.End = nil, recording.NoAnswer, recording.Reset
		}, "not compared", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, new := made(2, oldClock, false, constant), made(2, newClock, true, constant)
			c.change(old[0], new[0])
			s, found := compareAll(t, memory("old", recording.KindRecording, old[:1]), memory("new", recording.KindRun, new[:1]), nil, nil)
			if got := counter(&s.Subjects[0]); got != c.counter {
				t.Errorf("counted as %q, want %q", got, c.counter)
			}
			if len(found) != c.shown {
				t.Errorf("%d differences, want %d: %v", len(found), c.shown, shown(found))
			}
		})
	}
}

func TestMissingRows(t *testing.T) {
	old, all := oldSide(3, constant), made(3, newClock, true, constant)
	s, _ := compareAll(t, old, memory("new", recording.KindRun, all[:2]), nil, nil)
	if s.Subjects[0].NotReached != 1 || s.Subjects[0].Equal != 2 {
		t.Errorf("a run that lacks a row: %+v", s.Subjects[0])
	}
	plain := made(3, oldClock, false, constant)
	s, found := compareAll(t, old, memory("new", recording.KindRecording, plain[:2]), nil, nil)
	if s.Subjects[0].NotCompared != 1 || len(found) != 1 {
		t.Errorf("a recording that lacks a row: %+v", s.Subjects[0])
	}
	s, _ = compareAll(t, memory("old", recording.KindRecording, plain[:2]), memory("new", recording.KindRecording, plain), nil, nil)
	if !strings.Contains(strings.Join(s.Notes, "\n"), "1 exchanges of the new side") {
		t.Errorf("a surplus row is not told of: %q", s.Notes)
	}
}

func TestUnusedRuleIsListed(t *testing.T) {
	place := "/nowhere"
	list := []rules.Rule{{Name: "idle", Where: rules.Where{Body: &place}, Action: rules.Action{Ignore: true}}}
	s, _ := compareAll(t, oldSide(1, constant), run("new", 1, constant), nil, list)
	if !strings.Contains(strings.Join(s.Notes, "\n"), "idle was never used") {
		t.Errorf("notes %q", s.Notes)
	}
}

func TestMoreDifferencesThanAreKept(t *testing.T) {
	wide := func(v int) string {
		var b strings.Builder
		for i := range 20 {
			fmt.Fprintf(&b, `,"f%d":%d`, i, v)
		}
		return "{" + b.String()[1:] + "}"
	}
	out := &kept{t: t}
	s, err := Compare(context.Background(), oldSide(1, func(int) string { return wide(1) }), run("new", 1, func(int) string { return wide(2) }),
		nil, Options{MaxPerRecord: 5}, out)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.list) != 6 || out.list[5].Class != ClassMore || out.list[5].Old.Text != "15" {
		t.Errorf("kept %v", shown(out.list))
	}
	if s.Subjects[0].Different != 1 || s.Subjects[0].Partly != 1 {
		t.Errorf("%+v", s.Subjects[0])
	}
}

// noisy answers: field a is always 1, field b what noise says.
func noisy(b func(i int) int) func(int) string {
	return func(i int) string { return fmt.Sprintf(`{"a":1,"b":%d}`, b(i)) }
}

func every(k, value int) func(int) int {
	return func(i int) int {
		if i%k == 0 {
			return value
		}
		return 0
	}
}

func first(n, value int) func(int) int {
	return func(i int) int {
		if i < n {
			return value
		}
		return 0
	}
}

func TestNoise(t *testing.T) {
	quiet := func(int) int { return 0 }
	for _, c := range []struct {
		name      string
		control   []func(int) int
		candidate func(int) int
		noise     int64
		different int64
	}{
		{"never seen in a control is never noise", []func(int) int{quiet}, first(1, 5), 0, 1},
		{"concordant: the same records differ", []func(int) int{every(4, 1)}, every(4, 2), 50, 0},
		{"always another value, as of /uuid", []func(int) int{func(i int) int { return i + 1 }}, func(i int) int { return i + 1000 }, 200, 0},
		{"flaky: as often, in other records", []func(int) int{first(8, 1)}, func(i int) int { return every(20, 1)(i + 3) }, 10, 0},
		{"excess: the candidate far more often", []func(int) int{first(2, 1)}, func(i int) int { return every(4, 3)(i + 1) }, 0, 50},
		{"excess beside concordant ones", []func(int) int{first(20, 1)}, func(i int) int { return first(60, 3)(i) }, 20, 40},
		{"two controls add up", []func(int) int{first(10, 1), func(i int) int { return first(10, 1)(i-190) * 0 }}, func(i int) int { return first(1, 1)(i - 50 + 50) }, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			old := oldSide(200, noisy(quiet))
			var controls []Input
			for i, f := range c.control {
				controls = append(controls, run(fmt.Sprintf("control %d", i), 200, noisy(f)))
			}
			s, found := compareAll(t, old, run("new", 200, noisy(c.candidate)), controls, nil)
			if got := s.Subjects[0]; got.NoiseOnly != c.noise || got.Different != c.different {
				t.Errorf("noise only %d, different %d; want %d, %d\n%q", got.NoiseOnly, got.Different, c.noise, c.different, s.Notes)
			}
			for _, d := range found {
				if d.Field != "/b" {
					t.Errorf("difference at %s", d.Field)
				}
			}
		})
	}
}

func TestNoiseDoesNotCoverOtherPlaces(t *testing.T) {
	body := func(a, b int) func(int) string {
		return func(i int) string { return fmt.Sprintf(`{"a":%d,"b":%d}`, a, b+i) }
	}
	s, _ := compareAll(t, oldSide(50, body(1, 0)), run("new", 50, body(2, 200)), []Input{run("control", 50, body(1, 100))}, nil)
	if s.Subjects[0].Different != 50 || s.Subjects[0].NoiseOnly != 0 {
		t.Fatalf("%+v", s.Subjects[0])
	}
	for _, g := range s.Subjects[0].Groups {
		if g.Noise != (g.Pattern == "/b") {
			t.Errorf("group %s: noise %v", g.Pattern, g.Noise)
		}
	}
}

func TestFlakyStatus(t *testing.T) {
	side := func(name string, at int64, asRun bool, fails func(i int) bool) Input {
		list := made(300, at, asRun, constant)
		for i, ex := range list {
			if fails(i) {
				ex.Response.Status = 500
			}
		}
		if asRun {
			return memory(name, recording.KindRun, list)
		}
		return memory(name, recording.KindRecording, list)
	}
	old := side("old", oldClock, false, func(int) bool { return false })
	control := side("control", newClock, true, func(i int) bool { return i%50 == 1 })
	s, _ := compareAll(t, old, side("new", newClock, true, func(i int) bool { return i%50 == 2 }), []Input{control}, nil)
	if s.Subjects[0].NoiseOnly != 6 || s.Subjects[0].Different != 0 {
		t.Errorf("as flaky as the old system: %+v", s.Subjects[0])
	}
	s, _ = compareAll(t, old, side("new", newClock, true, func(i int) bool { return i%5 == 2 }), []Input{control}, nil)
	if s.Subjects[0].Different != 60 {
		t.Errorf("far more flaky: %+v", s.Subjects[0])
	}
	if !strings.Contains(strings.Join(s.Notes, "\n"), "more often different in the new") {
		t.Errorf("notes %q", s.Notes)
	}
}

func TestMissingAnswersAreNeverNoise(t *testing.T) {
	fail := func(in []*recording.Exchange) []*recording.Exchange {
		in[0].Response, in[0].Incomplete, in[0].Outcome.End = nil, recording.NoAnswer, recording.Reset
		return in
	}
	s, found := compareAll(t, oldSide(5, constant),
		memory("new", recording.KindRun, fail(made(5, newClock, true, constant))),
		[]Input{memory("control", recording.KindRun, fail(made(5, newClock, true, constant)))}, nil)
	if s.Subjects[0].MissingNew != 1 || len(found) != 1 || found[0].Noise {
		t.Errorf("%+v %v", s.Subjects[0], found)
	}
}

// TestUpperTail compares with sums of exact fractions.
func TestUpperTail(t *testing.T) {
	for _, c := range []struct{ k, n, odds int64 }{{0, 0, 2}, {1, 1, 2}, {8, 10, 2}, {30, 40, 2}, {9, 12, 3}, {60, 62, 4}, {200, 300, 2}} {
		exact := new(big.Rat)
		for i := c.k; i <= c.n; i++ {
			term := new(big.Int).Binomial(c.n, i)
			term.Mul(term, new(big.Int).Exp(big.NewInt(c.odds-1), big.NewInt(c.n-i), nil))
			exact.Add(exact, new(big.Rat).SetFrac(term, new(big.Int).Exp(big.NewInt(c.odds), big.NewInt(c.n), nil)))
		}
		want, _ := exact.Float64()
		if got := upperTail(c.k, c.n, 1/float64(c.odds)); math.Abs(got-want) > 1e-9*want {
			t.Errorf("P(X >= %d) of %d at 1/%d: %g, want %g", c.k, c.n, c.odds, got, want)
		}
	}
}

func TestLatenciesAreOfComparedPairs(t *testing.T) {
	old, new := made(3, oldClock, false, constant), made(3, newClock, true, constant)
	new[1].Response, new[1].Incomplete, new[1].Outcome.End = nil, recording.NoAnswer, recording.BodyTimeout
	s, _ := compareAll(t, memory("old", recording.KindRecording, old), memory("new", recording.KindRun, new), nil, nil)
	if a, b := s.Subjects[0].OldLatency.Count(), s.Subjects[0].NewLatency.Count(); a != 2 || b != 2 {
		t.Errorf("%d and %d latencies, want 2 and 2", a, b)
	}
	if got := s.Subjects[0].Failed[string(recording.BodyTimeout)]; got != 1 {
		t.Errorf("failed %v", s.Subjects[0].Failed)
	}
}

// A control answers as the old system does: a change made on purpose is no noise
// there, or else a fault at its place would be noise as well.
func TestIntendedChangeIsNoNoise(t *testing.T) {
	place := "/a"
	at, zone := "/t", &rules.Sides{Old: []string{"unix"}, New: []string{"iso"}}
	list := []rules.Rule{
		{Where: rules.Where{Body: &place}, Action: rules.Action{Transform: &rules.Transform{Old: "old * 100"}}},
		{Where: rules.Where{Body: &at}, Action: rules.Action{Time: &rules.Time{Format: zone}}},
	}
	was := func(i int) string { return fmt.Sprintf(`{"a":%d,"t":0}`, i+1) }
	is := func(i int) string {
		fault := 0
		if i == 7 {
			fault = 1
		}
		return fmt.Sprintf(`{"a":%d,"t":"1970-01-01T00:00:0%dZ"}`, (i+1)*100+fault, fault)
	}
	later := func(i int) string { return fmt.Sprintf(`{"a":%d,"t":%d}`, i+1, i%2) }
	for name, control := range map[string]func(int) string{"steady": was, "noisy in time": later} {
		s, found := compareAll(t, oldSide(20, was), run("new", 20, is), []Input{run("control", 20, control)}, list)
		if d := found[0]; len(found) < 1 || d.Field != "/a" || d.Noise || s.Subjects[0].Different != 1 {
			t.Errorf("%s: %+v, %d different", name, found, s.Subjects[0].Different)
		}
	}
}

// listed names what it holds, and leaves the rest to the paths.
type listed map[string]string

func (l listed) Of(method, target string) (string, bool) {
	if name, ok := l[target]; ok {
		return method + " " + name, true
	}
	return route.Of(method, target), false
}

func (l listed) Digest() string { return "0123456789abcdef" }

func TestRoutesOfAList(t *testing.T) {
	side := func(at int64, run bool, body string) (list []*recording.Exchange) {
		for i, target := range []string{"/orders/a", "/orders/b", "/orders/7", "/orders/c"} {
			ex := answer{Target: target, Body: body}.exchange(recording.MakeID(at+int64(i)*1000, session, uint32(i)), at+int64(i)*1000)
			if run {
				answering(ex, idOf(i))
			}
			list = append(list, ex)
		}
		return list
	}
	place := "/v"
	set, err := rules.Compile([]rules.Rule{{Route: "GET /orders/{orderId}", Where: rules.Where{Body: &place}, Action: rules.Action{Ignore: true}}})
	if err != nil {
		t.Fatal(err)
	}
	routes := listed{"/orders/a": "/orders/{orderId}", "/orders/b": "/orders/{orderId}"}
	s, err := Compare(context.Background(), memory("old", recording.KindRecording, side(oldClock, false, `{"v":1}`)),
		memory("new", recording.KindRun, side(newClock, true, `{"v":2}`)), nil, Options{Rules: set, Routes: routes}, &kept{t: t})
	if err != nil {
		t.Fatal(err)
	}
	closes(t, s)
	var got []string
	for i := range s.Subjects {
		x := &s.Subjects[i]
		got = append(got, fmt.Sprintf("%s: %d recorded, %d undescribed, %d under rules, %d different", x.Name, x.Recorded, x.Undescribed, x.UnderRules, x.Different))
	}
	want := []string{
		"GET /orders/c: 1 recorded, 1 undescribed, 0 under rules, 1 different",
		"GET /orders/{id}: 1 recorded, 1 undescribed, 0 under rules, 1 different",
		"GET /orders/{orderId}: 2 recorded, 0 undescribed, 2 under rules, 0 different",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	note := "routes are those of an OpenAPI description (0123456789ab), which has 2 of 4 exchanges; not GET /orders/c, GET /orders/{id}"
	if s.RoutesDigest != routes.Digest() || !slices.Contains(s.Notes, note) {
		t.Errorf("%q, notes %q", s.RoutesDigest, s.Notes)
	}
}
