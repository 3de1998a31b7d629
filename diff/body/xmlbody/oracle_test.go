package xmlbody

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// canonical is a document's content as the standard library reads it, in one form.
func canonical(t *rapid.T, text string) string {
	var b strings.Builder
	run := ""
	flush := func() {
		if run != "" {
			fmt.Fprintf(&b, "text %q\n", run)
		}
		run = ""
	}
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		} else if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if chars, ok := token.(xml.CharData); ok {
			run += string(chars)
			continue
		}
		flush()
		switch x := token.(type) {
		case xml.StartElement:
			fmt.Fprintf(&b, "<%v %v\n", x.Name, attributes(x.Attr))
		case xml.EndElement:
			b.WriteString(">\n")
		case xml.Comment:
			fmt.Fprintf(&b, "comment %q\n", x)
		case xml.ProcInst:
			fmt.Fprintf(&b, "instruction %q %q\n", x.Target, x.Inst)
		}
	}
}

func attributes(list []xml.Attr) (out []string) {
	for _, a := range list {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
			out = append(out, fmt.Sprintf("%v=%q", a.Name, a.Value))
		}
	}
	sort.Strings(out)
	return out
}

// drawn draws a document of few words, in one of many forms.
func drawn(t *rapid.T, depth int) string {
	pick := func(list ...string) string { return rapid.SampledFrom(list).Draw(t, "piece") }
	var b strings.Builder
	for range rapid.IntRange(0, 4).Draw(t, "children") {
		if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
			b.WriteString(pick("1", "2", "&#49;", "&#x31;", "<![CDATA[1]]>", "&lt;", "<![CDATA[<]]>", "<a/>", "<a></a>", "<b/>", "<!--c-->", "<!--d-->", "<?p q?>", "<?p  q?>"))
			continue
		}
		name := pick("a", "b", "p:a", "q:a")
		attrs := pick("", "", " x='1'", " x=\"1\"", " x='&#49;'", " x='2' y='1'", " y='1'  x='2'", " xmlns='u'", " xmlns:p='u'", " xmlns:q='u'", " xmlns:p='v' p:x='1'", " xmlns:q='v' q:x='1'")
		fmt.Fprintf(&b, "<%s%s>%s</%s>", name, attrs, drawn(t, depth-1), name)
	}
	return b.String()
}

// TestAgainstTheStandardLibrary: two documents differ exactly where what the standard
// library reads of them does.
func TestAgainstTheStandardLibrary(t *testing.T) {
	equal := 0
	rapid.Check(t, func(rt *rapid.T) {
		root := rapid.SampledFrom([]string{"<r>", "<r xmlns:p='u' xmlns:q='u'>", "<r xmlns='u'>"})
		old := root.Draw(rt, "root") + drawn(rt, 3) + "</r>"
		new := root.Draw(rt, "root") + drawn(rt, 3) + "</r>"
		if rapid.Bool().Draw(rt, "near") {
			change := rapid.SampledFrom([][2]string{{"'1'", "\"1\""}, {">1<", ">&#49;<"}, {"<a/>", "<a></a>"}, {"&lt;", "<![CDATA[<]]>"}, {"<b", "<a"}, {"1", "3"}, {"p:", "q:"}}).Draw(rt, "change")
			new = strings.ReplaceAll(old, change[0], change[1])
		}
		if _, err := parse([]byte(new), newNames()); err != nil {
			return // an end tag of another name
		}
		got := compare(t, []byte(old), []byte(new))
		same := canonical(rt, old) == canonical(rt, new)
		if same != (got.differences == 0) {
			rt.Fatalf("%s\n%s\nsame: %v, but %+v", old, new, same, got)
		}
		if same && old != new && got.equalities == 0 {
			rt.Fatalf("%s\n%s\nnothing was counted", old, new)
		}
		if same && old != new {
			equal++
		}
	})
	if equal == 0 {
		t.Error("no two documents were equal in two forms")
	}
}

// TestAnyWork: whatever the work, a comparison the other way round says as much, and
// what is the same stays the same.
func TestAnyWork(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		old, new := []byte("<r>"+drawn(rt, 3)+"</r>"), []byte("<r>"+drawn(rt, 3)+"</r>")
		l := Limits{Work: rapid.IntRange(1, 2000).Draw(rt, "work")}
		there, back := compareWith(t, old, new, l), compareWith(t, new, old, l)
		if there != back {
			rt.Fatalf("%s\n%s\nwith %d: there %+v, back %+v", old, new, l.Work, there, back)
		}
		if same := canonical(rt, string(old)) == canonical(rt, string(new)); same != (there.differences == 0) {
			rt.Fatalf("%s\n%s\nwith %d: %+v", old, new, l.Work, there)
		}
	})
}

// TestPlanted: what is changed in one place is found once, there, however the rest is
// written.
func TestPlanted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(rt, "rows")
		row, column := rapid.IntRange(0, n-1).Draw(rt, "row"), rapid.IntRange(0, 3).Draw(rt, "column")
		plant := [4]string{}
		plant[column] = "!"
		old, new := table(rt, n, -1, plant), table(rt, n, row, plant)
		rec := &places{}
		compareInto(t, old, new, rec)
		index := ""
		if n > 1 {
			index = fmt.Sprintf("/%d", row)
		}
		want := "/t/r" + index + [4]string{"/@id", "/@at", "/name", "/note"}[column]
		if len(rec.list) != 1 || rec.list[0] != want {
			rt.Fatalf("%s\n%s\nwant %s, got %v", old, new, want, rec.list)
		}
	})
}

// table writes a table in a form of its own; row differs by what is planted.
func table(t *rapid.T, n, row int, plant [4]string) []byte {
	pick := func(list ...string) string { return rapid.SampledFrom(list).Draw(t, "form") }
	var b bytes.Buffer
	b.WriteString(pick("", "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") + "<t>")
	for i := range n {
		p := [4]string{}
		if i == row {
			p = plant
		}
		id, at := fmt.Sprintf("id=%[1]s%[2]d%[3]s%[1]s", pick("'", "\""), i, p[0]), fmt.Sprintf("at='%s%s'", pick("a&amp;b", "a&#38;b"), p[1])
		if rapid.Bool().Draw(t, "swap") {
			id, at = at, id
		}
		fmt.Fprintf(&b, "%s<r %s%s%s>%s", pick("", "\n", "\n  "), id, pick(" ", "\n"), at, pick("", "\n"))
		fmt.Fprintf(&b, "<name>%s%s</name>", pick("N&lt;", "<![CDATA[N<]]>", "N&#60;"), p[2])
		if p[3] != "" {
			fmt.Fprintf(&b, "<note>%s</note>", p[3])
		} else {
			b.WriteString(pick("<note/>", "<note></note>", "<note />"))
		}
		b.WriteString("</r>")
	}
	b.WriteString(pick("", "\n") + "</t>")
	return b.Bytes()
}
