package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/credential"
	"parallax/replay/transport"
)

// Auth counts what a run did for its access token.
type Auth struct {
	credential.Stats
	// Unauthorized answers are 401 where the recorded ones are not; SentAgain of
	// these requests were sent a second time with a new token.
	Unauthorized int64 `json:"unauthorized"`
	SentAgain    int64 `json:"sent_again"`
}

// auth puts the target's access token on requests. Nil has none.
type auth struct {
	config credential.Config // with its defaults
	keeper *credential.Keeper
	stored string // the header's value in the run's rows
}

// newAuth checks the target's configuration and reads its secrets; no token is got.
func (e *engine) newAuth(end endpoint) (*auth, error) {
	t := &e.o.Target
	if t.Auth == nil {
		return nil, nil
	}
	config := t.Auth.WithDefaults()
	if err := config.Validate(); err != nil {
		return nil, err
	}
	for _, h := range t.Rewrite.Set {
		if strings.EqualFold(h.Name, config.Header) {
			return nil, fmt.Errorf("auth and rewrite both set the header %s", config.Header)
		}
	}
	source, err := e.tokenSource(config, end)
	if err != nil {
		return nil, err
	}
	return &auth{
		config: config, stored: config.StoredHeader(),
		keeper: credential.NewKeeper(source, time.Duration(config.Timeout), e.now),
	}, nil
}

// wants reports whether a request gets the token: one that was recorded with the
// header, whatever redaction left of it, or every one.
func (a *auth) wants(headers []httpmsg.Header) bool {
	if a.config.Always {
		return true
	}
	_, has := httpmsg.Get(headers, a.config.Header)
	return has
}

// place puts the header's stored form in, where the request gets the token.
func (a *auth) place(to, recorded []httpmsg.Header) []httpmsg.Header {
	if a == nil || !a.wants(recorded) {
		return to
	}
	return setHeader(to, a.config.Header, a.stored)
}

// fill returns the headers for the wire. The list given is left alone.
func (a *auth) fill(headers []httpmsg.Header, g credential.Grant) []httpmsg.Header {
	if a == nil || g.Generation == 0 {
		return headers
	}
	wire := slices.Clone(headers)
	for i := range wire {
		if strings.EqualFold(wire[i].Name, a.config.Header) && wire[i].Value == a.stored {
			wire[i].Value = a.config.FillHeader(g)
		}
	}
	return wire
}

// firstToken gets a token before anything is sent. A run without one ends there.
func (e *engine) firstToken(ctx context.Context) error {
	if e.auth == nil {
		return nil
	}
	_, err := e.auth.keeper.Token(ctx)
	switch {
	case err == nil:
	case errors.Is(err, ErrRefused):
		return err
	case ctx.Err() != nil:
		e.stop(StopInterrupted, context.Cause(ctx).Error())
	default:
		e.stop(StopAuth, err.Error())
	}
	return nil
}

// authorise gives the request of j its grant; why says that there is none, which
// ends the run.
func (w *worker) authorise(j *job) (why string) {
	e := w.e
	w.composed.grant = credential.Grant{}
	if !e.auth.wants(j.ex.Request.Headers) {
		return ""
	}
	begin := e.now()
	g, err := e.auth.keeper.Token(e.dialing)
	if err != nil {
		if errors.Is(err, ErrRefused) {
			e.fail(err)
		}
		e.stop(StopAuth, err.Error())
		return e.why()
	}
	if waited := e.now() - begin; waited > int64(time.Millisecond) {
		j.turn = max(j.turn, j.due) + waited // not the generator's fault
	}
	w.composed.grant = g
	return ""
}

// authorised looks at the answer of a request with a token: a 401 that was not
// recorded asks for a new one, with which a safe request is sent again where the
// configuration says so.
func (w *worker) authorised(j *job, a transport.Answer, done *outcome) transport.Answer {
	keeper, g := w.e.auth.keeper, w.composed.grant
	if g.Generation == 0 || a.End != recording.Answered {
		return a
	}
	if a.Response.Status != unauthorized {
		keeper.Accepted(g)
		return a
	}
	if before := j.ex.Response; before != nil && before.Status == unauthorized {
		return a
	}
	done.unauthorized = true
	if !keeper.Rejected(g) || !w.e.auth.config.RetryUnauthorized || !httpmsg.IsSafe(j.ex.Request.Method) || w.e.stopped.Load() {
		return a
	}
	return w.sendAgain(j, a, done)
}

const unauthorized = 401

// sendAgain returns the second answer, or the first where the request could not be
// sent a second time.
func (w *worker) sendAgain(j *job, first transport.Answer, done *outcome) transport.Answer {
	if w.authorise(j) != "" {
		return first
	}
	w.e.writer.writeHead(&w.composed)
	j.turn = w.e.now()
	second := w.ask(j, &w.composed.message, done)
	if second.SentAt == 0 {
		return first
	}
	done.sentAgain = true
	second.Errors = append(second.Errors, "attempts: 2: the first answer was 401, and the token was renewed")
	return second
}

// countAuth adds what a job came to.
func (r *Result) countAuth(o *outcome) {
	if r.Auth == nil {
		return
	}
	if o.unauthorized {
		r.Auth.Unauthorized++
	}
	if o.sentAgain {
		r.Auth.SentAgain++
	}
}
