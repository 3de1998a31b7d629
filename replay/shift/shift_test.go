package shift

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

func at(text string) int64 {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.UnixNano()
}

// The recording began late on a Saturday, the replay 26 hours and a bit later.
var (
	began = at("2026-01-10T23:00:00.25Z")
	now   = at("2026-01-12T01:13:07.5Z")
)

func request(target, kind, body string, headers ...httpmsg.Header) *recording.Request {
	r := &recording.Request{Method: "POST", Target: target, Headers: headers, Body: recording.StoredBody([]byte(body))}
	if kind != "" {
		r.Headers = append(r.Headers, httpmsg.Header{Name: "Content-Type", Value: kind})
	}
	return r
}

func set(t *testing.T, rules ...Rule) *Set {
	t.Helper()
	s, err := New(rules, began, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestForms: each value is moved in the form that it had, or left alone.
func TestForms(t *testing.T) {
	for _, c := range []struct {
		rule      Rule
		from, to  string
		unchanged bool
	}{
		{rule: Rule{}, from: "2026-01-11T09:00:00Z", to: "2026-01-12T11:13:07Z"},
		{rule: Rule{}, from: "2026-01-11T09:00:00.120+02:00", to: "2026-01-12T11:13:07.120+02:00"},
		{rule: Rule{Format: "rfc3339", Round: "day"}, from: "2026-01-11T09:00:00.5-08:00", to: "2026-01-13T09:00:00.5-08:00"},
		{rule: Rule{By: "48h"}, from: "2026-02-27T23:59:59Z", to: "2026-03-01T23:59:59Z"},
		{rule: Rule{By: "-1d"}, from: "2024-03-01T00:00:00Z", to: "2024-02-29T00:00:00Z"},
		{rule: Rule{Format: "date"}, from: "2026-01-11", to: "2026-01-13"}, // two midnights lie between
		{rule: Rule{Format: "date", Zone: "America/New_York"}, from: "2026-01-11", to: "2026-01-12"},
		{rule: Rule{Format: "date", By: "7d"}, from: "2026-12-28", to: "2027-01-04"},
		{rule: Rule{Format: "unix"}, from: "1768122000", to: "1768216387"},
		{rule: Rule{Format: "unix"}, from: "1768122000.75", to: "1768216387.75"},
		{rule: Rule{Format: "unix", Round: "day"}, from: "1768122000", to: "1768294800"},
		{rule: Rule{Format: "unix-ms", By: "1s"}, from: "-1", to: "999"},
		{rule: Rule{Format: "unix-ms"}, from: "1768122000123", to: "1768216387123"},
		{rule: Rule{Format: "http"}, from: "Sun, 11 Jan 2026 09:00:00 GMT", to: "Mon, 12 Jan 2026 11:13:07 GMT"},
		{rule: Rule{Format: "02.01.2006"}, from: "11.01.2026", to: "13.01.2026"},
		{rule: Rule{Format: "2006-01-02 15:04"}, from: "2026-01-11 09:00", to: "2026-01-12 11:13"},
		{rule: Rule{Format: "20060102T150405", Zone: "Europe/Berlin", By: "1d", Round: "day"}, from: "20260328T090000", to: "20260329T090000"},
		{rule: Rule{Format: "20060102T150405", Zone: "Europe/Berlin", By: "1d"}, from: "20260328T090000", to: "20260329T100000"}, // a day of 23 hours

		{rule: Rule{}, from: "2026-01-11", unchanged: true},
		{rule: Rule{}, from: "2026-01-11 09:00:00Z", unchanged: true},
		{rule: Rule{}, from: "2026-02-30T09:00:00Z", unchanged: true},
		{rule: Rule{}, from: "tomorrow", unchanged: true},
		{rule: Rule{}, from: "9999-12-31T23:00:00Z", unchanged: true},
		{rule: Rule{Format: "date"}, from: "2026-1-11", unchanged: true},
		{rule: Rule{Format: "date"}, from: "2026-01-11T00:00:00Z", unchanged: true},
		{rule: Rule{Format: "unix"}, from: "01", unchanged: true},
		{rule: Rule{Format: "unix"}, from: "1.7e9", unchanged: true},
		{rule: Rule{Format: "unix"}, from: "99999999999999999999", unchanged: true},
		{rule: Rule{Format: "unix"}, from: "-1.5", unchanged: true},
		{rule: Rule{Format: "http"}, from: "Mon, 11 Jan 2026 09:00:00 GMT", unchanged: true}, // it was a Sunday
	} {
		c.rule.Header = "X-At"
		s := set(t, c.rule)
		req := request("/", "", "", httpmsg.Header{Name: "x-at", Value: c.from})
		s.Apply(req, nil)
		want := c.to
		if c.unchanged {
			want = c.from
		}
		if got := req.Headers[0].Value; got != want {
			t.Errorf("%+v: %q became %q, want %q", c.rule, c.from, got, want)
		}
		if n := s.Counts()[0]; (n.Moved == 1) == c.unchanged || (n.Unread == 1) != c.unchanged {
			t.Errorf("%+v: %q: counted %+v", c.rule, c.from, n)
		}
	}
}

// TestPlaces: only the value changes, and what lies around it stays byte for byte.
func TestPlaces(t *testing.T) {
	day := func(r Rule) Rule { r.By, r.Format = "1d", "date"; return r }
	for _, c := range []struct {
		name         string
		rule         Rule
		target, want string
		kind         string
		body, after  string
	}{
		{"query", day(Rule{Query: "from"}), "/s?a=%20&from=2026-01-11&from=2026-02-01&x", "/s?a=%20&from=2026-01-12&from=2026-02-02&x", "", "", ""},
		{"query of another name", day(Rule{Query: "from"}), "/s?to=2026-01-11", "/s?to=2026-01-11", "", "", ""},
		{"query, spelt with escapes", Rule{Query: "at", By: "1d"}, "/s?at=2026-01-11T09%3A00%3A00%2B02%3A00", "/s?at=2026-01-12T09%3A00%3A00%2B02%3A00", "", "", ""},
		{"query, spelt without", Rule{Query: "at", By: "1d"}, "/s?at=2026-01-11T09:00:00Z", "/s?at=2026-01-12T09:00:00Z", "", "", ""},
		{"path", day(Rule{Route: "POST /days/{day}/slots", Path: "day"}), "/days/2026-01-11/slots?q=1", "/days/2026-01-12/slots?q=1", "", "", ""},
		{"another route", day(Rule{Route: "POST /days/{day}", Path: "day"}), "/days/2026-01-11/slots", "/days/2026-01-11/slots", "", "", ""},
		{"body", day(Rule{Body: "/trips/*/on"}), "/", "/", "application/json",
			"{ \"trips\" :[{\"on\":\"2026-01-11\" , \"n\":1.10},\n{\"on\":\"2026-01-31\"}],\"on\":\"2026-01-11\",\"e\":\"\\u00e9\"}",
			"{ \"trips\" :[{\"on\":\"2026-01-12\" , \"n\":1.10},\n{\"on\":\"2026-02-01\"}],\"on\":\"2026-01-11\",\"e\":\"\\u00e9\"}"},
		{"a number stays one", Rule{Body: "/at", Format: "unix", By: "1m"}, "/", "/", "application/json", `{"at": 100, "b": "100"}`, `{"at": 160, "b": "100"}`},
		{"a string stays one", Rule{Body: "/at", Format: "unix", By: "1m"}, "/", "/", "application/json", `{"at": "100"}`, `{"at": "160"}`},
		{"a form", day(Rule{Body: "/on"}), "/", "/", "application/x-www-form-urlencoded", "a=1+2&on=2026-01-11", "a=1+2&on=2026-01-12"},
		{"no JSON", day(Rule{Body: "/on"}), "/", "/", "application/json", `{"on":"2026-01-11"} x`, `{"on":"2026-01-11"} x`},
	} {
		s := set(t, c.rule)
		req := request(c.target, c.kind, c.body)
		out, changed := s.Apply(req, []byte(c.body))
		if req.Target != c.want || string(out) != c.after || changed != (c.body != c.after) {
			t.Errorf("%s: %s, %s (%v), want %s, %s", c.name, req.Target, out, changed, c.want, c.after)
		}
		if n := s.Counts()[0]; c.name == "no JSON" && (n.Moved != 0 || n.Unread != 1) {
			t.Errorf("%s: %+v", c.name, n)
		}
	}
}

func TestTheGivenListsStay(t *testing.T) {
	list := []httpmsg.Header{{Name: "X", Value: "2026-01-11"}}
	req := &recording.Request{Method: "GET", Target: "/", Headers: list}
	set(t, Rule{Header: "X", Format: "date"}).Apply(req, nil)
	if list[0].Value != "2026-01-11" || req.Headers[0].Value != "2026-01-13" {
		t.Errorf("%v, %v", list, req.Headers)
	}
}

func TestRulesAreChecked(t *testing.T) {
	for want, r := range map[string]Rule{
		"exactly one of header, query, path, body": {},
		"exactly one":              {Query: "a", Body: "/a"},
		"no placeholder {day}":     {Path: "day", Route: "GET /x"},
		"does not begin with /":    {Body: "a"},
		"zone":                     {Query: "a", Zone: "Nowhere/Such"},
		`zone: "Local"`:            {Query: "a", Zone: "Local"},
		"format":                   {Query: "a", Format: "iso"},
		`format: "15:04"`:          {Query: "a", Format: "15:04"},
		`format: "2006"`:           {Query: "a", Format: "2006"},
		"round":                    {Query: "a", Round: "week"},
		"want whole days":          {Query: "a", Format: "date", By: "36h"},
		`by: "soon"`:               {Query: "a", By: "soon"},
		`by: "1.5s"`:               {Query: "a", By: "1.5s"},
		`by: "99999999999d"`:       {Query: "a", By: "99999999999d"},
		`by: "400000d"`:            {Query: "a", By: "400000d"},
		"these are dates":          {Query: "a", Round: "day", By: "1h"},
		"shift 1: format: \"Jan\"": {Query: "a", Format: "Jan"},
	} {
		if _, err := New([]Rule{r}, began, now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", r, err, want)
		}
	}
}

// TestBackAgain: what is moved there and back is what it was, and differences
// between times stay.
func TestBackAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]string{"rfc3339", "date", "unix", "unix-ms", "http", "2006-01-02 15:04:05", "2.1.2006"}).Draw(t, "format")
		unix := rapid.Int64Range(-2_000_000_000, 4_000_000_000).Draw(t, "time")
		days := rapid.IntRange(-5000, 5000).Draw(t, "days")
		text := map[string]string{
			"rfc3339": time.Unix(unix, 0).UTC().Format(time.RFC3339), "date": time.Unix(unix, 0).UTC().Format("2006-01-02"),
			"unix": jsonOf(unix), "unix-ms": jsonOf(unix * 1000), "http": time.Unix(unix, 0).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"),
			"2006-01-02 15:04:05": time.Unix(unix, 0).UTC().Format("2006-01-02 15:04:05"), "2.1.2006": time.Unix(unix, 0).UTC().Format("2.1.2006"),
		}[format]
		there, _, err := newMover(format, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		a := amount{days: days, by: time.Duration(days) * 24 * time.Hour, whole: rapid.Bool().Draw(t, "whole")}
		moved, ok := there(text, a)
		if !ok {
			t.Fatalf("%s: %q is not moved", format, text)
		}
		a.days, a.by = -a.days, -a.by
		if back, ok := there(moved, a); !ok || back != text {
			t.Fatalf("%s: %q became %q and then %q", format, text, moved, back)
		}
	})
}

func jsonOf(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// FuzzApply: hostile values break neither JSON nor a header.
func FuzzApply(f *testing.F) {
	for _, seed := range []string{`{"a":"2026-01-11T09:00:00Z"}`, `{"a":1768122000}`, `{"a":["2026-01-11T09:00:00Z",1e400]}`, `{"a":"2026-01-11T09:00:00.999999999999+23:59"}`, `[`} {
		f.Add([]byte(seed))
	}
	s, err := New([]Rule{{Body: "/a"}, {Body: "/a/*"}, {Body: "/a", Format: "unix"}, {Body: "/a/*", Format: "02/01/2006"}}, began, now)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		out, changed := s.Apply(request("/", "application/json", string(body)), body)
		if !changed && string(out) != string(body) || changed && (!json.Valid(body) || !json.Valid(out)) {
			t.Fatalf("%q became %q", body, out)
		}
	})
}
