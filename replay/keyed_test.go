package replay

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/recording"
	"parallax/replay/carry"
	"parallax/replay/schedule"
	"parallax/replay/sessions"
)

func keyed(t interface{ Fatal(...any) }, keys ...sessions.Key) *sessions.Namer {
	n, err := sessions.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A session of a key keeps its order over all its connections; what overlapped in
// it may overlap again; others do not wait. So it is with every bound on what is
// read ahead, since what is not read yet comes later in any case.
func TestKeyedSessionOrder(t *testing.T) {
	for _, pool := range []Pool{{}, {Requests: 3}, {Requests: 3, Connections: 3, Shared: true}} {
		t.Run(fmt.Sprintf("%+v", pool), func(t *testing.T) { keyedSessionOrder(t, pool) })
	}
}

func keyedSessionOrder(t *testing.T, pool Pool) {
	var s script
	s.add("one", 0, 10, "GET", "/a1", "Cookie: sid=a")
	s.add("two", 1, 12, "GET", "/a2", "Cookie: sid=a") // overlaps a1, on another connection
	s.add("one", 11, 12, "GET", "/b1", "Cookie: sid=b")
	s.add("three", 13, 30, "GET", "/a3", "Cookie: sid=a") // after both
	s.add("two", 31, 32, "GET", "/a4", "Cookie: sid=a")   // after all
	s.add("four", 40, 41, "GET", "/a5", "Cookie: sid=a")
	m := meeting{
		after:    map[string][]string{"/a3": {"/a1", "/a2"}, "/a4": {"/a3"}, "/a5": {"/a4"}},
		together: map[string]string{"/a1": "/a2", "/a2": "/a1"},
	}
	address, requests := httpServer(t, func(r seen) string {
		m.serve(r.target)
		return ok("")
	})
	r, rows := run(t, &s, address, Options{Schedule: schedule.Max(), Pool: pool, Sessions: keyed(t, sessions.Key{Cookie: "sid"})})
	m.check(t, false)
	if r.Ends[recording.Answered] != 6 {
		t.Errorf("%+v", r.Ends)
	}
	// The rows are still those of the connections.
	for _, ex := range s.list {
		if row := rows.rows[ex.ID]; row.Session != ex.Session || row.Sequence != ex.Sequence {
			t.Errorf("%s: session %s-%d, recorded %s-%d", ex.Request.Target, row.Session, row.Sequence, ex.Session, ex.Sequence)
		}
	}
	conns := make(map[string]int)
	for _, q := range requests() {
		conns[q.target] = q.conn
	}
	if !pool.Shared && conns["/b1"] == conns["/a1"] {
		t.Error("two sessions over one connection")
	}
}

// A request waits for exactly those of its key's session that had ended.
func TestOrderIsThatOfTheKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, _ := carry.New(nil)
		e := &engine{o: &Options{Sessions: keyed(t, sessions.Key{Cookie: "sid"})}, carry: set}
		e.state.sessions, e.state.sources = make(map[string]*session), make(map[carry.Key]*job)
		var s script
		var jobs []*job
		begin := 1
		for range rapid.IntRange(1, 25).Draw(t, "requests") {
			begin += rapid.IntRange(0, 4).Draw(t, "gap")
			end := begin + rapid.IntRange(0, 12).Draw(t, "length")
			ex := s.add(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "connection"), begin, end, "GET", "/")
			if user := rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "user"); user != "" {
				ex.Request.Headers = append(ex.Request.Headers, headers("Cookie: sid="+user)...)
			}
			j := newJob(clone(ex), set)
			e.place(j, e.sessionOf(ex))
			jobs = append(jobs, j)
		}
		for i, before := range jobs {
			behind := reach(before)
			for _, j := range jobs[i+1:] {
				a, _ := cookieOf(before)
				b, _ := cookieOf(j)
				same := a == b && (a != "" || before.ex.Session == j.ex.Session)
				if want := same && before.lastAt <= j.firstAt; behind[j] != want {
					t.Fatalf("%s before %s: waits %v, want %v", before.ex.ID, j.ex.ID, behind[j], want)
				}
			}
		}
		checkWaits(t, jobs)
	})
}

func cookieOf(j *job) (string, bool) {
	for _, h := range j.ex.Request.Headers {
		if h.Name == "Cookie" {
			return h.Value, true
		}
	}
	return "", false
}

// Values that are carried within a session are carried over its connections: a
// log-in belongs to the session that it opens.
func TestCarriedWithinAKeyedSession(t *testing.T) {
	var s script
	answeredBy(s.add("one", 0, 5, "GET", "/login"), `{"csrf":"old"}`, "Set-Cookie: sid=old-1")
	s.add("two", 10, 11, "GET", "/act?csrf=old", "Cookie: sid=old-1")
	s.add("three", 12, 13, "GET", "/act?csrf=old", "Cookie: sid=old-2") // another user
	address, requests := httpServer(t, func(r seen) string {
		if r.target == "/login" {
			return ok(`{"csrf":"new"}`, "Set-Cookie: sid=new-1")
		}
		return ok("")
	})
	o := Options{Schedule: schedule.Max(), Carry: []carry.Rule{{From: carry.From{Body: "/csrf"}, To: carry.To{Query: "csrf"}}}}
	for _, c := range []struct {
		keys    []sessions.Key
		carried int
	}{{nil, 0}, {[]sessions.Key{{Cookie: "sid"}}, 1}} {
		o.Schedule, o.Sessions = schedule.Max(), keyed(t, c.keys...)
		before := len(requests())
		run(t, &s, address, o)
		carried := 0
		for _, q := range requests()[before:] {
			if q.target == "/act?csrf=new" {
				carried++
			}
		}
		if carried != c.carried {
			t.Errorf("keys %v: carried %d times, want %d", c.keys, carried, c.carried)
		}
	}
}

// A session of a key is in one shard, whatever connections it came on.
func TestKeyedSessionIsInOneShard(t *testing.T) {
	var s script
	for i := range 90 {
		s.add(fmt.Sprint(i%30), i, i, "GET", "/", fmt.Sprint("X-User: u", i%9))
	}
	o := Options{Sessions: keyed(t, sessions.Key{Header: "X-User"})}
	in := make(map[string]int)
	total := 0
	for i := 1; i <= 3; i++ {
		o.Schedule, o.Shard = nil, Shard{i, 3}
		part := sendTimes(t, s.list, o)
		total += len(part)
		for _, ex := range s.list {
			if _, sent := part[ex.ID]; !sent {
				continue
			}
			user := ex.Request.Headers[1].Value
			if in[user] != 0 && in[user] != i {
				t.Errorf("%s is in shards %d and %d", user, in[user], i)
			}
			in[user] = i
		}
	}
	if total != 90 {
		t.Errorf("%d of 90 are sent", total)
	}
}
