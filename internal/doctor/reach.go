package doctor

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Target is a server to reach.
type Target struct {
	Name string
	// Address is host:port, Host the value of a Host header. TLS is nil for http.
	Address, Host string
	TLS           *tls.Config
	// Timeout is for each step: name, dial, handshake, answer.
	Timeout time.Duration
	// Probe sends HEAD /, which is all that is ever sent.
	Probe bool
}

// Reach looks the target's name up, dials it, shakes hands and, where it was
// asked to, sends one HEAD /.
func Reach(ctx context.Context, t Target) []Finding {
	addresses, err := t.lookUp(ctx)
	if err != nil {
		return about(t.Name, failed("check the name, and the resolver of this machine", "%v", err))
	}
	conn, err := t.dial(ctx, addresses)
	if err != nil {
		return about(t.Name, failed("start it, or open the way to it", "%v", err))
	}
	defer conn.Close()
	found := fine("%s answers the dial", conn.RemoteAddr())
	if t.TLS != nil {
		secure, more := t.handshake(ctx, conn)
		if secure == nil {
			return about(t.Name, more)
		}
		defer secure.Close()
		conn, found = secure, append(found, more...)
	}
	if t.Probe {
		found = append(found, t.probe(conn)...)
	}
	return about(t.Name, found)
}

func (t *Target) lookUp(ctx context.Context) ([]string, error) {
	host, _, err := net.SplitHostPort(t.Address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	return net.DefaultResolver.LookupHost(ctx, host)
}

// dial tries the addresses in order.
func (t *Target) dial(ctx context.Context, addresses []string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(t.Address)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, a := range addresses {
		d := net.Dialer{Timeout: t.Timeout}
		conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(a, port))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// soon is how long before a certificate ends it is worth saying.
const soon = 14 * 24 * time.Hour

func (t *Target) handshake(ctx context.Context, conn net.Conn) (*tls.Conn, []Finding) {
	config := t.TLS.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(t.Address) // lookUp took it apart already
	}
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, failed(adviceOn(err), "TLS: %v", err)
	}
	state := secure.ConnectionState()
	text := fmt.Sprintf("%s, certificate until %s", tls.VersionName(state.Version), state.PeerCertificates[0].NotAfter.UTC().Format(time.DateOnly))
	switch left := time.Until(state.PeerCertificates[0].NotAfter); {
	case config.InsecureSkipVerify:
		return secure, warning("ca_file instead of insecure, where its authority is known", "%s; it is not verified (insecure)", text)
	case left < soon:
		return secure, warning("renew it", "%s", text)
	}
	return secure, fine("%s", text)
}

func adviceOn(err error) string {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		return "name its authority by ca_file"
	case errors.As(err, &name):
		return "name the one it is issued for by server_name"
	case errors.As(err, &invalid):
		return "renew the certificate, or set the clock"
	}
	return "see whether the port speaks TLS"
}

// probe sends HEAD / and reads the head of the answer. Any status will do.
func (t *Target) probe(conn net.Conn) []Finding {
	sent := time.Now()
	if err := conn.SetDeadline(sent.Add(t.Timeout)); err != nil {
		return failed("try again", "%v", err)
	}
	_, err := fmt.Fprintf(conn, "HEAD / HTTP/1.1\r\nHost: %s\r\nUser-Agent: parallax-doctor\r\nConnection: close\r\n\r\n", t.Host)
	if err != nil {
		return failed("see why it closes connections", "HEAD /: %v", err)
	}
	r, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, 1<<20)), &http.Request{Method: http.MethodHead})
	if err != nil {
		return failed("see whether the port speaks HTTP/1.1", "HEAD /: %v", err)
	}
	defer r.Body.Close()
	found := fine("%s", strings.TrimSpace("HEAD / answers "+r.Status+" "+r.Header.Get("Server")))
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return append(found, fine("it says no Date: its clock is not known")...)
	}
	return append(found, offset(date, sent, time.Now())...)
}
