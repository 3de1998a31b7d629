package export

import (
	"bytes"
	"fmt"
	"net"
	"net/url"

	"parallax/internal/httpmsg"
)

// goTest is a test that sends the recorded bytes over a connection of its own and
// wants the old system's status.
func (r *request) goTest() []byte {
	var b bytes.Buffer
	b.WriteString("// Package request asks what was recorded: TARGET=127.0.0.1:8081 go test request_test.go\npackage request\n\nimport (\n")
	for _, name := range []string{"bufio", "net", "net/http", "os", "testing"} {
		fmt.Fprintf(&b, "\t%q\n", name)
	}
	b.WriteString(")\n\nfunc TestRequest(t *testing.T) {\n\ttarget := os.Getenv(\"TARGET\")\n\tif target == \"\" {\n\t\ttarget = ")
	fmt.Fprintf(&b, "%q\n\t}\n\thead := ", hostOf(r.o.Target))
	r.goHead(&b)
	b.WriteString("\n\tvar body []byte\n")
	if r.hasBody {
		fmt.Fprintf(&b, "\tbody, err := os.ReadFile(%q)\n\tif err != nil {\n\t\tt.Fatal(err)\n\t}\n", BodyName)
	}
	fmt.Fprintf(&b, goTestEnd, r.Method, r.o.Status)
	return b.Bytes()
}

const goTestEnd = `	conn, err := net.Dial("tcp", target)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(append([]byte(head), body...)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: %q})
	if err != nil {
		t.Fatal(err)
	}
	if want := %d; want != 0 && res.StatusCode != want {
		t.Errorf("status %%d, want %%d", res.StatusCode, want)
	}
}
`

// goHead writes the head as an expression: texts, and placeholders between them. The
// body's framing is a length: the file holds it without chunks.
func (r *request) goHead(b *bytes.Buffer) {
	var headers []httpmsg.Header
	for i := range r.Headers {
		if h := &r.Headers[i]; !(h.Is("Transfer-Encoding") || h.Is("Content-Length") && r.hasBody || h.Is("Expect") || h.Is("Trailer") || r.Body.Redacted && h.Is("Content-Encoding")) {
			headers = append(headers, *h)
		}
	}
	fmt.Fprintf(b, "%q", fmt.Sprintf("%s %s HTTP/%s\r\n", r.Method, r.Target, r.Version))
	for i := range headers {
		if h := &headers[i]; r.secret(h) {
			fmt.Fprintf(b, " +\n\t\t%q + os.Getenv(%q) + \"\\r\\n\"", h.Name+": ", variable(h.Name))
		} else {
			fmt.Fprintf(b, " +\n\t\t%q", h.Name+":"+spaced(h.Value)+"\r\n")
		}
	}
	if r.hasBody {
		fmt.Fprintf(b, " +\n\t\t%q", fmt.Sprintf("Content-Length: %d\r\n", len(r.Body.Bytes)))
	}
	b.WriteString(" +\n\t\t\"\\r\\n\"")
}

func spaced(value string) string {
	if value == "" {
		return ""
	}
	return " " + value
}

// hostOf is the host and port of a URL; the test speaks plain HTTP.
func hostOf(target string) string {
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return target
	case u.Port() == "":
		return net.JoinHostPort(u.Hostname(), "80")
	}
	return u.Host
}
