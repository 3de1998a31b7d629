package replay

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
	"parallax/internal/content"
	"parallax/internal/httpmsg"
	"parallax/replay/carry"
	"parallax/replay/schedule"
	"parallax/replay/shift"
)

func shifting(rules ...shift.Rule) Options {
	return Options{
		Schedule: schedule.Max(), Pool: Pool{Connections: 1}, AllowWrites: true, Shift: rules,
		ShiftFrom: epoch, ShiftTo: epoch + int64(9*24*time.Hour+time.Hour), HoldsToken: func(s string) bool { return strings.Contains(s, "token:") },
	}
}

// TestTimesAreMoved: on the wire and in the run's rows, with lengths that are right.
func TestTimesAreMoved(t *testing.T) {
	address, requests := httpServer(t, hello)
	s := &script{}
	s.add("a", 0, 5, "GET", "/days/2023-11-15?from=2023-11-16&x=1", "X-At: 2023-11-14T22:13:20Z")
	withBody(s.add("a", 10, 15, "POST", "/trips", "Content-Type: application/json"), `{"at":"1.1.2023", "n": 1.0}`)
	packed, err := content.Encode([]string{"gzip"}, []byte(`{"at":"9.1.2023"}`))
	if err != nil {
		t.Fatal(err)
	}
	withBody(s.add("a", 20, 25, "POST", "/trips", "Content-Type: application/json", "Content-Encoding: gzip"), string(packed))
	withBody(s.add("a", 30, 35, "POST", "/trips", "Content-Type: application/json"), `{"at":"soon"}`)
	chunked := withBody(s.add("a", 40, 45, "POST", "/trips", "Content-Type: application/json"), `{"at":"1.1.2023"}`)
	chunked.Request.Headers = append(headers("Host: old.example", "Content-Type: application/json"), httpmsg.Header{Name: "Transfer-Encoding", Value: "chunked"})

	r, m := run(t, s, address, shifting(
		shift.Rule{Route: "GET /days/{day}", Path: "day", Format: "date"}, shift.Rule{Query: "from", Format: "date"},
		shift.Rule{Header: "X-At"}, shift.Rule{Route: "POST /trips", Body: "/at", Format: "2.1.2006", By: "9d"},
	))
	asked := requests()
	if got := asked[0]; got.target != "/days/2023-11-24?from=2023-11-25&x=1" || got.header.Get("X-At") != "2023-11-23T23:13:20Z" {
		t.Errorf("%s, %s", got.target, got.header.Get("X-At"))
	}
	unpacked := plain(headers("Content-Encoding: gzip"), []byte(asked[2].body))
	for i, c := range []struct{ got, want string }{
		{asked[1].body, `{"at":"10.1.2023", "n": 1.0}`}, {string(unpacked), `{"at":"18.1.2023"}`},
		{asked[3].body, `{"at":"soon"}`}, {asked[4].body, `{"at":"10.1.2023"}`},
	} {
		if c.got != c.want {
			t.Errorf("request %d: %s, want %s", i+1, c.got, c.want)
		}
	}
	want := []shift.Count{
		{Rule: "GET /days/{day} path day", By: "9 days", Moved: 1}, {Rule: "query from", By: "9 days", Moved: 1},
		{Rule: "header X-At", By: "217h0m0s", Moved: 1}, {Rule: "POST /trips body /at", By: "9 days", Moved: 3, Unread: 1},
	}
	if d := cmp.Diff(want, r.Shifted); d != "" {
		t.Error(d)
	}
	row := m.rows[s.list[1].ID]
	if string(row.Request.Body.Bytes) != `{"at":"10.1.2023", "n": 1.0}` || row.Request.Body.State != recording.BodyStored {
		t.Errorf("stored %+v", row.Request.Body)
	}
	if length, _ := httpmsg.Get(row.Request.Headers, "Content-Length"); length != "28" {
		t.Errorf("Content-Length %s", length)
	}
	if same := m.rows[s.list[3].ID].Request.Body; same.State != recording.BodyAsBaseline {
		t.Errorf("a body that was not moved is %s", same.State)
	}
}

// TestMovedBesideCarried: a moved time and a carried id in one body, and a token of
// redaction that still blocks.
func TestMovedBesideCarried(t *testing.T) {
	address, requests := httpServer(t, func(s seen) string {
		if s.target == "/carts" {
			return ok(`{"id":"new-77"}`, "Content-Type: application/json")
		}
		return ok("")
	})
	s := &script{}
	answeredBy(withBody(s.add("a", 0, 5, "POST", "/carts"), "{}"), `{"id":"old-12"}`, "Content-Type: application/json")
	withBody(s.add("a", 10, 15, "POST", "/trips", "Content-Type: application/json"), `{"cart":"old-12","on":"2023-11-15"}`)
	held := withBody(s.add("a", 20, 25, "POST", "/trips", "Content-Type: application/json"), `{"who":"token:1","on":"2023-11-15"}`)
	held.Request.Body.Redacted = true
	o := shifting(shift.Rule{Body: "/on", Format: "date"})
	o.Carry = []carry.Rule{{From: carry.From{Route: "POST /carts", Body: "/id"}, To: carry.To{Body: "/cart"}}}
	r, _ := run(t, s, address, o)
	if asked := requests(); len(asked) != 2 || asked[1].body != `{"cart":"new-77","on":"2023-11-24"}` {
		t.Errorf("%+v", asked)
	}
	if r.Ends[recording.Blocked] != 1 || r.Carried != 1 {
		t.Errorf("%v, carried %d", r.Ends, r.Carried)
	}
}
