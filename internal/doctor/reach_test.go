package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const patience = 20 * time.Second

// listen accepts connections and counts the bytes that come; answer is what each
// gets before it is closed.
func listen(t *testing.T, answer string) (address string, got *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got = &atomic.Int64{}
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if answer != "" {
				_, _ = io.WriteString(conn, answer)
				conn.(*net.TCPConn).CloseWrite()
			}
			n, _ := io.Copy(io.Discard, conn)
			got.Add(n)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return l.Addr().String(), got
}

func TestReachSendsNothing(t *testing.T) {
	address, got := listen(t, "")
	expect(t, "plain", Reach(t.Context(), Target{Name: "new", Address: address, Timeout: patience}), OK, "new ", "answers the dial")
	// Another connection is accepted only once the first was read to its end.
	expect(t, "again", Reach(t.Context(), Target{Name: "new", Address: address, Timeout: patience}), OK)
	if n := got.Load(); n != 0 {
		t.Errorf("%d bytes were sent", n)
	}
}

func TestReachNothingThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	expect(t, "closed", Reach(t.Context(), Target{Address: address, Timeout: patience}), Failed, "refused", "start it")
	expect(t, "no address", Reach(t.Context(), Target{Address: "nowhere", Timeout: patience}), Failed)
}

func TestProbe(t *testing.T) {
	var asked atomic.Value
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.URL.Path + " " + r.Host)
		if shift := r.Host; shift == "late.test" {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		}
		w.Header().Set("Server", "shop/1")
		w.WriteHeader(http.StatusNotFound)
	}))
	defer s.Close()
	target := Target{Name: "t", Address: s.Listener.Addr().String(), Host: "shop.test", Timeout: patience, Probe: true}
	expect(t, "any status", Reach(t.Context(), target), OK, "404", "shop/1", "agrees with ours")
	if asked.Load() != "HEAD / shop.test" {
		t.Errorf("asked %v", asked.Load())
	}
	target.Host = "late.test"
	expect(t, "an hour behind", Reach(t.Context(), target), Warning, "behind ours")

	address, _ := listen(t, "220 mail\r\n")
	expect(t, "no HTTP", Reach(t.Context(), Target{Address: address, Timeout: patience, Probe: true}), Failed, "speaks HTTP/1.1")
	address, _ = listen(t, "HTTP/1.1 200 OK\r\n\r\n")
	expect(t, "no Date", Reach(t.Context(), Target{Address: address, Timeout: patience, Probe: true}), OK, "no Date")
}

// secure serves TLS with a certificate for name that ends at the given time.
func secure(t *testing.T, name string, end time.Time) (address string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: end.Add(-10000 * time.Hour), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
	}
	der, err2 := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	parsed, err3 := x509.ParseCertificate(der)
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused handshake is what the test wants
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), roots
}

func TestHandshake(t *testing.T) {
	const name = "shop.test"
	far := time.Now().Add(5000 * time.Hour)
	good, roots := secure(t, name, far)
	ending, endingRoots := secure(t, name, time.Now().Add(100*time.Hour))
	past, pastRoots := secure(t, name, time.Now().Add(-time.Hour))
	plain, _ := listen(t, "hello, this is no TLS at all\r\n")
	for _, c := range []struct {
		name, address string
		config        *tls.Config
		state         State
		says          string
	}{
		{"good", good, &tls.Config{RootCAs: roots, ServerName: name}, OK, far.UTC().Format(time.DateOnly)},
		{"unknown authority", good, &tls.Config{ServerName: name}, Failed, "ca_file"},
		{"another name", good, &tls.Config{RootCAs: roots, ServerName: "other.test"}, Failed, "server_name"},
		{"the address as name", good, &tls.Config{RootCAs: roots}, Failed, "server_name"},
		{"not verified", good, &tls.Config{InsecureSkipVerify: true}, Warning, "not verified"},
		{"ends soon", ending, &tls.Config{RootCAs: endingRoots, ServerName: name}, Warning, "renew"},
		{"ended", past, &tls.Config{RootCAs: pastRoots, ServerName: name}, Failed, "renew the certificate"},
		{"no TLS", plain, &tls.Config{RootCAs: roots}, Failed, "speaks TLS"},
	} {
		got := Reach(t.Context(), Target{Address: c.address, TLS: c.config, Timeout: patience})
		expect(t, c.name, got, c.state, c.says)
	}
	target := Target{Address: good, TLS: &tls.Config{RootCAs: roots, ServerName: name}, Host: name, Timeout: patience, Probe: true}
	expect(t, "probe over TLS", Reach(t.Context(), target), OK, "HEAD / answers 404")
}

func TestProbeIsBounded(t *testing.T) {
	address, _ := listen(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 2<<20))
	expect(t, "an endless head", Reach(t.Context(), Target{Address: address, Timeout: patience, Probe: true}), Failed)
}
