package body

import (
	"strings"
	"testing"

	"parallax/diff/rules"
)

const xmlType = "application/xml"

func TestXML(t *testing.T) {
	form, escape, prefix := rules.XMLForm.String(), rules.XMLEscape.String(), rules.XMLPrefix.String()
	space, declaration := rules.XMLSpace.String(), rules.XMLDeclaration.String()
	unordered := func(place string) []rules.Rule { return []rules.Rule{at(place, rules.Action{Unordered: true})} }
	keyed := func(place string, keys ...string) []rules.Rule {
		return []rules.Rule{at(place, rules.Action{Keyed: keys})}
	}
	tolerance := rules.Action{Tolerance: &rules.Tolerance{Absolute: "0.1"}}
	checkTypes(t, xmlType, []typeCase{
		{"a text", "<o><n>1</n></o>", "<o><n>2</n></o>", nil, ByXML, []string{`/o/n (/o/n) changed [] text:"1" text:"2"`}},
		{"an attribute", `<o><i sku="a"/></o>`, `<o><i sku="b"/></o>`, nil, ByXML, []string{`/o/i/@sku (/o/i/@sku) changed [] text:"a" text:"b"`}},
		{"an attribute of one of many", `<o><i s="a"/><i s="b"/><i s="c"/></o>`, `<o><i s="a"/><i s="b"/><i s="d"/></o>`, nil, ByXML,
			[]string{`/o/i/2/@s (/o/i/@s) changed [] text:"c" text:"d"`}},
		{"an attribute that old lacks", `<o/>`, `<o a="1"/>`, nil, ByXML, []string{`/o/@a (/o/@a) missing in old [] - text:"1"`}},
		{"an element that new lacks", `<o><a/><b>1</b></o>`, `<o><a/></o>`, nil, ByXML, []string{`/o/b (/o/b) missing in new [] element:"<b>1</b>" -`}},
		{"an element put in front", `<o><i>1</i><i>2</i></o>`, `<o><i>0</i><i>1</i><i>2</i></o>`, nil, ByXML, []string{`/o/i/0 (/o/i) missing in old [] - element:"<i>0</i>"`}},
		{"one put in front, another changed", `<o><i a="1">1</i><i a="2">2</i></o>`, `<o><i a="0">0</i><i a="1">1</i><i a="2">3</i></o>`, nil, ByXML, []string{
			`/o/i/1 (/o/i) changed [] text:"2" text:"3"`, `/o/i/0 (/o/i) missing in old [] - element:"<i a=\"0\">0</i>"`}},
		{"an element of another name put in between", `<o><a/><b>1</b></o>`, `<o><a/><x/><b>2</b></o>`, nil, ByXML, []string{
			`/o/b (/o/b) changed [] text:"1" text:"2"`, `/o/x (/o/x) missing in old [] - element:"<x/>"`}},
		{"another root", `<a>1</a>`, `<b>1</b>`, nil, ByXML, []string{`/a (/a) missing in new [] element:"<a>1</a>" -`, `/b (/b) missing in old [] - element:"<b>1</b>"`}},
		{"a text for elements", `<a>1</a>`, `<a><b/></a>`, nil, ByXML, []string{`/a (/a) type changed [] text:"1" element:"<a><b/></a>"`}},
		{"nothing for elements", `<a/>`, "<a>\n<b/>\n</a>", nil, ByXML, []string{`/a/b (/a/b) missing in old [] - element:"<b/>"`}},
		{"white space for elements", "<a>\n</a>", "<a><b/></a>", nil, ByXML, []string{`/a/b (/a/b) missing in old [] - element:"<b/>"`}},
		{"white space for nothing", "<a> </a>", "<a></a>", nil, ByXML, []string{`/a (/a) changed [white space] text:" " text:""`}},
		{"a rule for one of several is stronger than an ignore of all", `<o><m><id>1</id></m><m><id>1</id></m></o>`, `<o><m><id>3</id></m><m><id>3</id></m></o>`,
			[]rules.Rule{ignore("/o/m/**"), at("/o/m/0/id", tolerance)}, ByXML, []string{`/o/m/0/id (/o/m/id) changed [] text:"1" text:"3"`, "/o/m/1/id (/o/m/id) rule 0"}},
		{"order", `<o><a/><b/></o>`, `<o><b/><a/></o>`, nil, ByXML, []string{`/o (/o) changed [order] text:"a, b" text:"b, a"`}},
		{"order, unordered", `<o><a/><b/></o>`, `<o><b/><a/></o>`, unordered("/o"), ByXML, []string{"/o (/o) rule 0"}},
		{"order of one name", `<o><i>1</i><i>2</i></o>`, `<o><i>2</i><i>1</i></o>`, nil, ByXML, []string{
			`/o/i/0 (/o/i) changed [] text:"1" text:"2"`, `/o/i/1 (/o/i) changed [] text:"2" text:"1"`}},
		{"order of one name, unordered", `<o><i>1</i><i>2</i></o>`, `<o><i>2</i><i>1</i></o>`, unordered("/o"), ByXML, []string{"/o (/o) rule 0"}},
		{"unordered, another changed", `<o><i a="1">1</i><i a="2">2</i></o>`, `<o><i a="2">3</i><i a="1">1</i></o>`, unordered("/o"), ByXML, []string{
			`/o/i/1 (/o/i) changed [] text:"2" text:"3"`, "/o (/o) rule 0"}},
		{"keyed by an attribute", `<o><i k="1">1</i><i k="2">2</i></o>`, `<o><i k="2">3</i><i k="1">1</i></o>`, keyed("/o", "/@k"), ByXML, []string{
			`/o/i/1 (/o/i) changed [] text:"2" text:"3"`, "/o (/o) rule 0"}},
		{"keyed by an element", `<o><i><k>1</k><v>1</v></i><i><k>2</k></i></o>`, `<o><i><k>2</k></i><i><k>1</k><v>2</v></i></o>`, keyed("/o", "/k"), ByXML, []string{
			`/o/i/0/v (/o/i/v) changed [] text:"1" text:"2"`, "/o (/o) rule 0"}},
		{"ignored, with and without an index", `<o><i s="a">1</i><i s="b">1</i></o>`, `<o><i s="c">2</i><i s="d">2</i></o>`,
			[]rules.Rule{ignore("/o/i/@s"), at("/o/i/*", tolerance), ignore("/o/i/1")}, ByXML, []string{
				"/o/i/0/@s (/o/i/@s) rule 0", `/o/i/0 (/o/i) changed [] text:"1" text:"2"`, "/o/i/1 (/o/i) rule 2"}},
		{"tolerance", `<o a="1.0"> 2.0 </o>`, `<o a="1.1">2.05</o>`, []rules.Rule{at("/o/@a", tolerance), at("/o", tolerance)}, ByXML, []string{"/o/@a (/o/@a) rule 0", "/o (/o) rule 1"}},
		{"missing and empty", `<o><a/></o>`, `<o/>`, []rules.Rule{at("/o/a", rules.Action{Equal: []string{"missing", "empty"}})}, ByXML, []string{"/o/a (/o/a) rule 0"}},
		{"an ignored element that is missing", `<o><a>1</a></o>`, `<o/>`, []rules.Rule{ignore("/o/a")}, ByXML, []string{"/o/a (/o/a) rule 0"}},

		{"order of attributes, quotes, white space in tags", `<o a="1" b="2"/>`, `<o  b='2' a="1" />`, nil, ByXML, []string{"/o (/o) " + form}},
		{"an empty element", `<o><a/></o>`, `<o><a></a></o>`, nil, ByXML, []string{"/o/a (/o/a) " + form}},
		{"an empty element, a blank in its tag", `<o><a /></o>`, `<o><a>1</a></o>`, nil, ByXML, []string{`/o/a (/o/a) changed [] text:"" text:"1"`}},
		{"white space in an end tag", `<o>1</o>`, `<o>1</o >`, nil, ByXML, []string{"/o (/o) " + form}},
		{"form, builtin off", `<o a='1'/>`, `<o a="1"></o>`, []rules.Rule{off("xml-form")}, ByXML, []string{`/o (/o) changed [xml form] text:"<o a='1'/>" text:"<o a=\"1\"></o>"`}},
		{"form beside a difference", `<o a="1" b="2"/>`, `<o a='1' b="3"/>`, nil, ByXML, []string{`/o/@b (/o/@b) changed [] text:"2" text:"3"`, "/o (/o) " + form}},
		{"references, CDATA and line ends", "<o a='&#65;&amp;'>&lt;a&#x42;\n</o>", "<o a='A&#38;'><![CDATA[<aB]]>\r\n</o>", nil, ByXML, []string{
			"/o/@a (/o/@a) " + escape, "/o (/o) " + escape}},
		{"a line end in an attribute is a blank", "<o a='x\ny'/>", "<o a='x y'/>", nil, ByXML, []string{"/o/@a (/o/@a) " + escape}},
		{"but not as a reference", "<o a='x&#10;y'/>", "<o a='x y'/>", nil, ByXML, []string{`/o/@a (/o/@a) changed [white space] text:"x&#10;y" text:"x y"`}},
		{"escape, builtin off", "<o>&#65;</o>", "<o>A</o>", []rules.Rule{off("xml-escape")}, ByXML, []string{`/o (/o) changed [xml escape] text:"&#65;" text:"A"`}},
		{"prefixes", `<a:o xmlns:a="u"><a:i/></a:o>`, `<o xmlns="u"><i/></o>`, nil, ByXML, []string{"/o (/o) " + prefix, "/o/i (/o/i) " + prefix}},
		{"where a prefix is declared", `<o xmlns:a="u"><a:i/></o>`, `<o><a:i xmlns:a="u"/></o>`, nil, ByXML, []string{"/o (/o) " + prefix, "/o/i (/o/i) " + prefix}},
		{"a prefix of an attribute", `<o xmlns:a="u" a:x="1"/>`, `<o xmlns:b="u" b:x="2"/>`, nil, ByXML, []string{
			"/o (/o) " + prefix, "/o/@a:x (/o/@a:x) " + prefix, `/o/@a:x (/o/@a:x) changed [] text:"1" text:"2"`}},
		{"prefixes, builtin off", `<a:o xmlns:a="u"/>`, `<o xmlns="u"/>`, []rules.Rule{off("xml-prefix")}, ByXML, []string{
			`/o (/o) changed [namespace prefix] text:"<a:o xmlns:a=\"u\"/>" text:"<o xmlns=\"u\"/>"`}},
		{"two namespaces", `<a:o xmlns:a="u"/>`, `<a:o xmlns:a="v"/>`, nil, ByXML, []string{
			`/o (/o) missing in new [] element:"<a:o xmlns:a=\"u\"/>" -`, `/o (/o) missing in old [] - element:"<a:o xmlns:a=\"v\"/>"`}},
		{"two namespaces in one form of bytes", `<o xmlns:a="u"><i><a:x/></i></o>`, `<o xmlns:a="v"><i><a:x/></i></o>`, nil, ByXML, []string{
			"/o (/o) " + prefix, `/o/i/x (/o/i/x) missing in new [] element:"<a:x/>" -`, `/o/i/x (/o/i/x) missing in old [] - element:"<a:x/>"`}},
		{"a prefix in a text", `<o xmlns:a="u">a:T</o>`, `<o xmlns:a="v">a:T</o>`, nil, ByXML, []string{
			"/o (/o) " + prefix, `/o (/o) changed [namespace prefix] text:"a:T" text:"a:T"`}},
		{"a type's prefix", `<o xmlns:x="http://www.w3.org/2001/XMLSchema-instance" xmlns:a="u" x:type="a:T"/>`, `<o xmlns:x="http://www.w3.org/2001/XMLSchema-instance" xmlns:b="u" x:type="b:T"/>`,
			nil, ByXML, []string{"/o (/o) " + prefix, "/o/@x:type (/o/@x:type) " + prefix}},
		{"white space between elements", "<o>\n  <a/>\n</o>", "<o><a/></o>", nil, ByXML, []string{"/o (/o) " + space}},
		{"the same, preserved", "<o xml:space='preserve'> <a/></o>", "<o xml:space='preserve'><a/></o>", nil, ByXML, []string{`/o/#text (/o/#text) missing in new [] text:" " -`}},
		{"white space beside text", "<p>a <b/> <c/></p>", "<p>a <b/>\n<c/></p>", nil, ByXML, []string{`/p/#text/1 (/p/#text) changed [white space] text:" " text:"\n"`}},
		{"space, builtin off", "<o> <a/></o>", "<o><a/></o>", []rules.Rule{off("xml-space")}, ByXML, []string{`/o (/o) changed [white space] text:" <" text:"<"`}},
		{"text among elements", "<p>a<b>1</b>c</p>", "<p>a<b>1</b>d</p>", nil, ByXML, []string{`/p/#text/1 (/p/#text) changed [] text:"c" text:"d"`}},
		{"text that moves", "<p>a<b/></p>", "<p><b/>a</p>", nil, ByXML, []string{`/p (/p) changed [order] text:"#text, b" text:"b, #text"`}},
		{"comments", "<o><!--a--><b/></o>", "<o><!--c--><b/></o>", nil, ByXML, []string{`/o/#comment (/o/#comment) changed [] text:"a" text:"c"`}},
		{"a comment in a text", "<o>a<!----></o>", "<o>a</o>", nil, ByXML, []string{`/o/#comment (/o/#comment) missing in new [] text:"" -`}},
		{"an instruction", "<?p a?><o/>", "<?p b?><o/>", nil, ByXML, []string{`/?p (/?p) changed [] text:"a" text:"b"`}},
		{"a document type", "<!DOCTYPE o [<!ENTITY e '>'>]><o>&e;</o>", "<!DOCTYPE o [<!ENTITY e '<'>]><o>&e;</o>", nil, ByXML, []string{
			`/#doctype (/#doctype) changed [] text:"<!DOCTYPE o [<!ENTITY e '>'>]>" text:"<!DOCTYPE o [<!ENTITY e '<'>]>"`}},
		{"an entity is not its spelling", "<!DOCTYPE o><o>&e;</o>", "<!DOCTYPE o><o>&amp;e;</o>", nil, ByXML, []string{`/o (/o) changed [] text:"&e;" text:"&amp;e;"`}},
		{"declarations that say the same", `<?xml version="1.0" encoding="UTF-8"?><o/>`, `<o/>`, nil, ByXML, []string{"/?xml (/?xml) " + declaration}},
		{"declarations that do not", `<?xml version="1.0" standalone="yes"?><o/>`, `<o/>`, nil, ByXML, []string{
			`/?xml (/?xml) missing in new [] text:"<?xml version=\"1.0\" standalone=\"yes\"?>" -`}},
		{"encodings", "<?xml version='1.0' encoding='ISO-8859-1'?><o>\xe9</o>", "<?xml version='1.0' encoding='utf-8'?><o>é</o>", nil, ByXML, []string{
			`/?xml (/?xml) changed [] text:"<?xml version='1.0' encoding='ISO-8859-1'?>" text:"<?xml version='1.0' encoding='utf-8'?>"`}},
		{"a byte order mark", "\xEF\xBB\xBF<o/>", "<o/>", nil, ByXML, []string{` () missing in new [byte order mark] text:"\ufeff" -`}},
		{"malformed", "<o>1</o>", "<o>1</p>", nil, ByText, []string{`line 1 (line *) changed [] text:"<o>1</o>" text:"<o>1</p>"`}},
		{"a bare sign", "<o>1 & 2</o>", "<o>1 & 3</o>", nil, ByText, []string{`line 1 (line *) changed [] text:"<o>1 & 2</o>" text:"<o>1 & 3</o>"`}},
	})
}

func TestXMLCharsets(t *testing.T) {
	latin, utf := in("text/xml; charset=latin1", "<o>\xe9</o>"), in("text/xml", "<o>é</o>")
	rec := &record{}
	if got := Compare(latin, utf, compile(t), rec, Options{}); got.Differences != 1 || !strings.Contains(rec.lines[0], "[charset]") {
		t.Errorf("%+v %v", got, rec.lines)
	}
	other := in("text/xml; charset=koi8-r", "<o>\xe9</o>")
	if got := Compare(other, utf, compile(t), rec, Options{}); got.Instead != ByXML || got.State != Different {
		t.Errorf("%+v", got)
	}
}

// TestXMLOfAnyType: XML that only one side declares is compared as XML where the other
// leaves open what it is, and is well formed.
func TestXMLOfAnyType(t *testing.T) {
	for other, method := range map[string]Method{"": ByXML, "text/plain": ByXML, "application/octet-stream": ByXML, "text/html": ByText} {
		if got := Compare(in(xmlType, "<o>1</o>"), in(other, "<o>2</o>"), compile(t), &record{}, Options{}); got.Method != method {
			t.Errorf("%q: %+v", other, got)
		}
	}
}

// TestSOAP: two stacks write one answer; the one value that differs is found among
// what is only written otherwise.
func TestSOAP(t *testing.T) {
	old := `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <soapenv:Body>
    <ns1:quotes xmlns:ns1="urn:shop">
      <ns1:quote id="1" cur="EUR"><ns1:price xsi:type="xsd:decimal">1.50</ns1:price><ns1:note/></ns1:quote>
      <ns1:quote id="2" cur="EUR"><ns1:price xsi:type="xsd:decimal">2.50</ns1:price><ns1:note>A &amp; B</ns1:note></ns1:quote>
    </ns1:quotes>
  </soapenv:Body>
</soapenv:Envelope>`
	new := `<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body><quotes xmlns="urn:shop" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="http://www.w3.org/2001/XMLSchema">` +
		`<quote cur="EUR" id="2"><price i:type="x:decimal">2.51</price><note><![CDATA[A & B]]></note></quote>` +
		`<quote cur="EUR" id="1"><price i:type="x:decimal">1.50</price><note></note></quote></quotes></S:Body></S:Envelope>`
	rec := &record{}
	r := compile(t, at("/Envelope/Body/quotes", rules.Action{Keyed: []string{"/@id"}}))
	Compare(in("text/xml", old), in("text/xml", new), r, rec, Options{})
	var found []string
	for _, line := range rec.lines {
		if !strings.Contains(line, ") rule ") {
			found = append(found, line)
		}
	}
	want := []string{`/Envelope/Body/quotes/quote/1/price (/Envelope/Body/quotes/quote/price) changed [] text:"2.50" text:"2.51"`}
	if d := diffLines(want, found); d != "" {
		t.Errorf("(-want +got):\n%s\n%s", d, strings.Join(rec.lines, "\n"))
	}
}
