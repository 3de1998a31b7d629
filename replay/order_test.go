package replay

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/capture/recording"
	"parallax/internal/route"
	"parallax/replay/carry"
	"parallax/replay/entity"
	"parallax/replay/schedule"
)

func ordered(t interface{ Fatal(...any) }) *entity.Set {
	set, err := entity.New([]entity.Rule{
		{Entity: "order", At: []carry.To{{Route: "* /orders/{id}", Path: "id"}, {Route: "POST /payments", Body: "/order"}}},
		{Entity: "user", At: []carry.To{{Header: "X-User"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// A request waits for exactly those that it must follow: of its session, or naming
// an entity that it names, and ended when it began.
func TestEntityOrderIsThatOfTheRecording(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, _ := carry.New(nil)
		e := &engine{o: &Options{Order: ordered(t)}, carry: set}
		e.state.sessions, e.state.sources = make(map[string]*session), make(map[carry.Key]*job)
		var s script
		var jobs []*job
		begin := 1
		for range rapid.IntRange(1, 30).Draw(t, "requests") {
			begin += rapid.IntRange(0, 4).Draw(t, "gap")
			end := begin + rapid.IntRange(0, 12).Draw(t, "length")
			ex := s.add(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "session"), begin, end, "GET",
				rapid.SampledFrom([]string{"/", "/orders/1", "/orders/2"}).Draw(t, "target"))
			if user := rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "user"); user != "" {
				ex.Request.Headers = append(ex.Request.Headers, headers("X-User: "+user)...)
			}
			j := newJob(clone(ex), set)
			e.name(j)
			e.place(j, ex.Session)
			jobs = append(jobs, j)
		}
		for i, j := range jobs {
			for _, before := range jobs[:i] {
				direct := j.session == before.session || shares(j, before)
				if direct && before.lastAt <= j.firstAt && !reach(before)[j] {
					t.Fatalf("%s does not wait for %s", j.ex.ID, before.ex.ID)
				}
				if slices.Contains(before.next, j) && !(direct && before.lastAt <= j.firstAt) {
					t.Fatalf("%s waits for %s", j.ex.ID, before.ex.ID)
				}
			}
		}
		end(t, e, jobs)
	})
}

func shares(a, b *job) bool {
	return a.named != nil && b.named != nil &&
		slices.ContainsFunc(a.named.keys, func(k entity.Key) bool { return slices.Contains(b.named.keys, k) })
}

// end ends the jobs in an order that their waits allow; nothing is left of them.
func end(t *rapid.T, e *engine, jobs []*job) {
	for len(jobs) > 0 {
		free := slices.IndexFunc(jobs, func(j *job) bool { return j.waits == 1 })
		if free < 0 {
			t.Fatal("all wait for each other")
		}
		j := jobs[free]
		jobs = slices.Delete(jobs, free, free+1)
		if j.named != nil {
			e.leaveLines(j)
		}
		j.session.open = slices.DeleteFunc(j.session.open, func(o *job) bool { return o == j })
		for _, next := range j.next {
			next.waits--
		}
	}
	if len(e.state.lines) > 0 {
		t.Fatalf("%d entities are still known", len(e.state.lines))
	}
}

// Requests of several sessions about one order go out in the recorded order, each
// after the answer before it; those that overlapped, and those about another
// order, do not wait. What waits is not late by our fault.
func TestEntityOrder(t *testing.T) {
	var s script
	withBody(s.add("a", 0, 5, "POST", "/payments"), `{"order":17}`)
	s.add("b", 6, 8, "GET", "/orders/17")
	s.add("c", 7, 9, "DELETE", "/orders/17") // overlaps b
	s.add("d", 8, 9, "GET", "/orders/18")
	s.add("e", 10, 11, "PUT", "/orders/17")
	name := func(r seen) string { return r.method + " " + r.target }
	after := map[string][]string{
		"GET /orders/17": {"POST /payments"}, "DELETE /orders/17": {"POST /payments"}, "PUT /orders/17": {"GET /orders/17", "DELETE /orders/17"},
	}
	for _, sched := range []*schedule.Schedule{schedule.Max(), nil} {
		m := meeting{after: after, together: map[string]string{
			"GET /orders/17": "DELETE /orders/17", "DELETE /orders/17": "GET /orders/17", "POST /payments": "GET /orders/18",
		}}
		address, _ := httpServer(t, func(r seen) string { m.serve(name(r)); return ok("") })
		r, rows := run(t, &s, address, Options{AllowWrites: true, Schedule: sched, Order: ordered(t)})
		m.check(t, false)
		first, second := rows.rows[s.list[0].ID].Outcome, rows.rows[s.list[1].ID].Outcome
		if second.SentAt < first.DoneAt || second.ReadyAt < first.DoneAt {
			t.Errorf("sent %v, ready %v after the answer", second.SentAt-first.DoneAt, second.ReadyAt-first.DoneAt)
		}
		if diff := cmp.Diff(OrderResult{Named: 5, Waits: 3}, r.Order); diff != "" || !r.Timing.Fair || r.Ends[recording.Answered] != 5 {
			t.Errorf("%s %+v", diff, r)
		}
	}
	// Without the rules nobody waits for another session.
	m := meeting{after: after, together: map[string]string{"POST /payments": "PUT /orders/17", "PUT /orders/17": "POST /payments"}}
	address, _ := httpServer(t, func(r seen) string { m.serve(name(r)); return ok("") })
	r, _ := run(t, &s, address, Options{AllowWrites: true, Schedule: schedule.Max()})
	m.check(t, true)
	if r.Order != (OrderResult{}) {
		t.Errorf("%+v", r.Order)
	}
}

// An answer that does not come frees those behind it, too.
func TestEntityOrderAfterAFailure(t *testing.T) {
	var s script
	s.add("a", 0, 1, "GET", "/orders/17")
	s.add("b", 2, 3, "GET", "/orders/17?again")
	address, requests := httpServer(t, func(r seen) string {
		if strings.Contains(r.target, "again") {
			return ok("")
		}
		return "nonsense\r\n\r\n"
	})
	r, _ := run(t, &s, address, Options{Schedule: schedule.Max(), Order: ordered(t)})
	if r.Ends[recording.Answered] != 1 || len(requests()) != 2 {
		t.Errorf("%+v", r.Ends)
	}
}

func TestOrderIsNotOfShards(t *testing.T) {
	_, err := Plan((&script{}).exchanges(), route.Of, Options{
		Target: Target{URL: "http://127.0.0.1:1"}, Order: ordered(t), Shard: Shard{1, 2},
	})
	if err == nil || !strings.Contains(err.Error(), "order cannot be held over shards") {
		t.Error(err)
	}
}

// The plan counts by kind who names one, and who follows another session's.
func TestPlanOfOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s script
		begin := 0
		for range rapid.IntRange(0, 30).Draw(t, "requests") {
			begin += rapid.IntRange(0, 4).Draw(t, "gap")
			s.add(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "session"), begin, begin+rapid.IntRange(0, 9).Draw(t, "length"),
				"GET", fmt.Sprint("/orders/", rapid.IntRange(1, 3).Draw(t, "order")))
		}
		var want OrderOutline
		for i, ex := range s.list {
			want.Requests++
			if slices.ContainsFunc(s.list[:i], func(b *recording.Exchange) bool {
				return b.Session != ex.Session && b.Request.Target == ex.Request.Target && lastAt(b) <= ex.Request.FirstAt
			}) {
				want.Behind++
			}
		}
		p, err := Plan(s.exchanges(), route.Of, Options{Target: Target{URL: "http://127.0.0.1:1"}, Order: ordered(t)})
		if err != nil || p.Order["order"] != want {
			t.Fatalf("%v %+v, want %+v", err, p.Order, want)
		}
	})
}
