package diff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
	"parallax/diff/rules"
)

const markerValue = "4ef2f3f4e6225037"

// oneAnswer compares one pair, whose new side change may alter.
func oneAnswer(t *testing.T, old, new answer, list []rules.Rule, change func(in *Input, n *recording.Exchange)) (counted string, differences, hidden []string) {
	t.Helper()
	n := answering(new.exchange(recording.MakeID(newClock, session, 1), newClock), idOf(1))
	in := memory("new", recording.KindRun, []*recording.Exchange{n})
	in.Manifest.Info = map[string]string{InfoMarker: "X-Parallax-Run: " + markerValue}
	if change != nil {
		change(&in, n)
	}
	s, found := compareAll(t, memory("old", recording.KindRecording, []*recording.Exchange{old.exchange(idOf(1), oldClock)}), in, nil, list)
	return counter(&s.Subjects[0]), shown(found), hiddenBy(s)
}

func TestMarkerGivenBack(t *testing.T) {
	off := []rules.Rule{{Where: rules.Where{Builtin: []string{"replay-marker"}}, Action: rules.Action{Off: true}}}
	json := func(body string) answer {
		return answer{Headers: [][2]string{{"Content-Type", "application/json"}}, Body: body}
	}
	header := func(name, value string) answer { return answer{Headers: [][2]string{{name, value}}} }
	plain := json(`{"headers":{"A":"1"}}`)
	for _, c := range []struct {
		name     string
		old, new answer
		rules    []rules.Rule
		change   func(*Input, *recording.Exchange)
		hidden   bool
	}{
		{"as a string", plain, json(`{"headers":{"A":"1","X-Parallax-Run":"` + markerValue + `"}}`), nil, nil, true},
		{"in a list, in another case", plain, json(`{"headers":{"A":"1","x-parallax-run":[ "` + markerValue + `" ]}}`), nil, nil, true},
		{"as a header", answer{}, header("x-parallax-run", markerValue), nil, nil, true},
		{"with another value", plain, json(`{"headers":{"A":"1","X-Parallax-Run":"0000"}}`), nil, nil, false},
		{"with something beside it", plain, json(`{"headers":{"A":"1","X-Parallax-Run":["` + markerValue + `","x"]}}`), nil, nil, false},
		{"a value within a longer one", plain, json(`{"headers":{"A":"1","X-Parallax-Run":"` + markerValue + `0"}}`), nil, nil, false},
		{"under another name", plain, json(`{"headers":{"A":"1","X-Run":"` + markerValue + `"}}`), nil, nil, false},
		{"a name that ends alike", plain, json(`{"headers":{"A":"1","Not-X-Parallax-Run":"` + markerValue + `"}}`), nil, nil, false},
		{"that the old answer has, too", json(`{"X-Parallax-Run":"old"}`), json(`{"X-Parallax-Run":"` + markerValue + `"}`), nil, nil, false},
		{"missing in new", json(`{"X-Parallax-Run":"` + markerValue + `"}`), json(`{}`), nil, nil, false},
		{"twice", plain, json(`{"headers":{"A":"1"},"X-Parallax-Run":"` + markerValue + `","X-Parallax-Run":"` + markerValue + `"}`), nil, nil, false},
		{"switched off", plain, json(`{"headers":{"A":"1","X-Parallax-Run":"` + markerValue + `"}}`), off, nil, false},
		{"of a run without one", plain, json(`{"headers":{"A":"1","X-Parallax-Run":""}}`), nil,
			func(in *Input, _ *recording.Exchange) { in.Manifest.Info = nil }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			counted, found, hidden := oneAnswer(t, c.old, c.new, c.rules, c.change)
			if c.hidden {
				if counted != "under rules" || len(found) > 0 || len(hidden) != 1 || !strings.HasPrefix(hidden[0], "builtin:replay-marker at ") {
					t.Errorf("counted as %q, differences %q, hidden %q", counted, found, hidden)
				}
			} else if counted != "different" || len(found) == 0 {
				t.Errorf("counted as %q, differences %q, want a difference", counted, found)
			}
		})
	}
}

// Of two runs each shows what it was sent; one that shows nothing where the other
// does has not been asked otherwise.
func TestMarkersOfTwoRuns(t *testing.T) {
	side := func(name, marker, body string) Input {
		in := memory(name, recording.KindRun, made(1, newClock, true, func(int) string { return body }))
		in.Manifest.Baseline = "a third"
		if marker != "" {
			in.Manifest.Info = map[string]string{InfoMarker: "X-Parallax-Run: " + marker}
		}
		return in
	}
	for _, c := range []struct {
		oldMarker, oldBody, newMarker, newBody string
		equal                                  bool
	}{
		{"0a", `{"X-Parallax-Run":"0a"}`, "0b", `{"X-Parallax-Run":"0b"}`, true},
		{"0a", `{"X-Parallax-Run":"0a"}`, "", `{}`, true},
		{"", `{}`, "0b", `{"X-Parallax-Run":"0b"}`, true},
		{"0a", `{}`, "0b", `{"X-Parallax-Run":"0b"}`, false},
		{"0a", `{"X-Parallax-Run":"0a"}`, "0b", `{}`, false},
		{"0a", `{"X-Parallax-Run":"0a"}`, "0b", `{"X-Parallax-Run":"0c"}`, false},
	} {
		s, found := compareAll(t, side("old", c.oldMarker, c.oldBody), side("new", c.newMarker, c.newBody), nil, nil)
		if got := s.Subjects[0].UnderRules == 1; got != c.equal {
			t.Errorf("%+v: %q", c, shown(found))
		}
	}
}

func leaving(names ...string) func(*Input, *recording.Exchange) {
	return func(_ *Input, n *recording.Exchange) { n.Outcome.LeftOut = names }
}

func TestAnswersToAQuestionWithoutItsCredentials(t *testing.T) {
	ok, denied := answer{Body: `{"a":1}`}, answer{Status: 401}
	for _, c := range []struct {
		name     string
		old, new answer
		left     []string
		counted  string
		found    []string
	}{
		{"another answer is no proof", ok, denied, []string{"Authorization"}, "not compared",
			[]string{"exchange  could not be compared [credentials left out]: status 200, asked with Authorization | status 401, asked without Authorization"}},
		{"nor is another body", ok, answer{Body: `{"a":2}`}, []string{"Authorization", "Cookie sid"}, "not compared",
			[]string{"exchange  could not be compared [credentials left out]: status 200, asked with Authorization, Cookie sid | status 200, asked without Authorization, Cookie sid"}},
		{"the same answer is", ok, ok, []string{"Authorization"}, "equal", nil},
		{"nothing left out", ok, denied, nil, "different",
			[]string{`body  missing in new: {"a":1} | -`, "status  changed: 200 | 401"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			counted, found, _ := oneAnswer(t, c.old, c.new, nil, leaving(c.left...))
			if counted != c.counted {
				t.Errorf("counted as %q, want %q", counted, c.counted)
			}
			if diff := cmp.Diff(c.found, found); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

// A control that was asked without credentials gets the 401 that the candidate
// gets; that makes it no noise, neither there nor elsewhere.
func TestControlsWithoutCredentialsAreNoEvidence(t *testing.T) {
	rows := func(status int, left ...string) []*recording.Exchange {
		list := made(2, newClock, true, constant)
		for _, ex := range list {
			ex.Response.Status = status
		}
		list[0].Outcome.LeftOut = left
		return list
	}
	control := rows(200, "Authorization")
	control[0].Response.Status = 401
	s, found := compareAll(t, oldSide(2, constant), memory("new", recording.KindRun, rows(401, "Authorization")),
		[]Input{memory("control", recording.KindRun, control)}, nil)
	if got := s.Subjects[0]; got.NotCompared != 1 || got.Different != 1 || got.NoiseOnly != 0 {
		t.Errorf("%d could not be compared, %d different, %d noise, want 1, 1, 0: %q", got.NotCompared, got.Different, got.NoiseOnly, shown(found))
	}
}

// A control that may not write answers as a system does that forgets what it was
// told. Sessions without a write, and those before one, are evidence as ever.
func TestControlsThatDidNotWriteAreNoEvidence(t *testing.T) {
	const other = "fedcba9876543210"
	side := func(at int64, asRun bool, last string) []*recording.Exchange {
		list := made(3, at, asRun, func(i int) string { return []string{`{"a":0}`, `{}`, last}[i] })
		list[1].Request.Method = "POST"
		return list
	}
	for _, c := range []struct {
		name, session, keyed string
		carried              int
		noise                bool
	}{
		{"in the session of the write", session, InfoByConnection, 0, false},
		{"in another session", other, InfoByConnection, 1, true},
		{"carried, in sessions by a key", other, "key", 1, false},
		{"not carried, in sessions by a key", other, "key", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, new, control := side(oldClock, false, `{"a":1}`), side(newClock, true, `{"a":0}`), side(newClock, true, `{"a":0}`)
			control[1].Response, control[1].Outcome.End = nil, recording.Blocked
			old[2].Session, control[2].Outcome.Carried = c.session, c.carried
			in := memory("control", recording.KindRun, control)
			in.Manifest.Info = map[string]string{InfoSessions: c.keyed}
			s, found := compareAll(t, memory("old", recording.KindRecording, old), memory("new", recording.KindRun, new), []Input{in}, nil)
			var noise, different int64
			for i := range s.Subjects {
				noise, different = noise+s.Subjects[i].NoiseOnly, different+s.Subjects[i].Different
			}
			if (noise == 1) != c.noise || noise+different != 1 {
				t.Errorf("%d noise, %d different: %q %q", noise, different, shown(found), s.Notes)
			}
		})
	}
}

// Two runs that both were asked without the same credentials were asked the same.
func TestTwoRunsWithoutTheSameCredentials(t *testing.T) {
	side := func(name, body string, left ...string) Input {
		list := made(1, newClock, true, func(int) string { return body })
		list[0].Outcome.LeftOut = left
		in := memory(name, recording.KindRun, list)
		in.Manifest.Baseline = "a third"
		return in
	}
	s, _ := compareAll(t, side("a", `{"a":1}`, "Authorization"), side("b", `{"a":2}`, "Authorization"), nil, nil)
	if s.Subjects[0].Different != 1 {
		t.Errorf("asked the same: %+v", s.Subjects[0])
	}
	s, found := compareAll(t, side("a", `{"a":1}`, "Authorization"), side("b", `{"a":2}`), nil, nil)
	if s.Subjects[0].NotCompared != 1 {
		t.Errorf("asked otherwise: %+v: %q", s.Subjects[0], shown(found))
	}
}

func TestNotesOfManyInputsAreSaidOnce(t *testing.T) {
	noted := func(name string, notes ...string) Input {
		in := run(name, 1, constant)
		in.Manifest.Notes = notes
		return in
	}
	s, _ := compareAll(t, oldSide(1, constant), noted("new", "clock stood", "cut"),
		[]Input{noted("c1", "clock stood"), noted("c2", "clock stood"), noted("c3", "clock stood"), noted("c4")}, nil)
	notes := strings.Join(s.Notes, "\n")
	for _, want := range []string{"new, c1, c2, 1 more: clock stood", "new: cut"} {
		if strings.Count(notes, want) != 1 {
			t.Errorf("notes %q, want %q once", s.Notes, want)
		}
	}
	if strings.Count(notes, "clock stood") != 1 {
		t.Errorf("notes %q: one is said more than once", s.Notes)
	}
}
