package replay

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/credential"
	"parallax/replay/transport"
)

// tokenSource returns how a token is got: by the command, or by a request under the
// guards of the target that it goes to.
func (e *engine) tokenSource(config credential.Config, end endpoint) (credential.Source, error) {
	if config.Request == nil {
		return credential.CommandSource(config), nil
	}
	filled, err := config.Request.Filled(e.o.Secret)
	if err != nil {
		return nil, err
	}
	target, g := &e.o.Target, e.guard
	if config.Request.Target != "" {
		if target = e.o.Target.AuthTarget; target == nil || target.Name != config.Request.Target {
			return nil, fmt.Errorf("auth: request: no target is called %q", config.Request.Target)
		}
		if end, err = parseEndpoint(target.URL); err != nil {
			return nil, err
		}
		if g, err = newGuard(&Options{Target: *target, RecordedServers: e.o.RecordedServers}, end); err != nil {
			return nil, err
		}
	}
	asker := tokenRequest{config: config, filled: filled, end: end}
	if !e.o.NoMarker {
		asker.runID = e.o.RunID
	}
	if asker.transport, err = e.tokenTransport(config, target, g, end); err != nil {
		return nil, err
	}
	return asker.ask, nil
}

// tokenTransport dials the one address under the same guards as everything else.
func (e *engine) tokenTransport(config credential.Config, t *Target, g *guard, end endpoint) (*transport.Transport, error) {
	tls, err := t.tlsConfig(end)
	if err != nil {
		return nil, err
	}
	limit := time.Duration(config.Timeout)
	return transport.New(transport.Options{
		Address: end.address, TLS: tls, BodyCap: credential.MaxOutput, Allow: g.allow(e.isRecorded), Now: e.now,
		Timeouts: transport.Timeouts{Connect: limit, TLS: limit, Write: limit, Header: limit, Body: limit},
	})
}

// tokenRequest asks for a token over a connection of its own.
type tokenRequest struct {
	transport *transport.Transport
	config    credential.Config
	filled    credential.Request
	end       endpoint
	runID     string // "": no marker
}

// ask names the request in its errors as it was configured, without its secrets.
func (r *tokenRequest) ask(ctx context.Context) (credential.Obtained, error) {
	got, err := r.try(ctx)
	if err != nil {
		return got, fmt.Errorf("auth: %s %s: %w", r.config.Request.Method, r.config.Request.Path, err)
	}
	return got, nil
}

func (r *tokenRequest) try(ctx context.Context) (got credential.Obtained, err error) {
	conn, err := r.transport.Dial(ctx)
	if err != nil {
		return got, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, conn.Abort)()
	a := conn.Do(r.message())
	switch {
	case ctx.Err() != nil:
		return got, errors.New("no answer within the timeout, or the run was stopped")
	case a.End != recording.Answered:
		return got, fmt.Errorf("%s: %s", a.End, a.Detail)
	case a.Response.Status < 200 || a.Response.Status > 299:
		return got, fmt.Errorf("answered with status %d", a.Response.Status)
	case a.Response.Body.State == recording.BodyTruncated:
		return got, fmt.Errorf("the answer is longer than %d bytes", credential.MaxOutput)
	}
	return r.config.Parse(plain(a.Response.Headers, a.Response.Body.Bytes))
}

func (r *tokenRequest) message() *transport.Message {
	f := &r.filled
	headers := []httpmsg.Header{{Name: "Host", Value: r.end.authority}}
	for _, h := range f.Headers {
		headers = append(headers, httpmsg.Header{Name: h.Name, Value: h.Value})
	}
	if r.runID != "" {
		headers = append(headers, httpmsg.Header{Name: MarkerHeader, Value: r.runID})
	}
	if f.Body != "" || f.Method != "GET" && f.Method != "HEAD" {
		headers = append(headers, httpmsg.Header{Name: "Content-Length", Value: strconv.Itoa(len(f.Body))})
	}
	headers = append(headers, httpmsg.Header{Name: "Connection", Value: "close"})
	return &transport.Message{
		Method: f.Method, Body: []byte(f.Body), Closes: true,
		Head: httpmsg.AppendRequestHead(nil, f.Method, f.Path, "1.1", headers),
	}
}
