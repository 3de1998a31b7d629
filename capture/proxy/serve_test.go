package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parallax/capture/recording"
)

// shop is an upstream of net/http with answers of every framing.
func shop() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/length", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "short") })
	mux.HandleFunc("/chunked", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Sum")
		io.WriteString(w, "one ")
		w.(http.Flusher).Flush()
		io.WriteString(w, "two")
		w.Header().Set("Sum", "7")
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Trailer", r.Trailer.Get("T"))
		w.Write(body)
	})
	mux.HandleFunc("/status/304", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte("x"), 3<<20)) })
	return mux
}

func startShop(t *testing.T) string {
	server := httptest.NewServer(shop())
	t.Cleanup(server.Close)
	return server.URL
}

// client is an HTTP client whose connections end with the test.
func (r *rig) client() *http.Client {
	transport := &http.Transport{DisableCompression: true, ExpectContinueTimeout: patience}
	r.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (r *rig) url(path string) string { return "http://" + r.proxy.Addr().String() + path }

func TestRealServerAndClient(t *testing.T) {
	sink := &memory{}
	r := start(t, Options{Upstream: startShop(t)}, sink)
	client := r.client()
	trailing := func() *http.Request {
		request, _ := http.NewRequest("POST", r.url("/echo"), struct{ io.Reader }{strings.NewReader("chunked body")})
		request.Trailer = http.Header{"T": {"8"}}
		return request
	}
	expecting := func() *http.Request {
		request, _ := http.NewRequest("PUT", r.url("/echo"), strings.NewReader("awaited"))
		request.Header.Set("Expect", "100-continue")
		return request
	}
	plain := func(method, path string) *http.Request {
		request, _ := http.NewRequest(method, r.url(path), nil)
		return request
	}
	cases := []struct {
		request *http.Request
		status  int
		body    string
		interim int
	}{
		{plain("GET", "/length"), 200, "short", 0},
		{plain("HEAD", "/length"), 200, "", 0},
		{plain("GET", "/chunked"), 200, "one two", 0},
		{trailing(), 200, "chunked body", 0},
		{expecting(), 200, "awaited", 1},
		{plain("GET", "/status/304"), 304, "", 0},
		{plain("GET", "/missing"), 404, "404 page not found\n", 0},
	}
	for _, c := range cases {
		answer, err := client.Do(c.request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != c.status || string(body) != c.body {
			t.Errorf("%s: %d %q %v", c.request.URL.Path, answer.StatusCode, body, err)
		}
		answer.Body.Close()
	}
	client.CloseIdleConnections()
	got := r.exchanges(sink, len(cases))
	for i, c := range cases {
		ex := got[i]
		if !ex.Whole() || ex.Request.Method != c.request.Method || ex.Response.Status != c.status ||
			string(ex.Response.Body.Bytes) != c.body || len(ex.Response.Interim) != c.interim || ex.Request.Host() != r.proxy.Addr().String() {
			t.Errorf("exchange %d: %s", i, text(ex))
		}
	}
	if got[3].Request.Trailers[0].Value != "8" || string(got[3].Request.Body.Bytes) != "chunked body" {
		t.Errorf("the chunked request: %s", text(got[3]))
	}
	if got[2].Response.Trailers[0] != (recording.Header{Name: "Sum", Value: "7"}) {
		t.Errorf("the chunked answer: %s", text(got[2]))
	}
}

func TestFirstChunkArrivesBeforeTheLastIsSent(t *testing.T) {
	goOn := make(chan struct{})
	url := script(t, func(c *net.TCPConn) {
		readUntil(c, "first")
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
		<-goOn
		if readUntil(c, "second") == "second" {
			io.WriteString(c, "two")
		}
	})
	r := start(t, Options{Upstream: url}, &memory{})
	c := r.dial()
	io.WriteString(c, "POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\nfirst")
	if got := readUntil(c, "one"); !strings.HasSuffix(got, "one") {
		t.Errorf("the first piece: %q", got)
	}
	close(goOn)
	io.WriteString(c, "second")
	if got := readUntil(c, "two"); got != "two" {
		t.Errorf("the second piece: %q", got)
	}
	r.wantBuckets("exchanges", "whole", 1)
}

func TestTunnelPassesBothWays(t *testing.T) {
	url := script(t, func(c *net.TCPConn) {
		readUntil(c, "\r\n\r\n")
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")
		io.Copy(c, c)
	})
	sink := &memory{}
	r := start(t, Options{Upstream: url}, sink)
	c := r.dial()
	io.WriteString(c, "GET / HTTP/1.1\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
	readUntil(c, "\r\n\r\n")
	for _, word := range []string{"HTTP/1.1 200 OK\r\n\r\n", "\x00\xff"} {
		io.WriteString(c, word)
		if got := readUntil(c, word); got != word {
			t.Errorf("through the tunnel came %q, want %q", got, word)
		}
	}
	c.CloseWrite()
	if rest := readAll(t, c); rest != "" {
		t.Errorf("after the end: %q", rest)
	}
	if got := r.exchanges(sink, 1); !got[0].Whole() || got[0].Response.Status != 101 {
		t.Errorf("recorded: %s", texts(got))
	}
	r.wantBuckets("connections", "tunnel", 1)
}

func TestWhatIsNotHTTP1PassesAndIsCounted(t *testing.T) {
	cases := []struct{ in, bucket string }{
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", endHTTP2.bucket},
		{"EHLO x\r\n", endForeign.bucket},
	}
	for _, c := range cases {
		url := script(t, func(c *net.TCPConn) { io.Copy(c, c) })
		sink := &memory{}
		r := start(t, Options{Upstream: url}, sink)
		conn := r.dial()
		io.WriteString(conn, c.in)
		conn.CloseWrite()
		if got := readAll(t, conn); got != c.in {
			t.Errorf("%q came back as %q", c.in, got)
		}
		r.wantBuckets("connections", c.bucket, 1)
		if len(sink.got) != 0 {
			t.Errorf("recorded: %s", texts(sink.got))
		}
	}
}

func TestAConnectionWithoutBytes(t *testing.T) {
	r := start(t, Options{Upstream: startShop(t)}, &memory{})
	c := r.dial()
	c.CloseWrite()
	readAll(t, c)
	r.wantBuckets("connections", endEmpty.bucket, 1)
}

func TestAddedHeaders(t *testing.T) {
	got := make(chan string, 1)
	url := script(t, func(c *net.TCPConn) {
		got <- readUntil(c, "\r\n\r\n")
		io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
	})
	sink := &memory{}
	r := start(t, Options{Upstream: url, ForwardedFor: true, Via: true}, sink)
	c := r.dial()
	io.WriteString(c, "GET / HTTP/1.1\r\nhost: a\r\n\r\n")
	readAll(t, c)
	if want := "GET / HTTP/1.1\r\nhost: a\r\nX-Forwarded-For: 127.0.0.1\r\nVia: 1.1 parallax\r\n\r\n"; <-got != want {
		t.Errorf("the upstream did not get %q", want)
	}
	if ex := r.exchanges(sink, 1)[0]; len(ex.Request.Headers) != 1 {
		t.Errorf("recorded: %s", text(ex))
	}
}

func TestBodyCap(t *testing.T) {
	sink := &memory{}
	r := start(t, Options{Upstream: startShop(t), BodyCap: 100 << 10}, sink)
	answer, err := r.client().Get(r.url("/large"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || len(body) != 3<<20 {
		t.Errorf("the client got %d bytes, %v", len(body), err)
	}
	answer.Body.Close()
	kept := r.exchanges(sink, 1)[0].Response.Body
	if kept.State != recording.BodyTruncated || len(kept.Bytes) != 100<<10 || kept.Length != 3<<20 || kept.SHA256 != recording.StoredBody(body).SHA256 {
		t.Errorf("recorded: %s, %d of %d bytes", kept.State, len(kept.Bytes), kept.Length)
	}
	r.wantBuckets("exchanges", "whole, body over the cap", 1)
}

func TestTLSOnBothSides(t *testing.T) {
	server := httptest.NewTLSServer(shop())
	defer server.Close()
	dir := t.TempDir()
	certFile, keyFile := writeCertificate(t, dir, server.TLS.Certificates[0])
	sink := &memory{}
	r := start(t, Options{Upstream: server.URL, UpstreamCA: certFile, CertFile: certFile, KeyFile: keyFile}, sink)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	client := &http.Client{Transport: transport, Timeout: patience}
	answer, err := client.Get(strings.Replace(r.url("/chunked"), "http:", "https:", 1))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	transport.CloseIdleConnections()
	if answer.ProtoMajor != 1 || string(body) != "one two" {
		t.Errorf("%s %q", answer.Proto, body)
	}
	ex := r.exchanges(sink, 1)[0]
	if !ex.Whole() || ex.Request.Scheme != "https" || string(ex.Response.Body.Bytes) != "one two" {
		t.Errorf("recorded: %s", text(ex))
	}
}

func writeCertificate(t *testing.T, dir string, pair tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}),
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
}

func TestUntrustedUpstreamIsAnsweredWith502(t *testing.T) {
	server := httptest.NewUnstartedServer(shop())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	for _, insecure := range []bool{false, true} {
		sink := &memory{}
		r := start(t, Options{Upstream: server.URL, UpstreamInsecure: insecure}, sink)
		answer, err := r.client().Get(r.url("/length"))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if ex := r.exchanges(sink, 1)[0]; ex.Whole() != insecure || (answer.StatusCode == 502) == insecure {
			t.Errorf("insecure %v: %d, %s", insecure, answer.StatusCode, text(ex))
		}
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	own := closed.Addr().String()
	closed.Close()
	cases := []struct {
		options Options
		want    string
	}{
		{Options{}, "upstream"},
		{Options{Upstream: "ftp://a"}, "upstream"},
		{Options{Upstream: "http://a/path"}, "no user, path"},
		{Options{Upstream: "http://user:s3cret@a"}, "no user, path"},
		{Options{Upstream: "http://user:s3cret@a b"}, "upstream"},
		{Options{Upstream: "https://a", UpstreamCA: "does-not-exist.pem"}, "upstream CA"},
		{Options{Upstream: "http://a", Listen: "0.0.0.0:0"}, "--listen-public"},
		{Options{Upstream: "http://a", Listen: ":0"}, "--listen-public"},
		{Options{Upstream: "http://a", CertFile: "c"}, "together"},
		{Options{Upstream: "http://a", CertFile: "c", KeyFile: "k"}, "certificate"},
		{Options{Upstream: "http://a", BodyCap: -1}, "negative"},
		{Options{Upstream: "http://" + own, Listen: own}, "own address"},
	}
	for _, c := range cases {
		p, err := New(c.options, &memory{})
		if err == nil {
			p.Shutdown(context.Background())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v, want %q in it", c.options, err, c.want)
		}
	}
	r := start(t, Options{Upstream: "http://127.0.0.1:1", Listen: "0.0.0.0:0", ListenPublic: true}, &memory{})
	r.stop()
}

func TestShutdownFinishesWhatIsInFlight(t *testing.T) {
	reached, goOn := make(chan struct{}), make(chan struct{})
	url := script(t, func(c *net.TCPConn) {
		readUntil(c, "\r\n\r\n")
		close(reached)
		<-goOn
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		io.Copy(io.Discard, c)
	})
	sink := &memory{}
	r := start(t, Options{Upstream: url}, sink)
	r.dial() // stays idle
	c := r.dial()
	io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
	<-reached
	stopped := make(chan error, 1)
	go func() { stopped <- r.proxy.Shutdown(context.Background()) }()
	select {
	case err := <-stopped:
		t.Errorf("shutdown did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(goOn)
	if got := readAll(t, c); !strings.HasSuffix(got, "ok") {
		t.Errorf("the client got %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if ex := r.exchanges(sink, 1)[0]; !ex.Whole() {
		t.Errorf("recorded: %s", text(ex))
	}
}

func TestShutdownCutsWhenItsTimeIsOver(t *testing.T) {
	reached := make(chan struct{})
	url := script(t, func(c *net.TCPConn) {
		readUntil(c, "\r\n\r\n")
		close(reached)
		io.Copy(io.Discard, c)
	})
	sink := &memory{}
	r := start(t, Options{Upstream: url}, sink)
	c := r.dial()
	io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
	<-reached
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if err := r.proxy.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v", err)
	}
	if ex := r.exchanges(sink, 1)[0]; ex.Incomplete != recording.ResponseAfterEnd {
		t.Errorf("recorded: %s", text(ex))
	}
}
