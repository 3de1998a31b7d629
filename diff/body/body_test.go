package body

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
	"parallax/internal/content"
	"pgregory.net/rapid"
)

// record is a Sink that keeps what it is told as lines.
type record struct{ lines []string }

func (r *record) Difference(d comparison.Difference) {
	r.lines = append(r.lines, fmt.Sprintf("%s (%s) %s [%s] %s %s", d.Field, d.Pattern, d.Kind, d.Class, show(d.Old), show(d.New)))
}

func show(v comparison.Value) string {
	if v.Type == "" {
		return "-"
	}
	if v.Cut {
		return fmt.Sprintf("%s of %d", v.Type, v.Length)
	}
	return fmt.Sprintf("%s:%q", v.Type, v.Text)
}

func (r *record) Equal(rule int, at Place, old, new jsondiff.Value) {
	r.lines = append(r.lines, fmt.Sprintf("%s (%s) rule %d", at.AppendPointer(nil), at.AppendPattern(nil), rule))
}

func compile(t testing.TB, list ...rules.Rule) *rules.RouteRules {
	t.Helper()
	set, err := rules.Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	return set.For("GET /x")
}

func ignore(pattern string) rules.Rule {
	return rules.Rule{Where: rules.Where{Body: &pattern}, Action: rules.Action{Ignore: true}}
}

func in(contentType, text string) Input {
	return Input{ContentType: contentType, Bytes: []byte(text), Length: int64(len(text)), SHA256: sha256.Sum256([]byte(text))}
}

func encoded(t testing.TB, name, contentType, text string) Input {
	t.Helper()
	out, err := content.Encode([]string{name}, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	i := in(contentType, string(out))
	i.Encodings = []string{name}
	return i
}

func cut(i Input) Input {
	i.Cut, i.Bytes = true, nil
	return i
}

const js, plainText, html = "application/json", "text/plain; charset=utf-8", "text/html"

func TestCompare(t *testing.T) {
	noHash := cut(in(js, "1"))
	noHash.SHA256 = [sha256.Size]byte{}
	decoded := encoded(t, "gzip", js, `{"a":1}`)
	decoded.Decoded, decoded.Bytes = true, []byte(`{"a":2}`)
	badGzip, otherBad := in(js, "no gzip"), in(js, "none either")
	badGzip.Encodings, otherBad.Encodings = []string{"gzip"}, []string{"gzip"}
	states := func(names ...string) rules.Rule { return at("", rules.Action{Equal: names}) }
	off := rules.Rule{Where: rules.Where{Builtin: []string{"content-encoding"}}, Action: rules.Action{Off: true}}
	for _, tc := range []struct {
		name     string
		old, new Input
		rules    []rules.Rule
		state    State
		method   Method
		lines    []string
	}{
		{"equal bytes", in(js, "{"), in(html, "{"), nil, Equal, ByBytes, nil},
		{"both empty", in(js, ""), encoded(t, "gzip", js, ""), nil, Equal, ByBytes, nil},
		{"equal undecodable bytes", badGzip, badGzip, nil, Equal, ByBytes, nil},
		{"undecodable", badGzip, otherBad, nil, NotCompared, ByBytes, []string{" () could not be compared [content encoding] bytes of 7 bytes of 11"}},
		{"undecodable, ignored", badGzip, otherBad, []rules.Rule{ignore("")}, UnderRules, ByBytes, []string{" () rule 0"}},
		{"json", in(js, `{"a":1}`), in(js, `{"a":2}`), nil, Different, ByJSON, []string{`/a (/a) changed [] number:"1" number:"2"`}},
		{"json, ignored", in(js, `[{"a":1}]`), in(js, `[{"a":2}]`), []rules.Rule{ignore("/*/a")}, UnderRules, ByJSON, []string{"/0/a (/*/a) rule 0"}},
		{"json, spelled otherwise", in(js, `{"a":1}`), in(js, ` {"a" : 1}`), nil, Equal, ByJSON, nil},
		{"json, not declared", in("", `{"a":1}`), in("application/octet-stream", `{"a":2}`), nil, Different, ByJSON, []string{`/a (/a) changed [] number:"1" number:"2"`}},
		{"json in gzip and br", encoded(t, "gzip", js, `{"a":1}`), encoded(t, "br", js, `{"a":2}`), nil, Different, ByJSON, []string{`/a (/a) changed [] number:"1" number:"2"`}},
		{"redacted body is decoded already", encoded(t, "gzip", js, `{"a":1}`), decoded, nil, Different, ByJSON, []string{`/a (/a) changed [] number:"1" number:"2"`}},
		{"same text in gzip and br", encoded(t, "gzip", js, `{"a":1}`), encoded(t, "br", js, `{"a":1}`), nil, UnderRules, ByBytes, []string{" () rule 4"}},
		{"the same, builtin off", encoded(t, "gzip", js, `{"a":1}`), in(js, `{"a":1}`), []rules.Rule{off}, Different, ByBytes,
			[]string{" () changed [content encoding] bytes of 32 bytes of 7"}},
		{"json against html", in(js, `{"a":1}`), in(html, "<p>no</p>"), nil, Different, ByJSON, []string{` () type changed [not JSON] object:"{\"a\":1}" text:"<p>no</p>"`}},
		{"json against nothing", in(js, `{"a":1}`), in(js, ""), nil, Different, ByBytes, []string{` () missing in new [] text:"{\"a\":1}" -`}},
		{"null against nothing, equal", in(js, "null\n"), in(js, ""), []rules.Rule{states("null", "missing")}, UnderRules, ByBytes, []string{" () rule 0"}},
		{"nothing against an empty object, equal", in("", ""), in(js, "{ }"), []rules.Rule{states("empty", "missing")}, UnderRules, ByBytes, []string{" () rule 0"}},
		{"a blank against nothing", in(js, `" "`), in(js, ""), []rules.Rule{states("empty", "missing")}, Different, ByBytes, []string{` () missing in new [] text:"\" \"" -`}},
		{"null against nothing, another state", in(js, "null"), in(js, ""), []rules.Rule{states("empty", "missing")}, Different, ByBytes, []string{` () missing in new [] text:"null" -`}},
		{"a text that reads null against nothing", in(plainText, "null"), in(js, ""), []rules.Rule{states("null", "missing")}, Different, ByBytes, []string{` () missing in new [] text:"null" -`}},
		{"declared json is none", in(js, "NaN"), in(js, "Infinity"), nil, Different, ByText, []string{`line 1 (line *) changed [] text:"NaN" text:"Infinity"`}},
		{"looks like json, is none", in("", "{x"), in("", "{y"), nil, Different, ByText, []string{`line 1 (line *) changed [] text:"{x" text:"{y"`}},
		{"text", in(plainText, "a\nb\nc\n"), in(plainText, "a\nx\nc\n"), nil, Different, ByText, []string{`line 2 (line *) changed [] text:"b\n" text:"x\n"`}},
		{"line added in front", in(plainText, "a\nb\n"), in(plainText, "0\na\nb\n"), nil, Different, ByText, []string{`line 1 (line *) missing in old [] - text:"0\n"`}},
		{"line removed", in(plainText, "a\nb\nc"), in(plainText, "a\nc"), nil, Different, ByText, []string{`line 2 (line *) missing in new [] text:"b\n" -`}},
		{"similar lines are changed ones", in(html, "<a>1</a>\n<b>22</b>\n"), in(html, "new\n<b>23</b>\n<a>9</a>x\n<c/>\n"), nil, Different, ByText, []string{
			`line 1 (line *) missing in new [] text:"<a>1</a>\n" -`, `line 1 (line *) missing in old [] - text:"new\n"`,
			`line 2 (line *) changed [] text:"<b>22</b>\n" text:"<b>23</b>\n"`,
			`line 3 (line *) missing in old [] - text:"<a>9</a>x\n"`, `line 4 (line *) missing in old [] - text:"<c/>\n"`}},
		{"line ends", in(plainText, "a\r\n"), in(plainText, "a\n"), nil, Different, ByText, []string{`line 1 (line *) changed [white space] text:"a\r\n" text:"a\n"`}},
		{"charset", in("text/plain; charset=ISO-8859-1", "\xe9"), in(plainText, "é"), nil, Different, ByText, []string{" () changed [charset] bytes of 1 bytes of 2"}},
		{"not of its charset", in(plainText, "\xe9"), in(plainText, "é"), nil, Different, ByBytes, []string{" () changed [] bytes of 1 bytes of 2"}},
		{"bytes", in("image/png", "ab"), in("image/png", "abc"), nil, Different, ByBytes, []string{" () changed [] bytes of 2 bytes of 3"}},
		{"cut and equal", cut(in(js, "long")), in(js, "long"), nil, Equal, ByHash, nil},
		{"cut and different", cut(in(js, "long")), in(js, "lung"), nil, Different, ByHash, []string{" () changed [by hash] bytes of 4 bytes of 4"}},
		{"cut without a hash", noHash, in(js, "1"), nil, NotCompared, ByHash, []string{" () could not be compared [by hash] bytes of 1 bytes of 1"}},
		{"cut against nothing", cut(in(js, "long")), in(js, ""), nil, Different, ByHash, []string{" () missing in new [by hash] bytes of 4 -"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec := &record{}
			got := Compare(tc.old, tc.new, compile(t, tc.rules...), rec, Options{})
			if got.State != tc.state || got.Method != tc.method {
				t.Errorf("got %v by %s (%s), want %v by %s", got.State, got.Method, got.Reason, tc.state, tc.method)
			}
			if d := cmp.Diff(tc.lines, rec.lines); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if got.Differences+got.Equalities != len(rec.lines) {
				t.Errorf("counted %d and %d of %d", got.Differences, got.Equalities, len(rec.lines))
			}
		})
	}
}

func TestBombIsNotCompared(t *testing.T) {
	bomb := encoded(t, "gzip", js, strings.Repeat(" ", 40<<20))
	got := Compare(bomb, in(js, "1"), compile(t), &record{}, Options{})
	if got.State != NotCompared || !strings.Contains(got.Reason, "old body") {
		t.Fatalf("%+v", got)
	}
}

// mirrored counts differences by pattern and kind, the missing kinds exchanged
// where flip is set.
type mirrored struct {
	flip bool
	n    map[string]int
}

func (m *mirrored) Difference(d comparison.Difference) {
	old, new, kind := show(d.Old), show(d.New), d.Kind
	if m.flip {
		old, new = new, old
		switch kind {
		case comparison.MissingInNew:
			kind = comparison.MissingInOld
		case comparison.MissingInOld:
			kind = comparison.MissingInNew
		}
	}
	m.n[fmt.Sprint(d.Pattern, kind, old, new)]++
}

func (m *mirrored) Equal(int, Place, jsondiff.Value, jsondiff.Value) {}

func TestTextMirrors(t *testing.T) {
	line := rapid.SampledFrom([]string{"", "a", "abcdef", "abcxef", "zbcxef", "other", "  a"})
	text := rapid.Custom(func(rt *rapid.T) string {
		return strings.Join(rapid.SliceOfN(line, 0, 20).Draw(rt, "lines"), "\n")
	})
	rapid.Check(t, func(rt *rapid.T) {
		old, new := text.Draw(rt, "old"), text.Draw(rt, "new")
		there, back := &mirrored{n: map[string]int{}}, &mirrored{flip: true, n: map[string]int{}}
		a := Compare(in(plainText, old), in(plainText, new), compile(t), there, Options{})
		b := Compare(in(plainText, new), in(plainText, old), compile(t), back, Options{})
		if a != b || cmp.Diff(there.n, back.n) != "" {
			rt.Fatalf("%q, %q: %v against %v", old, new, there.n, back.n)
		}
		if (old == new) != (a.State == Equal) {
			rt.Fatalf("%q, %q: %v", old, new, a.State)
		}
	})
}

func FuzzCompare(f *testing.F) {
	f.Add(js, "gzip", []byte(`{"a":1}`), []byte(`{"a":2}`))
	f.Add(plainText, "", []byte("a\nb"), []byte("b\n"))
	f.Add("text/xml; charset=latin1", "identity", []byte("<a>\xe9</a>"), []byte("<a/>"))
	f.Add(formType, "", []byte("a=1&b=%41&&c"), []byte("b=A&a=2&c="))
	f.Add(ndjson, "", []byte("{\"a\":1}\r\n\n2"), []byte("2\n{\"a\":1}\n"))
	f.Add("application/json-seq", "", []byte("\x1e1\n\x1e2\n"), []byte("\x1e2\n"))
	f.Add(eventStream, "", []byte("id:1\ndata: {}\n\n: c\n\ndata"), []byte("data: {\ndata: }\r\rid: 1"))
	f.Add("multipart/form-data; boundary=b", "", []byte("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--"), []byte("pre\r\n--b\r\n\r\n1\r\n--b--post"))
	f.Add(xmlType, "", []byte("<a x='1'><b>&#49;</b> <b/></a>"), []byte("<?xml version='1.0'?><a><b>1</b><!--c--></a>"))
	f.Fuzz(func(t *testing.T, contentType, encoding string, a, b []byte) {
		old, new := in(contentType, string(a)), in(contentType, string(b))
		old.Encodings, new.Encodings = []string{encoding}, []string{encoding}
		r := compile(t)
		if same := Compare(old, old, r, &record{}, Options{}); same.State != Equal {
			t.Fatalf("differs from itself: %+v", same)
		}
		there := Compare(old, new, r, &record{}, Options{})
		back := Compare(new, old, r, &record{}, Options{})
		if there.State != back.State || there.Differences != back.Differences {
			t.Fatalf("%+v mirrors %+v", there, back)
		}
	})
}

func BenchmarkIgnoredTimestamp(b *testing.B) {
	text := func(at int) Input {
		return in(js, fmt.Sprintf(`{"at":"2024-01-01T00:00:%02d","items":[%s{}]}`, at, strings.Repeat(`{"id":17,"name":"a name"},`, 80)))
	}
	r := compile(b, ignore("/at"))
	var c Comparer
	old, new := text(1), text(2)
	b.SetBytes(int64(len(old.Bytes)))
	b.ReportAllocs()
	for b.Loop() {
		if got := c.Compare(old, new, r, discard{}, Options{}); got.State != UnderRules {
			b.Fatal(got)
		}
	}
}

type discard struct{}

func (discard) Difference(comparison.Difference) {}

func (discard) Equal(int, Place, jsondiff.Value, jsondiff.Value) {}
