package recording

import (
	"encoding/json"
	"fmt"
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
	list = append(list, column{exactColumn, bytesColumn, func(s *sink, ex *Exchange) { s.exact(ex) },
		func(ex *Exchange, c *cell) error { return nil }}) // the row reader looks at it
	return append(list, bodyBytes(0), bodyBytes(1))
}

func text(name string, get func(*Exchange) string, set func(*Exchange, string)) column {
	return column{name, textColumn,
		func(s *sink, ex *Exchange) { s.text(get(ex)) },
		func(ex *Exchange, c *cell) error { set(ex, c.text()); return nil }}
}

func identityColumns() []column {
	return []column{
		text(idColumn, func(e *Exchange) string { return string(e.ID) }, func(e *Exchange, v string) { e.ID = ID(v) }),
		text(replaysColumn, func(e *Exchange) string { return string(e.Replays) }, func(e *Exchange, v string) { e.Replays = ID(v) }),
		text("session", func(e *Exchange) string { return e.Session }, func(e *Exchange, v string) { e.Session = v }),
		{"sequence", intColumn, func(s *sink, e *Exchange) { s.int(int64(e.Sequence)) }, func(e *Exchange, c *cell) error {
			v := c.int()
			if v < 0 || v > 1<<32-1 {
				return fmt.Errorf("%d is no sequence", v)
			}
			e.Sequence = uint32(v)
			return nil
		}},
		text("protocol", func(e *Exchange) string { return e.Protocol }, func(e *Exchange, v string) { e.Protocol = v }),
		text("client", func(e *Exchange) string { return e.Client }, func(e *Exchange, v string) { e.Client = v }),
		text("server", func(e *Exchange) string { return e.Server }, func(e *Exchange, v string) { e.Server = v }),
		text("incomplete", func(e *Exchange) string { return string(e.Incomplete) }, func(e *Exchange, v string) { e.Incomplete = Reason(v) }),
		{"errors", textsColumn, func(s *sink, e *Exchange) { s.texts(e.Errors) },
			func(e *Exchange, c *cell) error { e.Errors = c.texts(); return nil }},
	}
}

// onRequest makes a column that is null where there is no request.
func onRequest(name string, kind columnKind, write func(*sink, *Request), read func(*Request, *cell) error) column {
	return column{"request_" + name, kind,
		func(s *sink, e *Exchange) {
			if e.Request == nil {
				s.null()
				return
			}
			write(s, e.Request)
		},
		func(e *Exchange, c *cell) error {
			if e.Request == nil {
				return nil
			}
			return read(e.Request, c)
		}}
}

// requestColumns begins with the column that says whether there is a request:
// present, an empty method is not null.
func requestColumns() []column {
	method := onRequest("method", textColumn, func(s *sink, r *Request) { s.present(r.Method) },
		nil)
	method.read = func(e *Exchange, c *cell) error {
		if !c.null {
			e.Request = c.newRequest()
			e.Request.Method = c.text()
		}
		return nil
	}
	return append([]column{
		method,
		onRequest("scheme", textColumn, func(s *sink, r *Request) { s.text(r.Scheme) }, func(r *Request, c *cell) error { r.Scheme = c.text(); return nil }),
		{"request_host", textColumn, func(s *sink, e *Exchange) {
			if e.Request == nil {
				s.null()
				return
			}
			s.text(e.Request.Host())
		}, nil},
		onRequest("target", textColumn, func(s *sink, r *Request) { s.text(r.Target) }, func(r *Request, c *cell) error { r.Target = c.text(); return nil }),
		onRequest("version", textColumn, func(s *sink, r *Request) { s.text(r.Version) }, func(r *Request, c *cell) error { r.Version = c.text(); return nil }),
		onRequest("headers", headersColumn, func(s *sink, r *Request) { s.headers(r.Headers) }, func(r *Request, c *cell) error { r.Headers = c.headers(); return nil }),
		onRequest("trailers", headersColumn, func(s *sink, r *Request) { s.headers(r.Trailers) }, func(r *Request, c *cell) error { r.Trailers = c.headers(); return nil }),
	}, messageColumns(0)...)
}

func onResponse(name string, kind columnKind, write func(*sink, *Response), read func(*Response, *cell) error) column {
	return column{"response_" + name, kind,
		func(s *sink, e *Exchange) {
			if e.Response == nil {
				s.null()
				return
			}
			write(s, e.Response)
		},
		func(e *Exchange, c *cell) error {
			if e.Response == nil {
				return nil
			}
			return read(e.Response, c)
		}}
}

func responseColumns() []column {
	status := onResponse("status", intColumn, func(s *sink, r *Response) { s.int(int64(r.Status)) }, nil)
	status.read = func(e *Exchange, c *cell) error {
		if !c.null {
			e.Response = c.newResponse()
			e.Response.Status = int(c.int())
		}
		return nil
	}
	return append([]column{
		status,
		onResponse("reason", textColumn, func(s *sink, r *Response) { s.text(r.Reason) }, func(r *Response, c *cell) error { r.Reason = c.text(); return nil }),
		onResponse("version", textColumn, func(s *sink, r *Response) { s.text(r.Version) }, func(r *Response, c *cell) error { r.Version = c.text(); return nil }),
		onResponse("headers", headersColumn, func(s *sink, r *Response) { s.headers(r.Headers) }, func(r *Response, c *cell) error { r.Headers = c.headers(); return nil }),
		onResponse("trailers", headersColumn, func(s *sink, r *Response) { s.headers(r.Trailers) }, func(r *Response, c *cell) error { r.Trailers = c.headers(); return nil }),
		onResponse("interim", textColumn, func(s *sink, r *Response) { s.text(interimText(r.Interim)) }, func(r *Response, c *cell) error { return parseInterim(r, c) }),
	}, messageColumns(1)...)
}

// messageColumns are those that requests and responses share: the body's facts
// and the times.
func messageColumns(side int) []column {
	name := func(s string) string { return sides[side] + "_" + s }
	body := func(what string, kind columnKind, write func(*sink, *Body), read func(*Body, *cell) error) column {
		return bodyColumn(side, name(what), kind, write, read)
	}
	list := []column{
		body(bodyStateColumn, textColumn, func(s *sink, b *Body) { s.text(b.State.String()) }, func(b *Body, c *cell) (err error) {
			b.State, err = ParseBodyState(c.text())
			return err
		}),
		body("body_length", intColumn, func(s *sink, b *Body) { s.int(b.Length) }, func(b *Body, c *cell) error { b.Length = c.int(); return nil }),
		body("body_sha256", hashColumn, func(s *sink, b *Body) { s.hash(b) }, func(b *Body, c *cell) error { copy(b.SHA256[:], c.bytes()); return nil }),
		body("body_redacted", boolColumn, func(s *sink, b *Body) { s.bool(b.Redacted) }, func(b *Body, c *cell) error { b.Redacted = c.bool(); return nil }),
	}
	list = append(list, timeColumns(name("first_at"), func(e *Exchange) *int64 { return messageTime(e, side, false) })...)
	return append(list, timeColumns(name("last_at"), func(e *Exchange) *int64 { return messageTime(e, side, true) })...)
}

func bodyColumn(side int, name string, kind columnKind, write func(*sink, *Body), read func(*Body, *cell) error) column {
	return column{name, kind,
		func(s *sink, e *Exchange) {
			if b := bodiesOf(e)[side]; b != nil {
				write(s, b)
				return
			}
			s.null()
		},
		func(e *Exchange, c *cell) error {
			if b := bodiesOf(e)[side]; b != nil {
				return read(b, c)
			}
			return nil
		}}
}

func bodyBytes(side int) column {
	return bodyColumn(side, sides[side]+"_body", bytesColumn,
		func(s *sink, b *Body) { s.bytes(b.Bytes) },
		func(b *Body, c *cell) error { b.Bytes = c.body(); return nil })
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
	return []column{
		{name, timeColumn, func(s *sink, e *Exchange) {
			if t := at(e); t != nil {
				s.int(floorDiv(*t, 1000))
				return
			}
			s.null()
		}, nil},
		{name + "_ns", intColumn, func(s *sink, e *Exchange) {
			if t := at(e); t != nil {
				s.int(*t)
				return
			}
			s.null()
		}, func(e *Exchange, c *cell) error {
			if t := at(e); t != nil {
				*t = c.int()
			}
			return nil
		}},
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func onOutcome(name string, kind columnKind, write func(*sink, *Outcome), read func(*Outcome, *cell) error) column {
	return column{"outcome_" + name, kind,
		func(s *sink, e *Exchange) {
			if e.Outcome == nil {
				s.null()
				return
			}
			write(s, e.Outcome)
		},
		func(e *Exchange, c *cell) error {
			if e.Outcome == nil {
				return nil
			}
			return read(e.Outcome, c)
		}}
}

func outcomeColumns() []column {
	end := onOutcome("end", textColumn, func(s *sink, o *Outcome) { s.present(string(o.End)) }, nil)
	end.read = func(e *Exchange, c *cell) error {
		if !c.null {
			e.Outcome = &Outcome{End: End(c.text())}
		}
		return nil
	}
	list := []column{
		end,
		onOutcome("detail", textColumn, func(s *sink, o *Outcome) { s.text(o.Detail) }, func(o *Outcome, c *cell) error { o.Detail = c.text(); return nil }),
		onOutcome("carried", intColumn, func(s *sink, o *Outcome) { s.int(int64(o.Carried)) }, func(o *Outcome, c *cell) error { o.Carried = int(c.int()); return nil }),
		onOutcome("left_out", textsColumn, func(s *sink, o *Outcome) { s.texts(o.LeftOut) }, func(o *Outcome, c *cell) error { o.LeftOut = c.texts(); return nil }),
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
