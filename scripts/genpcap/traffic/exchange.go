package traffic

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"strconv"
)

// gzipper compresses bodies with one writer.
type gzipper struct {
	buf bytes.Buffer
	w   *gzip.Writer
}

func (z *gzipper) pack(p []byte) []byte {
	z.buf.Reset()
	if z.w == nil {
		z.w, _ = gzip.NewWriterLevel(&z.buf, gzip.BestSpeed) // the level is valid
	} else {
		z.w.Reset(&z.buf)
	}
	z.w.Write(p) // a bytes.Buffer takes everything
	z.w.Close()
	return bytes.Clone(z.buf.Bytes())
}

// answer is one response before it is framed.
type answer struct {
	status  int
	reason  string
	body    []byte
	headers string
	chunked bool
}

// exchange adds an exchange to the lane's script and to what is expected.
func (g *generator) exchange(l *lane) {
	draw := g.random.IntN(100)
	method, target := "GET", "/orders/"+strconv.Itoa(g.random.IntN(1000000))
	var sent []byte
	if draw < 20 {
		method, target = "POST", "/orders?page="+strconv.Itoa(draw)
		sent = g.json(200 + g.random.IntN(800))
	}
	a := g.answer(g.random.IntN(100), method)
	l.send(true, request(method, target, sent))
	l.send(false, a.wire(g))
	g.expected.Add(method, target, a.status, digest(sent), digest(a.body))
}

// digest is zero for an empty body, as in a recording.
func digest(p []byte) (sum [sha256.Size]byte) {
	if len(p) > 0 {
		sum = sha256.Sum256(p)
	}
	return sum
}

func request(method, target string, body []byte) []byte {
	b := append([]byte(nil), method...)
	b = append(b, ' ')
	b = append(b, target...)
	b = append(b, " HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: genpcap/1\r\nAccept: application/json\r\nX-Request-Id: "...)
	b = strconv.AppendInt(b, int64(len(body))*7919, 16)
	if len(body) > 0 {
		b = append(b, "\r\nContent-Type: application/json\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(body)), 10)
	}
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

// answer draws what the server says.
func (g *generator) answer(draw int, method string) answer {
	switch {
	case draw < 4 && method == "GET":
		return answer{status: 304, reason: "Not Modified", headers: "ETag: \"abc\"\r\n"}
	case draw < 8:
		return answer{status: 404, reason: "Not Found", body: []byte(`{"error":"no such order"}`)}
	case draw < 10:
		return answer{status: 500, reason: "Internal Server Error", body: []byte(`{"error":"try again"}`)}
	}
	size := g.options.Size
	if size == 0 {
		size = 1024 + g.random.IntN(19*1024)
	}
	a := answer{status: 200, reason: "OK", body: g.json(size), chunked: draw < 35}
	if draw%8 == 0 {
		a.body = g.packed.pack(a.body)
		a.headers = "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
	}
	return a
}

// wire returns the response as it is sent.
func (a *answer) wire(g *generator) []byte {
	b := make([]byte, 0, len(a.body)+512)
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(a.status), 10)
	b = append(b, ' ')
	b = append(b, a.reason...)
	b = append(b, "\r\nServer: shop/1.0\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nCache-Control: no-store\r\n"...)
	b = append(b, a.headers...)
	switch {
	case a.status == 304:
		return append(b, "\r\n"...)
	case a.chunked:
		b = append(b, "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"...)
		return g.chunks(b, a.body)
	}
	b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(a.body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, a.body...)
}

// chunks adds the body in chunks of drawn sizes.
func (g *generator) chunks(b, body []byte) []byte {
	for len(body) > 0 {
		part := body[:min(len(body), 1+g.random.IntN(8192))]
		body = body[len(part):]
		b = strconv.AppendInt(b, int64(len(part)), 16)
		b = append(b, "\r\n"...)
		b = append(b, part...)
		b = append(b, "\r\n"...)
	}
	return append(b, "0\r\n\r\n"...)
}

// json returns a JSON document of exactly size bytes, at least 64.
func (g *generator) json(size int) []byte {
	size = max(size, 64)
	b := make([]byte, 0, size+128)
	b = append(b, `{"items":[`...)
	for len(b) < size-200 {
		r := g.random.Uint64()
		b = append(b, `{"id":`...)
		b = strconv.AppendUint(b, r>>32, 10)
		b = append(b, `,"sku":"`...)
		b = strconv.AppendUint(b, r*0x9e3779b97f4a7c15, 36)
		b = append(b, `","price":`...)
		b = strconv.AppendUint(b, r%100000, 10)
		b = append(b, `.25,"available":true,"tags":["new","sale"]},`...)
	}
	b = append(b, `null],"pad":"`...)
	for len(b) < size-2 {
		b = append(b, 'x')
	}
	return append(b[:size-2], `"}`...)
}
