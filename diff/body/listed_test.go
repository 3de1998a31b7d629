package body

import (
	"testing"

	"parallax/diff/rules"
)

const ndjson, eventStream = "application/x-ndjson", "text/event-stream"

func TestRecords(t *testing.T) {
	framing := rules.RecordFraming.String()
	ordered := func(a rules.Action) []rules.Rule { return []rules.Rule{at("", a)} }
	checkTypes(t, ndjson, []typeCase{
		{"a field", "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\":3}\n", nil, ByRecords, []string{`/1/a (/*/a) changed [] number:"2" number:"3"`}},
		{"a record put in front", "{\"a\":1}\n{\"a\":2}\n", "{\"a\":0}\n{\"a\":1}\n{\"a\":2}\n", nil, ByRecords,
			[]string{`/0 (/*) missing in old [] - object:"{\"a\":0}"`}},
		{"a record left out, another changed", "{\"a\":1,\"b\":1}\n{\"a\":2,\"b\":2}\n{\"a\":3}\n", "{\"a\":2,\"b\":9}\n{\"a\":3}\n", nil, ByRecords, []string{
			`/0 (/*) missing in new [] object:"{\"a\":1,\"b\":1}" -`, `/1/b (/*/b) changed [] number:"2" number:"9"`}},
		{"ignored", "{\"t\":1}\n{\"t\":2}\n", "{\"t\":3}\n{\"t\":4}\n", []rules.Rule{ignore("/*/t")}, ByRecords, []string{"/0/t (/*/t) rule 0", "/1/t (/*/t) rule 0"}},
		{"unordered", "1\n2\n", "2\n1\n", ordered(rules.Action{Unordered: true}), ByRecords, []string{" () rule 0"}},
		{"keyed", "{\"k\":1,\"v\":1}\n{\"k\":2,\"v\":2}\n", "{\"k\":2,\"v\":3}\n{\"k\":1,\"v\":1}\n", ordered(rules.Action{Keyed: []string{"/k"}}), ByRecords,
			[]string{" () rule 0", `/1/v (/*/v) changed [] number:"2" number:"3"`}},
		{"the last line's end", "1\n2\n", "1\n2", nil, ByRecords, []string{" () " + framing}},
		{"CR LF and blank lines", "1\r\n\r\n2\r\n", "1\n2\n", nil, ByRecords, []string{" () " + framing}},
		{"framing, builtin off", "1\n2\n", "1\n2", []rules.Rule{off("record-framing")}, ByRecords, []string{` () changed [framing] bytes:"1\n2\n" bytes:"1\n2"`}},
		{"a byte order mark", "1\n", "\xEF\xBB\xBF1\n", nil, ByRecords, []string{` () missing in old [byte order mark] - text:"\ufeff"`}},
		{"a record that is none", "1\n{\n", "1\n2\n", nil, ByText, []string{`line 2 (line *) changed [] text:"{\n" text:"2\n"`}},
		{"two records on a line", "1,2\n", "1\n2\n", nil, ByText, []string{
			`line 1 (line *) changed [] text:"1,2\n" text:"1\n"`, `line 2 (line *) missing in old [] - text:"2\n"`}},
	})
	checkTypes(t, "application/json-seq", []typeCase{
		{"a field", "\x1e{\"a\":1}\n\x1e{\"a\":2}\n", "\x1e{\"a\":1}\n\x1e{\"a\":3}\n", nil, ByRecords, []string{`/1/a (/*/a) changed [] number:"2" number:"3"`}},
		{"over several lines", "\x1e{\n\"a\":1}\n", "\x1e{\n\"a\":2}\n", nil, ByRecords, []string{`/0/a (/*/a) changed [] number:"1" number:"2"`}},
		{"nothing in front", "1\n", "2\n", nil, ByText, []string{`line 1 (line *) changed [] text:"1\n" text:"2\n"`}},
	})
}

func TestEvents(t *testing.T) {
	framing, comment := rules.RecordFraming.String(), rules.EventComment.String()
	checkTypes(t, eventStream, []typeCase{
		{"data", "data: a\n\ndata: b\n\n", "data: a\n\ndata: c\n\n", nil, ByEvents, []string{`/1/data (/*/data) changed [] string:"\"b\"" string:"\"c\""`}},
		{"data that is JSON", "data: {\"a\":1}\n\n", "data: {\"a\":2}\n\n", nil, ByEvents, []string{`/0/data/a (/*/data/a) changed [] number:"1" number:"2"`}},
		{"data that is JSON on one side", "data: {\"a\":1}\n\n", "data: a\n\n", nil, ByEvents, []string{`/0/data (/*/data) type changed [] object:"{\"a\":1}" string:"\"a\""`}},
		{"a JSON string is no text", "data: \"a\"\n\n", "data: a\n\n", nil, ByEvents, []string{`/0/data (/*/data) changed [] string:"\"\\\"a\\\"\"" string:"\"a\""`}},
		{"data in lines", "data: {\ndata: \"a\":1}\n\n", "data: {\ndata: \"a\":2}\n\n", nil, ByEvents, []string{`/0/data/a (/*/data/a) changed [] number:"1" number:"2"`}},
		{"event, id and retry", "event: x\nid: 1\nretry: 10\ndata\n\n", "event: y\nid: 2\nretry: 20\ndata\n\n", nil, ByEvents, []string{
			`/0/event (/*/event) changed [] string:"\"x\"" string:"\"y\""`, `/0/id (/*/id) changed [] string:"\"1\"" string:"\"2\""`,
			`/0/retry (/*/retry) changed [] number:"10" number:"20"`}},
		{"an event put in front", "data: b\n\n", "data: a\n\ndata: b\n\n", nil, ByEvents, []string{`/0 (/*) missing in old [] - object:"{\"data\":\"a\"}"`}},
		{"a field given twice", "event: a\nevent: b\n\n", "event: b\n\n", nil, ByEvents, []string{
			`/0/event (/*/event) changed [] string:"\"a\"" string:"\"b\""`, `/0/event (/*/event) missing in new [duplicate key] string:"\"b\"" -`}},
		{"an unknown field", "foo: a\ndata: x\n\n", "data: x\n\n", nil, ByEvents, []string{`/0/foo (/*/foo) missing in new [] string:"\"a\"" -`}},
		{"unfinished", "data: a\n\n", "data: a\n", nil, ByEvents, []string{`/0/#unfinished (/*/#unfinished) missing in old [] - bool:"true"`}},
		{"comments", "data: a\n\n: ping\n\n", "data: a\n\n", nil, ByEvents, []string{" () " + comment}},
		{"comments, builtin off", ": a\n\n", ": b\n\n", []rules.Rule{off("event-comment")}, ByEvents, []string{` () changed [comment] bytes:": a\n" bytes:": b\n"`}},
		{"line ends and blanks", "data:a\r\n\r\n", "data: a\n\n", nil, ByEvents, []string{" () " + framing}},
		{"the order of fields", "id: 1\ndata: a\n\n", "data: a\nid: 1\n\n", nil, ByEvents, []string{" () " + framing}},
		{"empty lines", "data: a\n\n\n\ndata: b\n\n", "data: a\n\ndata: b\n\n\n", nil, ByEvents, []string{" () " + framing}},
		{"framing, builtin off", "data: a\r\r", "data: a\n\n", []rules.Rule{off("record-framing")}, ByEvents,
			[]string{` () changed [framing] bytes:"data: a\r\r" bytes:"data: a\n\n"`}},
		{"ignored", "id: 1\ndata: a\n\n", "id: 2\ndata: a\n\n", []rules.Rule{ignore("/*/id")}, ByEvents, []string{"/0/id (/*/id) rule 0"}},
	})
}

// TestCoarseTypes: what is paired coarsely for want of work says so, whatever its type.
func TestCoarseTypes(t *testing.T) {
	for kind, pair := range map[string][2]string{
		ndjson:      {"{\"a\":1,\"b\":1}\n{\"a\":2,\"b\":1}\n", "{\"a\":0}\n{\"a\":1,\"b\":2}\n{\"a\":2,\"b\":2}\n"},
		eventStream: {"id: 1\ndata: 1\n\n", "id: 0\ndata: x\n\nid: 1\ndata: 2\n\n"},
		xmlType:     {"<r><a><b>1</b><c>1</c></a></r>", "<r><a/><a><b>1</b><c>2</c></a></r>"},
	} {
		for work, coarse := range map[int]bool{0: false, 1: true} {
			got := Compare(in(kind, pair[0]), in(kind, pair[1]), compile(t), &record{}, Options{Work: work})
			if got.Coarse != coarse || got.Method.ByField() == false {
				t.Errorf("%s with %d: %+v", kind, work, got)
			}
		}
	}
}
