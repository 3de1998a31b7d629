package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"
)

// Options says where to listen and what to record; the zero value of all but
// Upstream is the default.
type Options struct {
	// Upstream is the old system: http://host[:port] or https://host[:port].
	Upstream string
	// UpstreamCA is a PEM file of the authorities that an https upstream is
	// checked against, instead of the system's.
	UpstreamCA string
	// UpstreamInsecure accepts any certificate of an https upstream.
	UpstreamInsecure bool

	// Listen is host:port; 127.0.0.1 and a free port.
	Listen string
	// ListenPublic allows an address that is not loopback.
	ListenPublic bool
	// CertFile and KeyFile (PEM) make the proxy answer with TLS.
	CertFile, KeyFile string

	// ForwardedFor adds an X-Forwarded-For line with the client's address to each
	// request, Via a Via line. Neither is recorded: the recording has what the
	// client sent.
	ForwardedFor, Via bool

	// MaxConnections is the most client connections at once, each of which takes
	// two file descriptors; 0 is no bound. Where a further client comes, the one
	// idle for longest is closed; where none is idle the client waits.
	MaxConnections int
	// BodyCap is the most bytes kept of one body: 16 MiB. Length and hash are of
	// the whole.
	BodyCap int64
	// QueueBytes bounds what waits to be recorded, bodies in the making
	// included: 64 MiB.
	QueueBytes int64
	// DialTimeout bounds connecting to the upstream with its TLS handshake: 10 s.
	DialTimeout time.Duration
	// AnswerTimeout bounds the silence of an upstream that owes an answer; 0
	// waits as long as the client does.
	AnswerTimeout time.Duration

	clock *clock // tests let it jump
}

const (
	defaultBodyCap     = 16 << 20
	defaultQueueBytes  = 64 << 20
	defaultDialTimeout = 10 * time.Second
)

func (o Options) withDefaults() (Options, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.BodyCap == 0 {
		o.BodyCap = defaultBodyCap
	}
	if o.QueueBytes == 0 {
		o.QueueBytes = defaultQueueBytes
	}
	if o.DialTimeout == 0 {
		o.DialTimeout = defaultDialTimeout
	}
	switch {
	case o.BodyCap < 0 || o.QueueBytes < 0 || o.DialTimeout < 0 || o.AnswerTimeout < 0 || o.MaxConnections < 0:
		return o, errors.New("proxy: a size, a number or a timeout is negative")
	case (o.CertFile == "") != (o.KeyFile == ""):
		return o, errors.New("proxy: a certificate and its key are needed together")
	}
	return o, nil
}

// target is the upstream.
type target struct {
	scheme  string
	address string // host:port
	tls     *tls.Config
}

func (o Options) target() (target, error) {
	u, err := url.Parse(o.Upstream)
	// The text may hold a password: neither it nor url's error is repeated.
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return target{}, errors.New("proxy: upstream: want http://host[:port] or https://host[:port]")
	}
	if u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return target{}, errors.New("proxy: upstream: want a scheme, a host and a port, no user, path or query\nrequests keep the path that the client asked for")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	t := target{scheme: u.Scheme, address: net.JoinHostPort(u.Hostname(), port)}
	if u.Scheme == "https" {
		t.tls, err = o.upstreamTLS(u.Hostname())
	}
	return t, err
}

func (o Options) upstreamTLS(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, NextProtos: []string{"http/1.1"}, InsecureSkipVerify: o.UpstreamInsecure}
	if o.UpstreamCA == "" {
		return c, nil
	}
	pem, err := os.ReadFile(o.UpstreamCA)
	if err != nil {
		return nil, fmt.Errorf("proxy: upstream CA: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("proxy: upstream CA: %s: no certificate in PEM form", o.UpstreamCA)
	}
	return c, nil
}

// listen opens the listener, refusing addresses that others can reach.
func (o Options) listen() (net.Listener, error) {
	address, err := net.ResolveTCPAddr("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("proxy: listen: %w", err)
	}
	if !o.ListenPublic && !address.IP.IsLoopback() {
		return nil, fmt.Errorf("%w: %s\nuse 127.0.0.1, or allow it with --listen-public", ErrPublic, o.Listen)
	}
	l, err := net.ListenTCP("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("proxy: listen: %w", err)
	}
	if o.CertFile == "" {
		return l, nil
	}
	certificate, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("proxy: certificate: %w", err)
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{certificate},
		NextProtos:   []string{"http/1.1"},
	}), nil
}
