package diff

import (
	"bytes"
	"compress/gzip"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
)

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encoded(ex *recording.Exchange, encoding string, body []byte) {
	ex.Response.Body = recording.StoredBody(body)
	ex.Response.Headers = append(ex.Response.Headers, recording.Header{Name: "Content-Encoding", Value: encoding})
}

// reduce drops the bytes and keeps length and hash.
func reduce(ex *recording.Exchange, state recording.BodyState) {
	ex.Response.Body.State, ex.Response.Body.Bytes = state, nil
}

func TestBodyStates(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(o, n *recording.Exchange)
		counter string
		found   []string
	}{
		{"as the baseline's", func(_, n *recording.Exchange) { reduce(n, recording.BodyAsBaseline) }, "equal", nil},
		{"dropped on both sides, one hash", func(o, n *recording.Exchange) {
			reduce(o, recording.BodyDropped)
			reduce(n, recording.BodyDropped)
		}, "equal", nil},
		{"dropped, another hash", func(o, n *recording.Exchange) {
			n.Response.Body = recording.StoredBody([]byte(`{"a":2}`))
			reduce(n, recording.BodyDropped)
		}, "different", []string{"body  changed [by hash]:  | "}},
		{"dropped, no hash", func(o, n *recording.Exchange) {
			n.Response.Body = recording.Body{State: recording.BodyDropped, Length: 9}
		}, "not compared", []string{"body  could not be compared [by hash]:  | "}},
		{"dropped on both sides, no hash", func(o, n *recording.Exchange) {
			o.Response.Body = recording.Body{State: recording.BodyDropped, Length: 9}
			n.Response.Body = recording.Body{State: recording.BodyDropped, Length: 9}
		}, "not compared", []string{"body  could not be compared [by hash]:  | "}},
		{"equal once decoded", func(o, n *recording.Exchange) {
			encoded(o, "gzip", gzipped(t, `{"a":1}`))
			encoded(n, "gzip", append(gzipped(t, ""), gzipped(t, `{"a":1}`)...))
		}, "under rules", nil},
		{"different once decoded", func(o, n *recording.Exchange) {
			encoded(o, "gzip", gzipped(t, `{"a":1}`))
			encoded(n, "gzip", gzipped(t, `{"a":2}`))
		}, "different", []string{"body /a changed: 1 | 2"}},
		{"not decodable and different", func(o, n *recording.Exchange) {
			encoded(o, "gzip", []byte("x"))
			encoded(n, "gzip", []byte("y"))
		}, "not compared", []string{"body  could not be compared [content encoding]:  | "}},
		{"not decodable and equal", func(o, n *recording.Exchange) {
			encoded(o, "gzip", []byte("x"))
			encoded(n, "gzip", []byte("x"))
		}, "equal", nil},
		{"redacted: decoded on one side only", func(o, n *recording.Exchange) {
			encoded(o, "gzip", gzipped(t, `{"a":1}`))
			encoded(n, "gzip", []byte(`{"a":1}`))
			n.Response.Body.Redacted = true
		}, "under rules", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, new := made(1, oldClock, false, constant), made(1, newClock, true, constant)
			c.change(old[0], new[0])
			s, found := compareAll(t, memory("old", recording.KindRecording, old), memory("new", recording.KindRun, new), nil, nil)
			if got := counter(&s.Subjects[0]); got != c.counter {
				t.Errorf("counted as %q, want %q", got, c.counter)
			}
			if diff := cmp.Diff(c.found, shown(found)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Bodies that were aligned coarsely are counted and noted, never in silence.
func TestCoarseIsCounted(t *testing.T) {
	list := func(from, to int) string {
		var parts []string
		for i := from; i < to; i++ {
			parts = append(parts, itoa(i))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	old := oldSide(3, func(int) string { return list(0, 50) })
	new := run("new", 3, func(i int) string { return list(i, 50) })
	for work, want := range map[int]int64{0: 0, 1: 2, 100_000: 0} {
		s, err := Compare(context.Background(), old, new, nil, Options{MaxWork: work}, &kept{t: t})
		if err != nil {
			t.Fatal(err)
		}
		noted := slices.ContainsFunc(s.Notes, func(n string) bool { return strings.HasPrefix(n, "compared coarsely: 2 bodies") })
		if got := s.Subjects[0].Coarse; got != want || noted != (want > 0) || s.MaxWork != work {
			t.Errorf("%d steps: %d coarse, want %d; %q", work, got, want, s.Notes)
		}
	}
}

// Many lines of headers, each another: what takes the square of them does not end.
func TestManyHeadersAndCookies(t *testing.T) {
	const n = 200_000
	lines := func(side string) (pairs [][2]string) {
		for i := range n {
			pairs = append(pairs, [2]string{"X-" + itoa(i), side})
		}
		return append(pairs, [2]string{"Set-Cookie", "a=1" + strings.Repeat("; x="+side, n)})
	}
	id := recording.MakeID(oldClock, session, 1)
	old := answer{Headers: lines("1")}.exchange(id, oldClock)
	new := answering(answer{Headers: lines("2")}.exchange(recording.MakeID(newClock, session, 1), newClock), id)
	_, found := compareAll(t, memory("old", recording.KindRecording, []*recording.Exchange{old}),
		memory("new", recording.KindRun, []*recording.Exchange{new}), nil, nil)
	if last := found[len(found)-1]; len(found) != 10_001 || last.Class != ClassMore || last.Old.Text != itoa(n+1-10_000) {
		t.Errorf("%d differences, the last %+v", len(found), last)
	}
}
