package recording

import (
	"encoding/json"
	"fmt"
	"unsafe"
)

// column is one column of the Parquet file: how it is filled from an exchange
// and how an exchange is filled from it. Readers find columns by name, so a
// later minor version may add some.
type column struct {
	name string
	kind columnKind
	// write adds exactly one row to the sink.
	write func(s *sink, ex *Exchange)
	// read takes one row from the cell; nil where the column only repeats what
	// others say, for queries.
	read func(ex *Exchange, c *cell) error
	// fill does for many rows what write does for one. Where it is nil, write is
	// called for each.
	fill fill
}

type columnKind uint8

const (
	textColumn columnKind = iota
	bytesColumn
	hashColumn
	intColumn
	timeColumn // microseconds, UTC
	boolColumn
	textsColumn
	headersColumn
)

// Columns that the code names.
const (
	idColumn           = "id"
	replaysColumn      = "replays"
	exactColumn        = "exact"
	requestBodyColumn  = "request_body"
	responseBodyColumn = "response_body"
	bodyStateColumn    = "body_state" // after request_ or response_
)

// columns returns the columns in the order in which they lie in the file: the
// bodies last, so that reading all else touches one stretch of it.
func columns() []column {
	list := identityColumns()
	list = append(list, requestColumns()...)
	list = append(list, responseColumns()...)
	list = append(list, outcomeColumns()...)
	list = append(list, column{name: exactColumn, kind: bytesColumn, write: func(s *sink, ex *Exchange) { s.exact(ex) },
		read: func(ex *Exchange, c *cell) error { return nil }, // the row reader looks at it
		fill: fillTexts(func(*Exchange) string { return "" })})
	return append(list, bodyBytes(0), bodyBytes(1))
}

// text makes a column of texts, null where they are empty.
func text(name string, get func(*Exchange) string, set func(*Exchange, string)) column {
	return column{name: name, kind: textColumn,
		write: func(s *sink, ex *Exchange) { s.text(get(ex)) },
		read:  func(ex *Exchange, c *cell) error { set(ex, c.text()); return nil },
		fill:  fillTexts(get)}
}

// number makes a column of integers; get says whether there is one.
func number(name string, kind columnKind, get func(*Exchange) (int64, bool), read func(*Exchange, *cell) error) column {
	return column{name: name, kind: kind, read: read, fill: fillInts(get),
		write: func(s *sink, ex *Exchange) {
			if v, ok := get(ex); ok {
				s.int(v)
			} else {
				s.null()
			}
		}}
}

func identityColumns() []column {
	return []column{
		text(idColumn, func(e *Exchange) string { return string(e.ID) }, func(e *Exchange, v string) { e.ID = ID(v) }),
		text(replaysColumn, func(e *Exchange) string { return string(e.Replays) }, func(e *Exchange, v string) { e.Replays = ID(v) }),
		text("session", func(e *Exchange) string { return e.Session }, func(e *Exchange, v string) { e.Session = v }),
		number("sequence", intColumn, func(e *Exchange) (int64, bool) { return int64(e.Sequence), true }, func(e *Exchange, c *cell) error {
			v := c.int()
			if v < 0 || v > 1<<32-1 {
				return fmt.Errorf("%d is no sequence", v)
			}
			e.Sequence = uint32(v)
			return nil
		}),
		text("protocol", func(e *Exchange) string { return e.Protocol }, func(e *Exchange, v string) { e.Protocol = v }),
		text("client", func(e *Exchange) string { return e.Client }, func(e *Exchange, v string) { e.Client = v }),
		text("server", func(e *Exchange) string { return e.Server }, func(e *Exchange, v string) { e.Server = v }),
		text("incomplete", func(e *Exchange) string { return string(e.Incomplete) }, func(e *Exchange, v string) { e.Incomplete = Reason(v) }),
		{name: "errors", kind: textsColumn, write: func(s *sink, e *Exchange) { s.texts(e.Errors) },
			read: func(e *Exchange, c *cell) error { e.Errors = c.texts(); return nil },
			fill: fillLists((*sink).texts, func(e *Exchange) []string { return e.Errors })},
	}
}

// onRequest reads into the request, where there is one.
func onRequest(read func(*Request, *cell) error) func(*Exchange, *cell) error {
	return func(e *Exchange, c *cell) error {
		if e.Request == nil {
			return nil
		}
		return read(e.Request, c)
	}
}

// requestText makes a column of one of the request's texts, null where that is
// empty or there is no request. set is nil for one that only queries read.
func requestText(name string, get func(*Request) string, set func(*Request, string)) column {
	col := text("request_"+name, func(e *Exchange) string {
		if e.Request == nil {
			return ""
		}
		return get(e.Request)
	}, nil)
	if col.read = nil; set != nil {
		col.read = onRequest(func(r *Request, c *cell) error { set(r, c.text()); return nil })
	}
	return col
}

// headerLists makes a column of header lists; find returns nil where the message
// is missing.
func headerLists(name string, find func(*Exchange) *[]Header) column {
	get := func(e *Exchange) []Header {
		if list := find(e); list != nil {
			return *list
		}
		return nil
	}
	return column{name: name, kind: headersColumn,
		write: func(s *sink, e *Exchange) { s.headers(get(e)) },
		read: func(e *Exchange, c *cell) error {
			if list := find(e); list != nil {
				*list = c.headers()
			}
			return nil
		},
		fill: fillLists((*sink).headers, get)}
}

func requestHeaders(get func(*Request) *[]Header) func(*Exchange) *[]Header {
	return func(e *Exchange) *[]Header {
		if e.Request == nil {
			return nil
		}
		return get(e.Request)
	}
}

// requestColumns begins with the column that says whether there is a request:
// present, an empty method is not null.
func requestColumns() []column {
	method := column{name: "request_method", kind: textColumn,
		write: func(s *sink, e *Exchange) {
			if e.Request == nil {
				s.null()
				return
			}
			s.present(e.Request.Method)
		},
		read: func(e *Exchange, c *cell) error {
			if !c.null {
				e.Request = c.newRequest()
				e.Request.Method = c.text()
			}
			return nil
		}}
	return append([]column{
		method,
		requestText("scheme", func(r *Request) string { return r.Scheme }, func(r *Request, v string) { r.Scheme = v }),
		requestText("host", (*Request).Host, nil),
		requestText("target", func(r *Request) string { return r.Target }, func(r *Request, v string) { r.Target = v }),
		requestText("version", func(r *Request) string { return r.Version }, func(r *Request, v string) { r.Version = v }),
		headerLists("request_headers", requestHeaders(func(r *Request) *[]Header { return &r.Headers })),
		headerLists("request_trailers", requestHeaders(func(r *Request) *[]Header { return &r.Trailers })),
	}, messageColumns(0)...)
}

func onResponse(read func(*Response, *cell) error) func(*Exchange, *cell) error {
	return func(e *Exchange, c *cell) error {
		if e.Response == nil {
			return nil
		}
		return read(e.Response, c)
	}
}

func responseText(name string, get func(*Response) string, read func(*Response, *cell) error) column {
	col := text("response_"+name, func(e *Exchange) string {
		if e.Response == nil {
			return ""
		}
		return get(e.Response)
	}, nil)
	col.read = onResponse(read)
	return col
}

func responseHeaders(get func(*Response) *[]Header) func(*Exchange) *[]Header {
	return func(e *Exchange) *[]Header {
		if e.Response == nil {
			return nil
		}
		return get(e.Response)
	}
}

func responseColumns() []column {
	status := number("response_status", intColumn, func(e *Exchange) (int64, bool) {
		if e.Response == nil {
			return 0, false
		}
		return int64(e.Response.Status), true
	}, func(e *Exchange, c *cell) error {
		if !c.null {
			e.Response = c.newResponse()
			e.Response.Status = int(c.int())
		}
		return nil
	})
	return append([]column{
		status,
		responseText("reason", func(r *Response) string { return r.Reason }, func(r *Response, c *cell) error { r.Reason = c.text(); return nil }),
		responseText("version", func(r *Response) string { return r.Version }, func(r *Response, c *cell) error { r.Version = c.text(); return nil }),
		headerLists("response_headers", responseHeaders(func(r *Response) *[]Header { return &r.Headers })),
		headerLists("response_trailers", responseHeaders(func(r *Response) *[]Header { return &r.Trailers })),
		responseText("interim", func(r *Response) string { return interimText(r.Interim) }, parseInterim),
	}, messageColumns(1)...)
}

// messageColumns are those that requests and responses share: the body's facts
// and the times.
func messageColumns(side int) []column {
	name := func(s string) string { return sides[side] + "_" + s }
	state := text(name(bodyStateColumn), func(e *Exchange) string {
		if b := bodyOf(e, side); b != nil {
			return b.State.String()
		}
		return ""
	}, nil)
	state.read = onBody(side, func(b *Body, c *cell) (err error) {
		b.State, err = ParseBodyState(c.text())
		return err
	})
	length := number(name("body_length"), intColumn, func(e *Exchange) (int64, bool) {
		if b := bodyOf(e, side); b != nil {
			return b.Length, true
		}
		return 0, false
	}, onBody(side, func(b *Body, c *cell) error { b.Length = c.int(); return nil }))
	list := []column{
		state, length,
		bodyColumn(side, name("body_sha256"), hashColumn, (*sink).hash, func(b *Body, c *cell) error { copy(b.SHA256[:], c.bytes()); return nil }),
		bodyColumn(side, name("body_redacted"), boolColumn, func(s *sink, b *Body) { s.bool(b.Redacted) }, func(b *Body, c *cell) error { b.Redacted = c.bool(); return nil }),
	}
	list = append(list, timeColumns(name("first_at"), func(e *Exchange) *int64 { return messageTime(e, side, false) })...)
	return append(list, timeColumns(name("last_at"), func(e *Exchange) *int64 { return messageTime(e, side, true) })...)
}

// bodyOf returns the body of a side's message, nil where there is no message.
func bodyOf(e *Exchange, side int) *Body {
	switch {
	case side == 0 && e.Request != nil:
		return &e.Request.Body
	case side == 1 && e.Response != nil:
		return &e.Response.Body
	}
	return nil
}

func onBody(side int, read func(*Body, *cell) error) func(*Exchange, *cell) error {
	return func(e *Exchange, c *cell) error {
		if b := bodyOf(e, side); b != nil {
			return read(b, c)
		}
		return nil
	}
}

func bodyColumn(side int, name string, kind columnKind, write func(*sink, *Body), read func(*Body, *cell) error) column {
	return column{name: name, kind: kind, read: onBody(side, read),
		write: func(s *sink, e *Exchange) {
			if b := bodyOf(e, side); b != nil {
				write(s, b)
				return
			}
			s.null()
		}}
}

func bodyBytes(side int) column {
	col := bodyColumn(side, sides[side]+"_body", bytesColumn,
		func(s *sink, b *Body) { s.bytes(b.Bytes) },
		func(b *Body, c *cell) error { b.Bytes = c.body(); return nil })
	col.fill = fillTexts(func(e *Exchange) string {
		if b := bodyOf(e, side); b != nil {
			return unsafe.String(unsafe.SliceData(b.Bytes), len(b.Bytes)) // the page copies it
		}
		return ""
	})
	return col
}

func messageTime(e *Exchange, side int, last bool) *int64 {
	switch {
	case side == 0 && e.Request != nil && last:
		return &e.Request.LastAt
	case side == 0 && e.Request != nil:
		return &e.Request.FirstAt
	case side == 1 && e.Response != nil && last:
		return &e.Response.LastAt
	case side == 1 && e.Response != nil:
		return &e.Response.FirstAt
	}
	return nil
}

// timeColumns are a timestamp for queries and the exact nanoseconds.
func timeColumns(name string, at func(*Exchange) *int64) []column {
	micro := func(e *Exchange) (int64, bool) {
		if t := at(e); t != nil {
			return floorDiv(*t, 1000), true
		}
		return 0, false
	}
	nano := func(e *Exchange) (int64, bool) {
		if t := at(e); t != nil {
			return *t, true
		}
		return 0, false
	}
	return []column{
		number(name, timeColumn, micro, nil),
		number(name+"_ns", intColumn, nano, func(e *Exchange, c *cell) error {
			if t := at(e); t != nil {
				*t = c.int()
			}
			return nil
		}),
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func onOutcome(read func(*Outcome, *cell) error) func(*Exchange, *cell) error {
	return func(e *Exchange, c *cell) error {
		if e.Outcome == nil {
			return nil
		}
		return read(e.Outcome, c)
	}
}

// outcomeColumns begins with the column that says whether there is an outcome.
func outcomeColumns() []column {
	end := column{name: "outcome_end", kind: textColumn,
		write: func(s *sink, e *Exchange) {
			if e.Outcome == nil {
				s.null()
				return
			}
			s.present(string(e.Outcome.End))
		},
		read: func(e *Exchange, c *cell) error {
			if !c.null {
				e.Outcome = &Outcome{End: End(c.text())}
			}
			return nil
		}}
	detail := text("outcome_detail", func(e *Exchange) string {
		if e.Outcome == nil {
			return ""
		}
		return e.Outcome.Detail
	}, nil)
	detail.read = onOutcome(func(o *Outcome, c *cell) error { o.Detail = c.text(); return nil })
	carried := number("outcome_carried", intColumn, func(e *Exchange) (int64, bool) {
		if e.Outcome == nil {
			return 0, false
		}
		return int64(e.Outcome.Carried), true
	}, onOutcome(func(o *Outcome, c *cell) error { o.Carried = int(c.int()); return nil }))
	leftOut := func(e *Exchange) []string {
		if e.Outcome == nil {
			return nil
		}
		return e.Outcome.LeftOut
	}
	list := []column{end, detail, carried,
		{name: "outcome_left_out", kind: textsColumn, write: func(s *sink, e *Exchange) { s.texts(leftOut(e)) },
			read: onOutcome(func(o *Outcome, c *cell) error { o.LeftOut = c.texts(); return nil }),
			fill: fillLists((*sink).texts, leftOut)},
	}
	for _, t := range []struct {
		name string
		at   func(*Outcome) *int64
	}{
		{"outcome_due_at", func(o *Outcome) *int64 { return &o.DueAt }},
		{"outcome_ready_at", func(o *Outcome) *int64 { return &o.ReadyAt }},
		{"outcome_sent_at", func(o *Outcome) *int64 { return &o.SentAt }},
		{"outcome_done_at", func(o *Outcome) *int64 { return &o.DoneAt }},
	} {
		list = append(list, timeColumns(t.name, func(e *Exchange) *int64 { return outcomeTime(e, t.at) })...)
	}
	return list
}

func outcomeTime(e *Exchange, at func(*Outcome) *int64) *int64 {
	if e.Outcome == nil {
		return nil
	}
	return at(e.Outcome)
}

// interimJSON is one 1xx answer in the column response_interim.
type interimJSON struct {
	Status  int         `json:"status"`
	Reason  string      `json:"reason"`
	Headers [][2]string `json:"headers"`
	At      int64       `json:"at_ns"`
}

func interimText(list []Interim) string {
	if len(list) == 0 {
		return ""
	}
	out := make([]interimJSON, len(list))
	for i, in := range list {
		out[i] = interimJSON{Status: in.Status, Reason: in.Reason, At: in.At, Headers: make([][2]string, len(in.Headers))}
		for j, h := range in.Headers {
			out[i].Headers[j] = [2]string{h.Name, h.Value}
		}
	}
	b, err := json.Marshal(out)
	if err != nil { // strings and integers always encode
		return ""
	}
	return string(b)
}

func parseInterim(r *Response, c *cell) error {
	s := c.text()
	if s == "" {
		return nil
	}
	var list []interimJSON
	if err := json.Unmarshal([]byte(s), &list); err != nil {
		return err
	}
	for _, in := range list {
		next := Interim{Status: in.Status, Reason: in.Reason, At: in.At}
		for _, h := range in.Headers {
			next.Headers = append(next.Headers, Header{Name: h[0], Value: h[1]})
		}
		r.Interim = append(r.Interim, next)
	}
	return nil
}
