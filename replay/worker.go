package replay

import (
	"errors"
	"fmt"

	"parallax/capture/recording"
	"parallax/internal/content"
	"parallax/internal/httpmsg"
	"parallax/replay/carry"
	"parallax/replay/transport"
)

// outcome is what the engine counts of a job.
type outcome struct {
	end            recording.End
	sentAt, doneAt int64
	turn           int64
	carried        int
	leftOut        int
	attempted      bool // a connection was asked for
	opened         int64
	displaced      int64
	stale          int64
	retried        int64
	keptClosed     int64
	noted          noted
	unauthorized   bool // the answer was 401, and the recorded one not
	sentAgain      bool
}

// run gives j its row.
func (w *worker) run(j *job) outcome {
	e := w.e
	if e.stopped.Load() {
		return w.leave(j, recording.NotReached, e.why())
	}
	c := &w.composed
	if e.auth != nil {
		if why := w.authorise(j); why != "" {
			return w.leave(j, recording.NotReached, why)
		}
	}
	if why := e.writer.compose(c, j); why != "" {
		return w.leave(j, recording.Blocked, why)
	}
	if err := e.intend(j); err != nil {
		return w.leave(j, recording.NotReached, err.Error())
	}
	done := outcome{attempted: true, carried: c.change.Carried, leftOut: len(c.leftOut)}
	answer := w.ask(j, &c.message, &done)
	if e.auth != nil {
		answer = w.authorised(j, answer, &done)
	}
	if answer.End == recording.NotReached {
		return w.leave(j, answer.End, answer.Detail)
	}
	done.end, done.sentAt, done.doneAt = answer.End, answer.SentAt, answer.DoneAt
	done.noted = e.state.watched.look(j, &answer)
	w.learn(j, &answer)
	row := w.fill(j, &answer, &done)
	e.auth.scrub(row, c.grant)
	e.write(row)
	w.idleSince = answer.DoneAt
	return done
}

// leave writes the row of a job that was not sent. The job's end is counted
// here, and not again.
func (w *worker) leave(j *job, end recording.End, why string) outcome {
	if j.durable != nil {
		<-j.durable // orders the reading of intended
	}
	// An error has failed the run already.
	_ = w.e.unsent(j.ex, end, why, j.due, j.intended)
	return outcome{}
}

// intend writes the intent, unless it is written. That of an unsafe request is
// on disk when intend returns.
func (e *engine) intend(j *job) error {
	if e.journal == nil {
		return nil
	}
	if j.durable != nil {
		<-j.durable
		if !j.intended {
			return errors.New("the intent could not be written")
		}
		return nil
	}
	err := e.journal.Intend(j.ex.Origin())
	j.intended = err == nil
	if err == nil && !httpmsg.IsSafe(j.ex.Request.Method) {
		err = e.journal.Sync()
	}
	if err != nil {
		err = intentError(err)
		e.fail(err)
	}
	return err
}

func intentError(err error) error { return fmt.Errorf("write the intent to send: %w", err) }

// ask sends the message and returns the answer, or how it could not be sent.
// It is sent a second time only where not a byte of it was taken, or where the
// pool's options allow it.
func (w *worker) ask(j *job, m *transport.Message, done *outcome) transport.Answer {
	done.turn = max(j.due, j.turn)
	var retried string
	for {
		begin := w.e.now()
		used, err := w.connect(j.session, httpmsg.IsSafe(m.Method), begin, done)
		if err != nil {
			return w.noConnection(err)
		}
		if !used {
			done.turn += w.e.now() - begin
		}
		a := w.conn.Load().Do(m)
		if !a.Reusable {
			w.hangUp()
		}
		again := used && (a.Unsent || w.mayRetry(m, &a) && retried == "")
		if !again || w.e.stopped.Load() {
			switch {
			case retried != "":
				a.Errors = append(a.Errors, retried)
			case used && hungUp(&a):
				done.keptClosed++
			}
			return a
		}
		if a.Unsent {
			done.stale++
		} else {
			done.retried++
			retried = "sent a second time: the first connection ended without an answer (" + string(a.End) + ")"
		}
		done.turn += w.e.now() - begin
	}
}

func (w *worker) mayRetry(m *transport.Message, a *transport.Answer) bool {
	return w.e.o.Pool.RetryStale && httpmsg.IsSafe(m.Method) && hungUp(a)
}

// hungUp reports whether the connection ended before a byte of an answer.
func hungUp(a *transport.Answer) bool {
	return a.Silent && (a.End == recording.Closed || a.End == recording.Reset)
}

// quiet is how long a connection may have been idle without being looked at
// before a safe request is sent over it.
const quiet = int64(1e6)

// connect makes sure of a connection that is the session's, now. used: it
// carried a request before.
func (w *worker) connect(s *session, safeMethod bool, now int64, done *outcome) (used bool, err error) {
	if c := w.conn.Load(); c != nil {
		switch {
		case w.served != s && !w.e.o.Pool.Shared:
			done.displaced++
		case safeMethod && now-w.idleSince < quiet, c.Alive():
			w.served = s
			return true, nil
		default:
			done.stale++
		}
		w.hangUp()
	}
	c, err := w.e.transport.Dial(w.e.dialing)
	if err != nil {
		return false, err
	}
	w.conn.Store(c)
	w.served, w.client, w.server = s, c.LocalAddr(), c.RemoteAddr()
	done.opened++
	if w.e.dialing.Err() != nil {
		c.Abort() // the grace ran out meanwhile
	}
	return false, nil
}

func (w *worker) hangUp() {
	if c := w.conn.Swap(nil); c != nil {
		c.Close()
	}
}

func (w *worker) noConnection(err error) transport.Answer {
	a := transport.Answer{End: recording.ConnectFailed, Detail: err.Error(), DoneAt: w.e.now()}
	var failed *transport.DialError
	if errors.As(err, &failed) {
		a.End = failed.End
	}
	switch {
	case errors.Is(err, ErrRefused):
		w.e.fail(err)
		a.End = recording.NotReached
	case w.e.dialing.Err() != nil:
		a.End = recording.NotReached
	}
	return a
}

// learn remembers the target's values for later requests.
func (w *worker) learn(j *job, a *transport.Answer) {
	if a.End != recording.Answered || j.ex.Response == nil {
		return
	}
	answered := carry.Message{Headers: a.Response.Headers}
	if a.Bytes != nil {
		answered.Body = plain(a.Response.Headers, a.Bytes)
	}
	w.e.carry.Learn(&j.session.carry, j.ex.Request, storedAnswer(j.ex.Response), answered)
}

// storedAnswer is an answer of the baseline, or of a run, as carry wants it. Its body's
// bytes are there only if a rule asks for them.
func storedAnswer(r *recording.Response) carry.Message {
	m := carry.Message{Headers: r.Headers}
	switch {
	case len(r.Body.Bytes) == 0:
	case r.Body.Redacted:
		m.Body = r.Body.Bytes
	default:
		m.Body = plain(r.Headers, r.Body.Bytes)
	}
	return m
}

// plainLimit bounds a body that is decoded to be looked into.
const plainLimit = 16 << 20

// plain undoes content codings; nil where that fails, so that nothing is
// carried.
func plain(headers []httpmsg.Header, body []byte) []byte {
	out, err := content.Decode(encodings(headers), body, content.Limits{Output: plainLimit})
	if err != nil {
		return nil
	}
	return out
}

// encodings are the values of a message's Content-Encoding headers.
func encodings(headers []httpmsg.Header) []string {
	var values []string
	for i := range headers {
		if headers[i].Is("Content-Encoding") {
			values = append(values, headers[i].Value)
		}
	}
	return values
}

// fill makes the run's row of a job that was tried.
func (w *worker) fill(j *job, a *transport.Answer, done *outcome) *recording.Exchange {
	at := a.SentAt
	if at == 0 {
		at = j.due
	}
	c, row := &w.composed, &w.row
	w.outcome = recording.Outcome{
		DueAt: j.due, ReadyAt: done.turn, SentAt: a.SentAt, DoneAt: a.DoneAt,
		End: a.End, Detail: a.Detail, Carried: c.change.Carried, LeftOut: c.leftOut,
	}
	*row = recording.Exchange{
		ID: makeID(at, j.ex.Session, j.ex.Sequence), Replays: j.ex.Origin(),
		Session: j.ex.Session, Sequence: j.ex.Sequence, Protocol: j.ex.Protocol,
		Response: a.Response, Errors: a.Errors, Outcome: &w.outcome,
	}
	if a.SentAt != 0 {
		c.request.FirstAt, c.request.LastAt = a.SentAt, a.SentAt
		row.Request, row.Client, row.Server = &c.request, w.client, w.server
	}
	if a.End != recording.Answered {
		row.Incomplete = recording.NoAnswer
	}
	return row
}

// count adds what a job came to, and reports whether the target is failing.
func (e *engine) count(j *job, o *outcome) (trip bool) {
	if !o.attempted {
		return false
	}
	r := &e.state.result
	r.Ends[o.end]++
	r.Carried += int64(o.carried)
	r.LeftOut += int64(o.leftOut)
	r.Connections += o.opened
	r.Displaced += o.displaced
	r.Stale += o.stale
	r.Retried += o.retried
	r.KeptClosed += o.keptClosed
	r.countAuth(o)
	if o.sentAt != 0 {
		e.state.lag = max(o.sentAt-j.due, 0)
		r.Timing.late(max(o.sentAt-o.turn, 0), e.o.FairLateness)
	}
	if o.end == recording.Answered {
		r.Timing.FromDue.Add(o.doneAt - j.due)
		r.Timing.FromSent.Add(o.doneAt - o.sentAt)
	}
	return e.state.circuit.add(o.end != recording.Answered)
}

// report calls Progress.
func (e *engine) report() {
	if e.o.Progress == nil {
		return
	}
	e.o.Progress(e.progress())
}

func (e *engine) progress() Progress {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.state
	p := Progress{Total: e.o.Total, Answered: s.result.Ends[recording.Answered]}
	if s.startAt != 0 {
		p.Elapsed = max(durationSince(s.startAt, e.now()), 0)
	}
	for end, n := range s.result.Ends {
		p.Done += n
		if end != recording.Answered && class(end) != recording.Edge && end != recording.Filtered && end != recording.Blocked && end != recording.NotReached {
			p.Failed += n
		}
	}
	p.Rate, s.reported = p.Done-s.reported, p.Done
	p.Lag = durationSince(0, s.lag)
	return p
}
