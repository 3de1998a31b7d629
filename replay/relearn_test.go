package replay

import (
	"testing"

	"parallax/capture/recording"
	"parallax/replay/carry"
)

// A run that is gone on with knows the ids and cookies that its answers had brought
// before, but for those that were redacted.
func TestResumedRunKnowsWhatItHadLearnt(t *testing.T) {
	const token = "redacted-abcdefghijklmnop"
	var s script
	answeredBy(withBody(s.add("a", 0, 1, "POST", "/orders"), `{"n":1}`), `{"id":17}`, "Set-Cookie: shown=1", "Set-Cookie: sid="+token)
	s.add("a", 2, 3, "GET", "/orders/17", "Cookie: shown=1; sid="+token)
	address, requests := httpServer(t, func(r seen) string {
		return ok(`{"id":9001}`, "Set-Cookie: shown=2", "Set-Cookie: sid=live")
	})
	o := Options{AllowWrites: true, HoldsToken: holdsToken, Carry: []carry.Rule{
		{From: carry.From{Route: "POST /orders", Body: "/id"}, To: carry.To{Route: "/orders/{id}", Path: "id"}},
	}}
	first := script{list: s.list[:1]}
	_, before := run(t, &first, address, o)
	row := before.rows[s.list[0].ID]
	redactedCookie(row.Response, token)
	o.Resume = Resume{
		Ended: map[recording.ID]recording.End{s.list[0].ID: recording.Answered},
		Row:   func(recording.ID) (*recording.Exchange, error) { return row, nil },
	}
	r, _ := run(t, &s, address, o)
	got := requests()
	if len(got) != 2 || got[1].target != "/orders/9001" || got[1].header.Get("Cookie") != "shown=2" {
		t.Errorf("%+v", got)
	}
	if r.Resumed != 1 || r.Unlearnt != 1 || r.Carried != 2 || r.LeftOut != 1 {
		t.Errorf("%+v", r)
	}
}

// redactedCookie writes token in the place of the cookie sid, as a run is stored.
func redactedCookie(r *recording.Response, token string) {
	for i, h := range r.Headers {
		if h.Value == "sid=live" {
			r.Headers[i].Value = "sid=" + token
		}
	}
}

// What redaction stored of an encoded answer is not encoded any more.
func TestResumedRunReadsRedactedBodies(t *testing.T) {
	var s script
	answeredBy(withBody(s.add("a", 0, 1, "POST", "/orders"), `{"n":1}`), `{"id":17}`)
	s.add("a", 2, 3, "GET", "/orders/17")
	address, requests := httpServer(t, func(seen) string { return ok(zipped(`{"id":9001}`), "Content-Encoding: gzip") })
	o := Options{AllowWrites: true, Carry: []carry.Rule{
		{From: carry.From{Route: "POST /orders", Body: "/id"}, To: carry.To{Route: "/orders/{id}", Path: "id"}},
	}}
	first := script{list: s.list[:1]}
	_, before := run(t, &first, address, o)
	row := before.rows[s.list[0].ID]
	row.Response.Body = recording.StoredBody([]byte(`{"id":9001,"secret":"redacted-abcdefghijklmnop"}`))
	row.Response.Body.Redacted = true
	o.Resume = Resume{
		Ended: map[recording.ID]recording.End{s.list[0].ID: recording.Answered},
		Row:   func(recording.ID) (*recording.Exchange, error) { return row, nil },
	}
	run(t, &s, address, o)
	if got := requests(); len(got) != 2 || got[1].target != "/orders/9001" {
		t.Errorf("%+v", got)
	}
}
