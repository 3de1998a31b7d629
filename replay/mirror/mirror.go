// Package mirror asks a second system, the candidate, what the clients of a
// running one ask, while they ask it.
//
// Terms. An offer is an exchange that the running system has ended and that
// waits for the candidate. A leg is one replay (package replay) of the offers,
// up to where the candidate fails. The rows make a run, as those of a replay do.
//
// Steps. Offer puts the exchange into a queue that is bounded in number and in
// bytes, from its coming to its row, and returns. A leg takes it from there: the
// guards, the order within sessions, the carrying of cookies and values and the
// ends are those of any replay at full speed. Where the candidate cannot be
// reached, or fails on more than half of the last requests, the leg ends; what
// comes in the pause before the next one is dropped.
//
// Limits. What is offered while the queue is full, or in a pause, is dropped: it
// has a row "not reached" that says why, and is counted by reason. What a session
// carried is forgotten with its leg. A request is mirrored once its answer has
// passed, not before. Requests that are the mirror's own and have come back are
// not mirrored again, so that no loop grows.
package mirror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay"
	"parallax/replay/schedule"
)

// Options say whom to ask and within which bounds.
type Options struct {
	// Replay is the target with its permissions, rules and timeouts. Schedule,
	// Filter, Resume, Total, Progress and what is read ahead are the mirror's; the
	// marker header cannot be left out.
	Replay replay.Options
	// Exchanges (4,096) and Bytes (64 MiB) bound what waits or is under way.
	Exchanges int
	Bytes     int64
	// Pause is the first wait after a failing leg (1 s); it doubles up to 30 s.
	Pause time.Duration
	// Compare is told of each exchange whose row is written, from many
	// goroutines; it keeps neither. Nil: nobody asks, and the old answers' bodies
	// are not held.
	Compare func(recorded, row *recording.Exchange)
}

const (
	defaultExchanges = 4096
	defaultBytes     = 64 << 20
	defaultPause     = time.Second
	longestPause     = 30 * time.Second
	// grace is what requests under way get when Close has no more time.
	grace = 500 * time.Millisecond
)

func (o *Options) setDefaults() {
	if o.Exchanges <= 0 {
		o.Exchanges = defaultExchanges
	}
	if o.Bytes <= 0 {
		o.Bytes = defaultBytes
	}
	if o.Pause <= 0 {
		o.Pause = defaultPause
	}
	r := &o.Replay
	r.Pool.Requests, r.Pool.Bytes = o.Exchanges+1, o.Bytes+1 // the mirror's bounds come first
	r.Filter, r.Resume, r.OmitUnreached, r.Progress, r.Total = nil, replay.Resume{}, false, nil, 0
	r.NoMarker, r.Grace = false, grace
}

// Mirror is a run under way. Its methods are safe for concurrent use.
type Mirror struct {
	o       Options
	out     replay.Sink
	journal replay.Journal

	running context.Context // ends when Close has no more time
	giveUp  context.CancelCauseFunc
	done    chan struct{}

	mu      sync.Mutex
	changed sync.Cond // waiting, closed or a leg's end
	waiting []*offer
	held    map[recording.ID]*offer // all that have no row yet
	bytes   int64
	closed  bool
	down    string // why nothing is asked at the moment
	failing string // the same, kept until something could be sent again
	result  Result
}

// New checks options and policy (replay.ErrRefused) and begins with the first
// leg. out and journal are the run's, as for replay.Run.
func New(o Options, out replay.Sink, journal replay.Journal) (*Mirror, error) {
	if err := Check(o); err != nil {
		return nil, err
	}
	o.setDefaults()
	m := &Mirror{
		o: o, out: out, journal: journal, done: make(chan struct{}), held: map[recording.ID]*offer{},
		result: newResult(),
	}
	m.changed.L = &m.mu
	m.running, m.giveUp = context.WithCancelCause(context.Background())
	go m.run()
	return m, nil
}

// Check says whether the options and the policy allow the mirror; nothing is
// sent.
func Check(o Options) error {
	if o.Replay.Target.Production {
		return fmt.Errorf("%w: the target is production: live traffic is mirrored to no such system", replay.ErrRefused)
	}
	o.setDefaults()
	o.Replay.Schedule = schedule.Max()
	none := func(func(*recording.Exchange, error) bool) {}
	_, err := replay.Plan(none, nil, o.Replay)
	return err
}

// Why an offer is dropped. The first is of Block, the others of NotReached.
const (
	cameBack = "the request is the mirror's own: it came back to the proxy"
	tooMuch  = "dropped: too much waits for the candidate"
	isDown   = "dropped: the candidate is down"
	isOver   = "dropped: the mirror was ending"
	twice    = "dropped: another exchange has the same id"
	noRun    = "dropped: the run can no longer be written"
)

// Offer takes an exchange to be asked again and never waits for the candidate.
// sent is what is to be sent, and the mirror's from now on; recorded is the one
// that is stored, for Options.Compare, and must not change any more. They may
// share all but the structures themselves.
func (m *Mirror) Offer(sent, recorded *recording.Exchange) {
	f := newOffer(sent, recorded, &m.o)
	m.mu.Lock()
	m.result.Offered++
	why := m.refuses(f)
	if why == "" {
		m.waiting = append(m.waiting, f)
		m.held[sent.ID] = f
		m.bytes += f.size
		m.changed.Broadcast()
	}
	m.mu.Unlock()
	if why != "" {
		m.leave(sent, why)
	}
}

// refuses returns why f is not taken, or "".
func (m *Mirror) refuses(f *offer) string {
	switch {
	case m.result.Failure != nil:
		return noRun
	case m.closed:
		return isOver
	case m.isOwn(f.sent.Request):
		return cameBack
	case m.down != "":
		return isDown
	case m.held[f.sent.ID] != nil:
		return twice
	case len(m.held) >= m.o.Exchanges, m.bytes+f.size > m.o.Bytes:
		return tooMuch
	}
	return ""
}

func (m *Mirror) isOwn(r *recording.Request) bool {
	if r == nil {
		return false
	}
	id, ok := httpmsg.Get(r.Headers, replay.MarkerHeader)
	return ok && id == m.o.Replay.RunID
}

// leave gives an exchange that is not sent its row.
func (m *Mirror) leave(ex *recording.Exchange, why string) {
	m.mu.Lock()
	m.result.Dropped[why]++
	dead, detail := m.result.Failure != nil, why
	if why == isDown {
		detail += ": " + m.down
	}
	m.mu.Unlock()
	if dead {
		return
	}
	end := recording.NotReached
	if why == cameBack {
		end = recording.Blocked
	}
	at, _ := ex.ID.Time()
	err := m.out.Write(&recording.Exchange{
		ID: recording.MakeID(at, ex.Session, ex.Sequence), Replays: ex.ID,
		Session: ex.Session, Sequence: ex.Sequence, Protocol: ex.Protocol,
		Incomplete: recording.NoAnswer,
		Outcome:    &recording.Outcome{End: end, Detail: detail},
	})
	if err != nil {
		m.fail(fmt.Errorf("write the run's row for %s: %w", ex.ID, err))
	}
}

// fail ends the mirror for good; the first reason stays.
func (m *Mirror) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.result.Failure == nil {
		m.result.Failure = err
	}
	m.changed.Broadcast()
}

// Progress returns what was done so far.
func (m *Mirror) Progress() Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := Progress{Offered: m.result.Offered, Waiting: int64(len(m.held)), Failing: m.failing, Failure: m.result.Failure}
	for _, n := range m.result.Dropped {
		p.Dropped += n
	}
	return p
}

// Close takes no more offers, waits until those there are have their rows, and
// returns what was done. Where ctx ends first, the rest is given up: it has rows
// that say "not reached".
func (m *Mirror) Close(ctx context.Context) Result {
	m.mu.Lock()
	m.closed = true
	m.changed.Broadcast()
	m.mu.Unlock()
	select {
	case <-m.done:
	case <-ctx.Done():
		m.giveUp(errors.New("the mirror was ended"))
		<-m.done
	}
	m.giveUp(nil)
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.result
	r.Dropped = maps.Clone(r.Dropped)
	return r
}
