package xmlbody

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"parallax/diff/body/field"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

func TestWellFormed(t *testing.T) {
	for text, good := range map[string]bool{
		"<a/>": true, "<a>": false, "<a></b>": false, "<a/><b/>": false, "": false, "x<a/>": false, "<a/>x": false,
		"<a b='1' b='2'/>": false, "<a b='1'c='2'/>": false, "<a b=1/>": false, "<a b='<'/>": false, "<a b='>'/>": true,
		"<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>": false, "<a xmlns='u' xmlns='v'/>": false, "<a x:b='1' b='2'/>": true,
		"<a>&lt;&#65;&#x1F600;</a>": true, "<a>&no;</a>": false, "<a>&</a>": false, "<a>&#0;</a>": false, "<a>&#xD800;</a>": false,
		"<!DOCTYPE a SYSTEM 'x'><a>&no;</a>": true, "<a><!DOCTYPE a></a>": false, "<!DOCTYPE a><!DOCTYPE a><a/>": false, "<!DOCTYPE a": false,
		"<!DOCTYPE a [<!ENTITY e \"]>\"><!-- ]> --><?p ]>?>]><a/>": true,
		"<a>]]></a>": false, "<a><![CDATA[]]]]></a>": true, "<a><![CDATA[]]</a>": false, "<a>]]&gt;</a>": true,
		"<!-- a -- b --><a/>": false, "<!-- a --><a/><!-- b -->": true, "<!--a": false, "<?xml?><a/>": false, "<?p?><a/>": true, "<? p?><a/>": false,
		"<a/><?xml version='1.0'?>": false, "<?xml version='1.1'?><a/>": false, "<?xml encoding='x' version='1.0'?><a/>": false,
		"<?xml version='1.0' encoding='x' standalone='no' ?>\n<a/>": true, "<?xml-stylesheet href='x'?><a/>": true,
		"<a>\x01</a>": false, "<a>\xff</a>": false, "<a>\uffff</a>": false, "<1/>": false, "< a/>": false, "<a /\n>": false, "<a></a\n>": true, "</a>": false,
	} {
		if _, err := parse([]byte(text), newNames()); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestLimits: depth and number are bounded, and nothing recurses beyond them (F20).
func TestLimits(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("<a>", n) + strings.Repeat("</a>", n)) }
	for name, text := range map[string][]byte{
		"100,000 elements in each other": nested(100_000),
		"more nodes than are kept":       []byte("<a>" + strings.Repeat("<b/>", maxNodes) + "</a>"),
		"more attributes":                []byte("<a>" + strings.Repeat("<b c='' d=''/>", maxNodes/2) + "<b c=''/></a>"),
	} {
		if _, err := parse(text, newNames()); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	old, new := nested(maxDepth), bytes.Replace(nested(maxDepth), []byte("<a></a>"), []byte("<a>x</a>"), 1)
	if got := compare(t, old, new); got.differences != 1 {
		t.Errorf("at the deepest: %+v", got)
	}
}

// seen counts.
type seen struct{ differences, equalities, coarse int }

func (s *seen) Difference(_ field.Place, d jsondiff.Difference) {
	s.differences++
	if d.Class == jsondiff.Coarse {
		s.coarse++
	}
}

func (s *seen) Equal(int, field.Place, jsondiff.Value, jsondiff.Value) { s.equalities++ }

func compare(t testing.TB, old, new []byte) seen {
	t.Helper()
	return compareWith(t, old, new, Limits{})
}

func compareWith(t testing.TB, old, new []byte, l Limits) (s seen) {
	t.Helper()
	walk(t, old, new, &s, l)
	return s
}

// places lists where differences are.
type places struct{ list []string }

func (p *places) Difference(at field.Place, d jsondiff.Difference) {
	p.list = append(p.list, string(at.AppendPointer(nil)))
}

func (p *places) Equal(int, field.Place, jsondiff.Value, jsondiff.Value) {}

func compareInto(t testing.TB, old, new []byte, sink field.Sink) {
	t.Helper()
	walk(t, old, new, sink, Limits{})
}

func walk(t testing.TB, old, new []byte, sink field.Sink, l Limits) {
	t.Helper()
	set, err := rules.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	var w field.Walk
	w.Begin(set.For("GET /"), sink)
	if err := Compare(old, new, &w, l); err != nil {
		t.Fatal(err)
	}
}

// TestWork: where the work does not suffice to try children against each other, equal
// ones stay together, the others pair by position, and what is found says so.
func TestWork(t *testing.T) {
	list := func(from, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "<i><v>%d</v><w>%s</w></i>", from+i, strings.Repeat("x", 1+i%7))
		}
		return b.String()
	}
	// Of what is between equal ones, four on one side and five on the other differ a little.
	old := []byte("<o>" + list(0, 50) + list(100, 4) + list(200, 50) + "</o>")
	new := []byte("<o>" + list(0, 50) + "<i>0</i>" + strings.ReplaceAll(list(100, 4), "x<", "y<") + list(200, 50) + "</o>")
	if got := compare(t, old, new); got.differences != 5 || got.coarse != 0 {
		t.Errorf("with work: %+v", got)
	}
	there, back := compareWith(t, old, new, Limits{Work: 1000}), compareWith(t, new, old, Limits{Work: 1000})
	if there.differences <= 5 || there.coarse != there.differences || there != back {
		t.Errorf("without: %+v, %+v", there, back)
	}
}

// FuzzParse: what is read is well formed for the standard library, too, its nodes lie
// within each other, and it equals itself.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"<a/>", "<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE a [<!ENTITY e ''>]><a b=\"1\">&e;x<![CDATA[<]]></a><!-- c -->",
		"<a xmlns='u' xmlns:p='v'><p:b p:c='x&#10;y'/>\r\n<?t d?></a >", "<p>a<b/> <i>c</i></p>", "\xEF\xBB\xBF<a xml:space='preserve'> </a>",
		"<a:b:c/>", "<a><b></a></b>", "<a xmlns:x='http://www.w3.org/2001/XMLSchema-instance' x:type='T'/>", "<a>&#x10FFFF;&amp;&unknown;</a>",
	} {
		f.Add([]byte(seed), []byte("<a/>"))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		x, err := parse(a, newNames())
		if err != nil {
			return
		}
		within(t, x)
		standard(t, a)
		if got := compare(t, a, bytes.Clone(a)); got.differences+got.equalities != 0 {
			t.Fatalf("%q does not equal itself: %+v", a, got)
		}
		if _, err := parse(b, newNames()); err != nil || bytes.Equal(a, b) {
			return
		}
		there, back := compare(t, a, b), compare(t, b, a)
		if there != back {
			t.Fatalf("%q, %q: there %+v, back %+v", a, b, there, back)
		}
		if there.differences+there.equalities == 0 {
			t.Fatalf("%q and %q are told equal", a, b)
		}
	})
}

func within(t *testing.T, d *document) {
	for i := range d.nodes {
		n := &d.nodes[i]
		if n.from > n.to || int(n.to) > len(d.text) || int(n.end) <= i || int(n.end) > len(d.nodes) {
			t.Fatalf("%q: node %d: %+v", d.text, i, n)
		}
		for at := i + 1; at < int(n.end); at++ {
			if in := &d.nodes[at]; in.from < n.from || in.to > n.to || in.end > n.end {
				t.Fatalf("%q: node %d is not within %d", d.text, at, i)
			}
		}
	}
}

// standard reads with the standard library, which knows no document types and reads
// fewer names.
func standard(t *testing.T, text []byte) {
	if bytes.Contains(text, []byte("<!DOCTYPE")) || bytes.Contains(text, []byte("<?")) || bytes.HasPrefix(text, []byte(byteOrderMark)) {
		return
	}
	for _, c := range text {
		if c >= 0x80 || c == ':' {
			return
		}
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.RawToken(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%q: the standard library says %v", text, err)
		}
	}
}
