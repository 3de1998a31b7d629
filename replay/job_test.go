package replay

import (
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/recording"
	"parallax/replay/carry"
)

// A request waits, directly or through others, for exactly those of its
// session whose answers had ended when it began.
func TestOrderIsThatOfTheRecording(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, _ := carry.New(nil)
		o := Options{}
		e := &engine{o: &o, carry: set}
		e.state.sessions, e.state.sources = make(map[string]*session), make(map[carry.Key]*job)
		var jobs []*job
		begin := int64(1)
		for range rapid.IntRange(1, 25).Draw(t, "requests") {
			begin += rapid.Int64Range(0, 4).Draw(t, "gap")
			end := begin + rapid.Int64Range(0, 12).Draw(t, "length")
			j := newJob(&recording.Exchange{
				Session:  rapid.SampledFrom([]string{"a", "b"}).Draw(t, "session"),
				Request:  &recording.Request{Method: "GET", FirstAt: begin, LastAt: begin},
				Response: &recording.Response{FirstAt: end, LastAt: end},
			}, set)
			e.place(j, j.ex.Session)
			jobs = append(jobs, j)
		}
		for i, before := range jobs {
			behind := reach(before)
			for _, j := range jobs[i+1:] {
				want := j.session == before.session && before.lastAt <= j.firstAt
				if behind[j] != want {
					t.Fatalf("%d-%d before %d-%d: waits %v, want %v", before.firstAt, before.lastAt, j.firstAt, j.lastAt, behind[j], want)
				}
			}
		}
		checkWaits(t, jobs)
	})
}

func reach(j *job) map[*job]bool {
	seen := make(map[*job]bool)
	todo := []*job{j}
	for len(todo) > 0 {
		next := todo[0].next
		todo = todo[1:]
		for _, n := range next {
			if !seen[n] {
				seen[n] = true
				todo = append(todo, n)
			}
		}
	}
	return seen
}

// checkWaits: a job counts those that it stands behind, and its release.
func checkWaits(t *rapid.T, jobs []*job) {
	waits := make(map[*job]int)
	for _, j := range jobs {
		for _, n := range j.next {
			waits[n]++
		}
	}
	for _, j := range jobs {
		if j.waits != waits[j]+1 {
			t.Fatalf("%d waits, %d in front", j.waits, waits[j])
		}
	}
}

// A long chain costs each request one look back, not the whole session.
func TestChainsAreShort(t *testing.T) {
	set, _ := carry.New(nil)
	o := Options{}
	e := &engine{o: &o, carry: set}
	e.state.sessions, e.state.sources = make(map[string]*session), make(map[carry.Key]*job)
	for i := range 1000 {
		j := newJob(&recording.Exchange{Request: &recording.Request{FirstAt: int64(i), LastAt: int64(i)}}, set)
		e.place(j, j.ex.Session)
		if want := min(i, 1) + 1; j.waits != want {
			t.Fatalf("request %d waits for %d", i, j.waits)
		}
	}
}
