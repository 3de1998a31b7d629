package diff

import (
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/recording"
	"parallax/diff/rules"
)

// liveFate is what Live says of a pair.
func liveFate(t testing.TB, old, row *recording.Exchange, list []rules.Rule, marker string) Fate {
	t.Helper()
	set, err := rules.Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	live, err := NewLive(set, marker)
	if err != nil {
		t.Fatal(err)
	}
	_, first := live.Pair(old, row)
	route, f := live.Pair(old, row) // with the memory of another pair
	if f != first || route != subjectName(old) {
		t.Errorf("%q of %q, the second time %q", first, route, f)
	}
	return f
}

// Live counts a pair as the whole comparison does.
func TestLiveCountsLikeCompare(t *testing.T) {
	for _, c := range readCases(t) {
		id := recording.MakeID(oldClock, session, 1)
		old := c.Old.exchange(id, oldClock)
		row := answering(c.New.exchange(recording.MakeID(newClock, session, 1), newClock), id)
		if got := liveFate(t, old, row, c.Rules, ""); string(got) != c.Counter {
			t.Errorf("%s: %q, want %q", c.Name, got, c.Counter)
		}
	}
	ok := answer{Body: "x"}
	for _, end := range []recording.End{
		recording.Answered, recording.Filtered, recording.Blocked, recording.NotReached, recording.NotWhole, recording.Refused,
		recording.HeaderTimeout, recording.Reset, recording.ShortBody, recording.Unknown,
	} {
		for _, incomplete := range []recording.Reason{"", recording.NoAnswer, recording.ResponseAfterEnd, recording.Malformed} {
			old := ok.exchange(idOf(1), oldClock)
			old.Incomplete = incomplete
			row := answering(ok.exchange(recording.MakeID(newClock, session, 1), newClock), idOf(1))
			if row.Outcome.End = end; end != recording.Answered {
				row.Response, row.Incomplete = nil, recording.NoAnswer
			}
			s, _ := compareAll(t, memory("old", recording.KindRecording, []*recording.Exchange{old}),
				memory("new", recording.KindRun, []*recording.Exchange{row}), nil, nil)
			if got, want := liveFate(t, old, row, nil, ""), counter(&s.Subjects[0]); string(got) != want {
				t.Errorf("%q and %q: %q, want %q", incomplete, end, got, want)
			}
		}
	}
}

func TestLiveCountsLikeCompareForAnyPair(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		old := drawAnswer(rt).exchange(idOf(1), oldClock)
		row := answering(drawAnswer(rt).exchange(recording.MakeID(newClock, session, 1), newClock), idOf(1))
		if rapid.Bool().Draw(rt, "left out") {
			row.Outcome.LeftOut = []string{"Cookie"}
		}
		s, _ := compareAll(t, memory("old", recording.KindRecording, []*recording.Exchange{old}),
			memory("new", recording.KindRun, []*recording.Exchange{row}), nil, nil)
		if got, want := liveFate(t, old, row, nil, ""), counter(&s.Subjects[0]); string(got) != want {
			rt.Fatalf("%q, want %q", got, want)
		}
	})
}

func TestLiveKnowsTheMarker(t *testing.T) {
	old := answer{}.exchange(idOf(1), oldClock)
	echo := answer{Headers: [][2]string{{"X-Parallax-Run", markerValue}}}
	row := answering(echo.exchange(recording.MakeID(newClock, session, 1), newClock), idOf(1))
	if got := liveFate(t, old, row, nil, "X-Parallax-Run: "+markerValue); got != UnderRules {
		t.Errorf("%q", got)
	}
	if got := liveFate(t, old, row, nil, ""); got != Different {
		t.Errorf("of a run without a marker: %q", got)
	}
}

func subjectName(ex *recording.Exchange) string {
	name, _ := subjectOf(ex, nil)
	return name
}
