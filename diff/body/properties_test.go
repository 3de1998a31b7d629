package body

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"parallax/diff/rules"
	"pgregory.net/rapid"
)

// words are few, so that two drawn texts are often nearly the same.
func words(list ...string) *rapid.Generator[string] { return rapid.SampledFrom(list) }

func joinedBy(sep string, piece *rapid.Generator[string], least, most int) *rapid.Generator[string] {
	return rapid.Custom(func(rt *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, least, most).Draw(rt, "pieces"), sep)
	})
}

// drawn are texts of each type, most of them well formed.
func drawn() map[string]*rapid.Generator[string] {
	part := words("\r\n1", "\r\n2", "A: b\r\n\r\n1", "a: b\r\n\r\n1", "Content-Disposition: form-data; name=x\r\n\r\n1",
		"Content-Disposition: form-data; name=x\r\n\r\n2", "Content-Disposition: form-data; name=y\r\n\r\n1", "A: b", "",
		"Content-Type: application/json\r\n\r\n{\"a\":1}", "Content-Type: application/json\r\n\r\n{\"a\":2}")
	return map[string]*rapid.Generator[string]{
		formType:    joinedBy("&", words("a=1", "a=2", "b=1", "b=%31", "%62=1", "b", "b=", "c=x+y", "c=x%20y", "", "d=%"), 1, 6),
		ndjson:      joinedBy("\n", words(`{"a":1}`, `{"a":2}`, `{"a":1.0}`, ` {"a":1}`, "1", "[1]", "", "{\"a\":1}\r", "{"), 1, 6),
		eventStream: joinedBy("\n", words("data: a", "data:a", "data: {\"x\":1}", "data: {\"x\":2}", "id: 1", "id: 2", "event: e", "", "", ": c", "data", "retry: 1\r"), 1, 8),
		"multipart/mixed; boundary=b": rapid.Custom(func(rt *rapid.T) string {
			text := words("", "", "pre\r\n").Draw(rt, "preamble") + "--b\r\n"
			text += strings.Join(rapid.SliceOfN(part, 1, 4).Draw(rt, "parts"), words("\r\n--b\r\n", "\r\n--b \r\n").Draw(rt, "delimiter"))
			return text + "\r\n--b--" + words("", "\r\n", "\r\npost").Draw(rt, "epilogue")
		}),
		xmlType: rapid.Custom(func(rt *rapid.T) string {
			return words("", "", "<?xml version='1.0'?>", "<!--c-->").Draw(rt, "prolog") + "<r>" + drawXML(rt, 3) + "</r>" + words("", "\n").Draw(rt, "end")
		}),
	}
}

func drawXML(rt *rapid.T, depth int) string {
	var b strings.Builder
	for range rapid.IntRange(0, 4).Draw(rt, "children") {
		if depth > 0 && rapid.Bool().Draw(rt, "element") {
			name, attrs := words("a", "b", "p:a").Draw(rt, "name"), words("", "", " x='1'", ` x="1"`, " x='2' y='1'", " y='1' x='2'", " xmlns='u'", " xmlns:p='u'").Draw(rt, "attrs")
			fmt.Fprintf(&b, "<%s%s>%s</%s>", name, attrs, drawXML(rt, depth-1), name)
		} else {
			b.WriteString(words("1", "2", " ", "\n", "<a/>", "<b/>", "&#49;", "<![CDATA[1]]>", "<!--c-->", "<!--d-->", "<?p q?>").Draw(rt, "leaf"))
		}
	}
	return b.String()
}

// respelled are changes of form, and some of meaning.
var respelled = map[string][][2]string{
	formType:                      {{"a=1", "a=%31"}, {"b=", "b"}, {"+", "%20"}, {"&", "&&"}, {"a=1", "a=3"}},
	ndjson:                        {{"\n", "\r\n"}, {"\n", "\n\n"}, {"1", "1.0"}, {"1", "3"}},
	eventStream:                   {{"data: ", "data:"}, {"\n", "\r\n"}, {"\n\n", "\n\n\n"}, {"id", ": ping\nid"}, {"1", "3"}},
	"multipart/mixed; boundary=b": {{"--b\r\n", "--b \r\n"}, {"--b--", "--b--\r\n"}, {"A: b", "a:b"}, {"1", "3"}},
	xmlType:                       {{"'1'", "\"1\""}, {">1<", ">&#49;<"}, {"<a/>", "<a></a>"}, {"><", "> <"}, {"p:a", "q:a"}, {"1", "3"}},
}

func respell(rt *rapid.T, kind, text string) string {
	change := rapid.SampledFrom(respelled[kind]).Draw(rt, "change")
	return strings.Replace(text, change[0], change[1], rapid.IntRange(-1, 2).Draw(rt, "times"))
}

// TestTypesMirror: two bodies of a type are told equal without a word only where they
// are the same bytes, and comparing the other way round says the same.
func TestTypesMirror(t *testing.T) {
	for kind, text := range drawn() {
		t.Run(kind, func(t *testing.T) {
			r, states := compile(t), map[State]int{}
			rapid.Check(t, func(rt *rapid.T) {
				old, new := text.Draw(rt, "old"), text.Draw(rt, "new")
				if rapid.Bool().Draw(rt, "near") {
					new = respell(rt, kind, old)
				}
				if same := Compare(in(kind, old), in(kind, strings.Clone(old)), r, &record{}, Options{}); same.State != Equal {
					rt.Fatalf("%q: %+v", old, same)
				}
				there, back := &mirrored{n: map[string]int{}}, &mirrored{flip: true, n: map[string]int{}}
				a := Compare(in(kind, old), in(kind, new), r, there, Options{})
				b := Compare(in(kind, new), in(kind, old), r, back, Options{})
				if d := cmp.Diff(there.n, back.n); d != "" || a.Differences != b.Differences || a.Equalities != b.Equalities || a.Method != b.Method {
					rt.Fatalf("%q, %q: there %+v, back %+v: %s", old, new, a, b, d)
				}
				if (a.State == Equal) != (old == new) {
					rt.Fatalf("%q, %q: %+v", old, new, a)
				}
				if a.Instead == "" {
					states[a.State]++
				}
			})
			if states[Different] < 10 || states[UnderRules] == 0 {
				t.Errorf("too few pairs to tell: %v", states)
			}
		})
	}
}

// TestTypesMirrorUnderRules: so it is under rules that pair otherwise or that hide.
func TestTypesMirrorUnderRules(t *testing.T) {
	sets := map[string][]rules.Rule{
		"unordered": {at("/**", rules.Action{Unordered: true})},
		"keyed":     {at("/**", rules.Action{Keyed: []string{"/@x"}})},
		"keyed by a child, and hidden": {at("/**", rules.Action{Keyed: []string{"/a"}}), at("/a", rules.Action{Ignore: true}), at("/*/a", rules.Action{Ignore: true}),
			at("/r/a/@x", rules.Action{Ignore: true})},
		"near and empty": {at("/**", rules.Action{Tolerance: &rules.Tolerance{Absolute: "1"}}), at("/*/*", rules.Action{Equal: []string{"missing", "empty"}})},
	}
	for kind, text := range drawn() {
		for name, list := range sets {
			t.Run(kind+" "+name, func(t *testing.T) {
				r := compile(t, list...)
				rapid.Check(t, func(rt *rapid.T) {
					old, new := text.Draw(rt, "old"), text.Draw(rt, "new")
					if rapid.Bool().Draw(rt, "near") {
						new = respell(rt, kind, old)
					}
					o := Options{Work: rapid.SampledFrom([]int{0, 1, 500}).Draw(rt, "work")}
					there, back := &mirrored{n: map[string]int{}}, &mirrored{flip: true, n: map[string]int{}}
					a, b := Compare(in(kind, old), in(kind, new), r, there, o), Compare(in(kind, new), in(kind, old), r, back, o)
					if d := cmp.Diff(there.n, back.n); d != "" || a.Differences != b.Differences || a.Equalities != b.Equalities || a.Coarse != b.Coarse {
						rt.Fatalf("%q, %q: there %+v, back %+v: %s", old, new, a, b, d)
					}
					if (a.State == Equal) != (old == new) {
						rt.Fatalf("%q, %q: %+v", old, new, a)
					}
				})
			})
		}
	}
}

// TestInsertedOnce: a record, an event, a part or an element put between others is one
// difference, and takes nothing else with it.
func TestInsertedOnce(t *testing.T) {
	for kind, piece := range map[string]struct{ before, format, after, place string }{
		ndjson:                        {"", "{\"id\":%d,\"v\":\"x\"}\n", "", "/%d"},
		eventStream:                   {"", "id: %d\ndata: {\"v\":1}\n\n", "", "/%d"},
		"multipart/mixed; boundary=b": {"", "--b\r\nX: y\r\n\r\n%d\r\n", "--b--\r\n", "/%d"},
		formType:                      {"z=1", "&a=%d", "", "/a/%d"},
		xmlType:                       {"<r>\n", "<a><v>%d</v><w>1</w></a>\n", "</r>", "/r/a/%d"},
	} {
		t.Run(kind, func(t *testing.T) {
			r := compile(t)
			rapid.Check(t, func(rt *rapid.T) {
				n := rapid.IntRange(2, 30).Draw(rt, "pieces")
				at := rapid.IntRange(0, n).Draw(rt, "at")
				old, new := piece.before, piece.before
				for i := range n + 1 {
					one := fmt.Sprintf(piece.format, i)
					new += one
					if i != at {
						old += one
					}
				}
				rec := &record{}
				Compare(in(kind, old+piece.after), in(kind, new+piece.after), r, rec, Options{})
				want := fmt.Sprintf(piece.place, at)
				if len(rec.lines) != 1 || !strings.HasPrefix(rec.lines[0], want+" (") || !strings.Contains(rec.lines[0], "missing in old") {
					rt.Fatalf("want one at %s, got %v", want, rec.lines)
				}
			})
		})
	}
}
