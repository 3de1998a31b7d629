package body

import (
	"fmt"
	"strings"
	"testing"

	"parallax/diff/rules"
)

// crlf writes a body with CR LF at each line's end.
func crlf(lines ...string) string { return strings.Join(lines, "\r\n") }

// formPart is a part of a form with one header.
func formPart(name, more, text string) string {
	head := `Content-Disposition: form-data; name="` + name + `"`
	if more != "" {
		head += "\r\n" + more
	}
	return "--b\r\n" + head + "\r\n\r\n" + text + "\r\n"
}

const end = "--b--\r\n"

func TestMultipart(t *testing.T) {
	framing, boundary, order := rules.MultipartFraming.String(), rules.MultipartBoundary.String(), rules.FormOrder.String()
	js := "Content-Type: application/json"
	inner := func(mark, value string) string {
		return "--b\r\nContent-Type: multipart/mixed; boundary=" + mark + "\r\n\r\n--" + mark + "\r\n\r\n" + value + "\r\n--" + mark + "--\r\n"
	}
	checkTypes(t, "multipart/form-data; boundary=b", []typeCase{
		{"a field", formPart("a", "", "1") + end, formPart("a", "", "2") + end, nil, ByParts, []string{`/a (/a) changed [] text:"1" text:"2"`}},
		{"an empty field", formPart("a", "", "") + end, formPart("a", "", "2") + end, nil, ByParts, []string{`/a (/a) changed [] text:"" text:"2"`}},
		{"a JSON part", formPart("a", js, `{"x":1}`) + end, formPart("a", js, `{"x":2}`) + end, nil, ByParts, []string{`/a/x (/a/x) changed [] number:"1" number:"2"`}},
		{"a JSON part, ignored and unordered", formPart("a", js, `{"x":1,"l":[1,2]}`) + end, formPart("a", js, `{"x":2,"l":[2,1]}`) + end,
			[]rules.Rule{ignore("/a/x"), at("/a/l", rules.Action{Unordered: true})}, ByParts, []string{"/a/x (/a/x) rule 0", "/a/l (/a/l) rule 1"}},
		{"JSON parts of one name, with a rule for all and one for the first", formPart("a", js, `{"x":1,"y":1}`) + formPart("a", js, `{"x":1,"y":1}`) + end,
			formPart("a", js, `{"x":2,"y":2}`) + formPart("a", js, `{"x":1,"y":2}`) + end, []rules.Rule{ignore("/a/y"), at("/a/0/x", rules.Action{Tolerance: &rules.Tolerance{Absolute: "1"}})}, ByParts,
			[]string{"/a/0/x (/a/x) rule 1", "/a/0/y (/a/y) rule 0", "/a/1/y (/a/y) rule 0"}},
		{"a rule for one of several JSON parts is stronger than an ignore of all", formPart("a", js, `{"x":{"y":1}}`) + formPart("a", js, `{"x":{"y":1}}`) + end,
			formPart("a", js, `{"x":{"y":2}}`) + formPart("a", js, `{"x":{"y":2}}`) + end, []rules.Rule{ignore("/a/**"), at("/a/0/x/y", rules.Action{Tolerance: &rules.Tolerance{Absolute: "0.5"}})}, ByParts,
			[]string{`/a/0/x/y (/a/x/y) changed [] number:"1" number:"2"`, "/a/1/x (/a/x) rule 0"}},
		{"a text of many lines", formPart("a", "", "x\r\ny\r\nz") + end, formPart("a", "", "x\r\ny2\r\nz") + end, nil, ByParts,
			[]string{`/a/line 2 (/a/line *) changed [] text:"y\r\n" text:"y2\r\n"`}},
		{"a form in a part", formPart("a", "Content-Type: application/x-www-form-urlencoded", "k=1&l=2\n") + end,
			formPart("a", "Content-Type: application/x-www-form-urlencoded", "k=3&l=2\n") + end, nil, ByParts, []string{`/a/k (/a/k) changed [] text:"1" text:"3"`}},
		{"bytes", formPart("a", "Content-Type: image/png", "\xff\n1") + end, formPart("a", "Content-Type: image/png", "\xff\n2") + end, nil, ByParts,
			[]string{`/a (/a) changed [] bytes of 3 bytes of 3`}},
		{"bytes to the last line end", formPart("a", "Content-Type: image/png", "\xff\r\n") + end, formPart("a", "Content-Type: image/png", "\xff") + end, nil, ByParts,
			[]string{`/a (/a) changed [] bytes of 3 bytes of 1`}},
		{"a header", formPart("a", "Content-Type: text/plain", "1") + end, formPart("a", "Content-Type: text/html", "1") + end, nil, ByParts,
			[]string{`/a/@Content-Type (/a/@Content-Type) changed [] text:"text/plain" text:"text/html"`}},
		{"a header that rules ignore", formPart("a", "X-At: 1", "1") + end, formPart("a", "", "1") + end, []rules.Rule{ignore("/*/@X-At")}, ByParts,
			[]string{"/a/@X-At (/a/@X-At) rule 0"}},
		{"a header's case and white space", formPart("a", "X-At: 1", "1") + end, formPart("a", "x-at:1 ", "1") + end, nil, ByParts, []string{"/a/@X-At (/a/@X-At) " + framing}},
		{"a part that old lacks", formPart("a", "", "1") + end, formPart("a", "", "1") + formPart("b", "", "2") + end, nil, ByParts,
			[]string{`/b (/b) missing in old [] - text:"Content-Disposition: form-data; name=\"b\"\r\n\r\n2"`}},
		{"order", formPart("a", "", "1") + formPart("b", "", "2") + end, formPart("b", "", "2") + formPart("a", "", "1") + end, nil, ByParts, []string{" () " + order}},
		{"several of a name", formPart("a", "", "1") + formPart("a", "", "2") + end, formPart("a", "", "1") + formPart("a", "", "3") + end, nil, ByParts,
			[]string{`/a/1 (/a) changed [] text:"2" text:"3"`}},
		{"several of a name, unordered", formPart("a", "", "1") + formPart("a", "", "2") + end, formPart("a", "", "2") + formPart("a", "", "1") + end,
			[]rules.Rule{at("/a", rules.Action{Unordered: true})}, ByParts, []string{"/a (/a) rule 0"}},
		{"tolerance", formPart("a", "", "1.0") + end, formPart("a", "", "1.1") + end,
			[]rules.Rule{at("/a", rules.Action{Tolerance: &rules.Tolerance{Absolute: "0.2"}})}, ByParts, []string{"/a (/a) rule 0"}},
		{"preamble", "hello\r\n" + formPart("a", "", "1") + end, formPart("a", "", "1") + end, nil, ByParts, []string{`/#preamble (/#preamble) missing in new [] text:"hello" -`}},
		{"epilogue", formPart("a", "", "1") + end + "x", formPart("a", "", "1") + end + "y", nil, ByParts,
			[]string{`/#epilogue (/#epilogue) changed [] text:"\r\nx" text:"\r\ny"`}},
		{"the last line end", formPart("a", "", "1") + "--b--", formPart("a", "", "1") + end, nil, ByParts, []string{" () " + framing}},
		{"line ends", formPart("a", "", "1") + end, strings.ReplaceAll(formPart("a", "", "1")+end, "\r\n", "\n"), nil, ByParts, []string{" () " + framing}},
		{"blanks behind a boundary", "--b \r\n\r\n1\r\n--b--", "--b\r\n\r\n1\r\n--b--", nil, ByParts, []string{" () " + framing}},
		{"an empty line less", "--b\r\nX: y\r\n\r\n--b--", "--b\r\nX: y\r\n\r\n\r\n--b--", nil, ByParts, []string{" () " + framing}},
		{"a line that begins as a delimiter", "--b\r\n\r\n--bc\r\n--b--", "--b\r\n\r\n--bd\r\n--b--", nil, ByParts, []string{`/0 (/*) changed [] text:"--bc" text:"--bd"`}},
		{"not closed", formPart("a", "", "1"), formPart("a", "", "2"), nil, ByText, []string{`line 4 (line *) changed [] text:"1\r\n" text:"2\r\n"`}},
		{"a boundary within", inner("x1", "1") + end, inner("x2", "1") + end, nil, ByParts, []string{
			"/0 (/*) " + boundary, "/0/@Content-Type (/*/@Content-Type) " + boundary}},
		{"a part of a part", inner("x", "1") + end, inner("x", "2") + end, nil, ByParts, []string{`/0/0 (/*/*) changed [] text:"1" text:"2"`}},
		{"a malformed form in a part", formPart("a", "Content-Type: application/x-www-form-urlencoded", "k=%") + end,
			formPart("a", "Content-Type: application/x-www-form-urlencoded", "k=1") + end, nil, ByParts, []string{`/a/line 1 (/a/line *) changed [] text:"k=%" text:"k=1"`}},
	})
	checkTypes(t, `multipart/mixed; boundary="b"`, []typeCase{
		{"by position", "--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--", "--b\r\n\r\n1\r\n--b\r\n\r\n3\r\n--b--", nil, ByParts, []string{`/1 (/*) changed [] text:"2" text:"3"`}},
		{"one put in front", "--b\r\n\r\n1\r\n--b--", "--b\r\n\r\n0\r\n--b\r\n\r\n1\r\n--b--", nil, ByParts, []string{`/0 (/*) missing in old [] - text:"\r\n0"`}},
		{"unordered", "--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--", "--b\r\n\r\n2\r\n--b\r\n\r\n1\r\n--b--", []rules.Rule{at("", rules.Action{Unordered: true})}, ByParts, []string{" () rule 0"}},
		{"order of names", formPart("a", "", "1") + "--b\r\n\r\n2\r\n" + end, "--b\r\n\r\n2\r\n" + formPart("a", "", "1") + end, nil, ByParts,
			[]string{` () changed [order] bytes:"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--\r\n" bytes:"--b\r\n\r\n2\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n"`}},
	})
}

func TestBoundaries(t *testing.T) {
	old := in("multipart/mixed; boundary=a1", crlf("--a1", "", "x", "--a1--"))
	new := in("multipart/mixed; boundary=a2", crlf("--a2", "", "x", "--a2--"))
	rec := &record{}
	if got := Compare(old, new, compile(t), rec, Options{}); got.State != UnderRules || len(rec.lines) != 1 {
		t.Fatalf("%+v %v", got, rec.lines)
	}
	if got := Compare(old, new, compile(t, off("multipart-boundary")), rec, Options{}); got.State != Different || got.Differences != 1 {
		t.Fatalf("%+v %v", got, rec.lines)
	}
	// A body that is not of the boundary that its header names is no multipart.
	if got := Compare(old, in("multipart/mixed; boundary=a3", string(new.Bytes)), compile(t), rec, Options{}); got.Method != ByText || got.Instead != ByParts {
		t.Fatalf("%+v", got)
	}
}

func TestMultipartDepth(t *testing.T) {
	nested := func(text string, levels int) Input {
		for level := levels; level > 0; level-- {
			kind := fmt.Sprintf("multipart/mixed; boundary=x%d", level+1)
			if level == levels {
				kind = "text/plain"
			}
			text = crlf(fmt.Sprintf("--x%d", level), "Content-Type: "+kind, "", text, fmt.Sprintf("--x%d--", level))
		}
		return in("multipart/mixed; boundary=x1", text)
	}
	for levels, where := range map[int]string{4: "/0/0/0/0 ", 5: "/0/0/0/0/line 4 "} {
		rec := &record{}
		got := Compare(nested("old", levels), nested("new", levels), compile(t), rec, Options{})
		if got.Method != ByParts || len(rec.lines) != 1 || !strings.HasPrefix(rec.lines[0], where) || (got.Instead == ByParts) != (levels > maxDepth) {
			t.Errorf("%d levels: %+v %v", levels, got, rec.lines)
		}
	}
}
