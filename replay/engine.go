package replay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/carry"
	"parallax/replay/entity"
	"parallax/replay/schedule"
	"parallax/replay/transport"
)

// engine is one run. What changes while it runs is guarded by mu, unless it
// says otherwise.
type engine struct {
	o         *Options
	out       Sink
	journal   Journal
	guard     *guard
	writer    *composer
	transport *transport.Transport
	carry     *carry.Set
	auth      *auth
	now       func() int64
	timer     schedule.Timer

	// The feed's own:
	server  string             // the last that checkServer saw
	resumed bool               // a shard that is taken up again has begun
	skipped int64              // of its schedule
	foreign map[carry.Key]bool // values that answers bring; true: those to other shards

	dialing context.Context // ends when requests under way are given up
	giveUp  context.CancelFunc
	pacing  context.Context // ends when the run stops
	halt    context.CancelFunc
	stopped atomic.Bool // the run stops: nothing more is sent
	abort   *time.Timer // runs out with the grace; guarded by mu

	mu    sync.Mutex
	state state
}

// state is what an engine's mutex guards.
type state struct {
	result   Result
	failure  error // of the sink, the journal or the policy
	circuit  circuit
	watched  *watched
	lag      int64
	reported int64 // rows at the last progress report

	sessions map[string]*session
	sources  map[carry.Key]*job
	lines    map[entity.Key]*line
	// recorded are the servers of the baseline, dialled the target's addresses:
	// they must not meet, whichever is known first.
	recorded, dialled map[netip.AddrPort]bool

	alive int   // jobs read and not ended
	bytes int64 // that they hold
	room  *sync.Cond

	pool    pool
	startAt int64
	queue   chan *job // from feed to pace; nil where nothing is paced
	paced   chan struct{}
}

func newEngine(out Sink, journal Journal, o Options) (*engine, error) {
	o.setDefaults()
	end, err := parseEndpoint(o.Target.URL)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(o.Shard.check(), o.checkOrder()); err != nil {
		return nil, err
	}
	e := &engine{o: &o, out: out, journal: journal, now: transport.Clock()}
	if e.guard, err = newGuard(&o, end); err != nil {
		return nil, err
	}
	if e.carry, err = carry.New(o.Carry); err != nil {
		return nil, err
	}
	e.carry.Tokens(o.Token)
	if e.auth, err = e.newAuth(end); err != nil {
		return nil, err
	}
	if e.writer, err = newComposer(&o, end, e.carry); err != nil {
		return nil, err
	}
	e.writer.auth = e.auth
	if e.writer.shift, err = newShift(&o); err != nil {
		return nil, err
	}
	if err := o.Abort.Validate(); err != nil {
		return nil, err
	}
	if err := e.connectTo(end); err != nil {
		return nil, err
	}
	e.initState()
	return e, nil
}

func (e *engine) connectTo(end endpoint) error {
	config, err := e.o.Target.tlsConfig(end)
	if err != nil {
		return err
	}
	e.transport, err = transport.New(transport.Options{
		Address: end.address, TLS: config, Timeouts: e.o.Timeouts,
		BodyCap: e.o.Bodies.Cap, Budget: e.o.Bodies.Budget,
		Allow: e.guard.allow(e.isRecorded), Now: e.now, Yield: !e.o.Schedule.Paced(),
	})
	return err
}

func (e *engine) initState() {
	e.dialing, e.giveUp = context.WithCancel(context.Background())
	e.pacing, e.halt = context.WithCancel(context.Background())
	s := &e.state
	s.result = Result{Stopped: StopComplete, Ends: make(map[recording.End]int64), Blocked: make(Reasons)}
	s.result.Timing.Paced = e.o.Schedule.Paced()
	if e.auth != nil {
		s.result.Auth = &Auth{}
	}
	s.sessions = make(map[string]*session)
	e.foreign = make(map[carry.Key]bool)
	s.sources = make(map[carry.Key]*job)
	s.recorded = make(map[netip.AddrPort]bool)
	s.dialled = make(map[netip.AddrPort]bool)
	for _, server := range e.o.RecordedServers {
		if a, ok := addrPort(server); ok {
			s.recorded[a] = true
		}
	}
	s.watched = newWatched(&e.o.Abort)
	s.room = sync.NewCond(&e.mu)
	s.pool.limit = e.o.Pool.Connections
	s.pool.shared = e.o.Pool.Shared
}

// isRecorded reports whether the recording was made at a, which is about to be
// dialled.
func (e *engine) isRecorded(a netip.AddrPort) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.state.dialled[a] = true
	return e.state.recorded[a]
}

// start begins the clock and the pacing. A schedule without times waits here for
// an agreed start.
func (e *engine) start() {
	now := e.now()
	e.state.startAt = max(now, e.o.StartAt)
	if !e.o.Schedule.Paced() {
		// Cut short by an interruption, which the run's stop tells.
		_ = schedule.Plain{}.Sleep(e.pacing, durationSince(now, e.state.startAt))
		return
	}
	e.timer = schedule.NewTimer()
	e.state.queue = make(chan *job, e.o.Pool.Requests)
	e.state.paced = make(chan struct{})
	go e.pace()
}

// feed reads the baseline to its end, also after a stop: then every exchange
// gets its row without being sent.
func (e *engine) feed(exchanges iter.Seq2[*recording.Exchange, error]) error {
	for ex, err := range exchanges {
		if err != nil {
			return fmt.Errorf("read the baseline: %w", err)
		}
		if err := e.admit(ex); err != nil {
			return err
		}
		if err := e.failed(); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) failed() error {
	if !e.stopped.Load() {
		return nil // a failure stops the run
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state.failure
}

// admit gives ex its row, or makes it a job.
func (e *engine) admit(ex *recording.Exchange) error {
	session := e.sessionOf(ex)
	if !e.ours(ex, session) {
		return e.checkServer(ex)
	}
	e.state.result.Total++ // touched by feed alone until it has ended
	if end, ok := e.o.Resume.Ended[ex.Origin()]; ok {
		if err := e.again(ex, session); err != nil {
			return fmt.Errorf("resume: %w", err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.state.result.Resumed++
		e.state.result.Ends[end]++
		return nil
	}
	if err := e.checkServer(ex); err != nil {
		return err
	}
	if end, why := e.verdict(ex); end != "" {
		if end == recording.Unknown {
			e.taken(ex)
		}
		return e.unsent(ex, end, why, 0, false)
	}
	// What is not sent takes no place in the schedule: a filtered run keeps its
	// rate, and does not wait for what it leaves out.
	due := e.due(ex)
	if due == schedule.Never {
		return e.afterSchedule(ex)
	}
	e.enqueue(ex, session, due)
	return nil
}

// checkServer refuses a target that turns out to be where ex was recorded.
func (e *engine) checkServer(ex *recording.Exchange) error {
	if ex.Server == e.server || e.guard.control {
		return nil
	}
	e.server = ex.Server
	a, ok := addrPort(ex.Server)
	if !ok {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state.dialled[a] {
		return recordedError(ex.Server)
	}
	if len(e.state.recorded) < maxServers {
		e.state.recorded[a] = true
	}
	return nil
}

const maxServers = 100_000

// verdict says why ex is not sent, or "".
func (e *engine) verdict(ex *recording.Exchange) (recording.End, string) {
	if e.stopped.Load() {
		return recording.NotReached, e.why()
	}
	if end, why := e.leftOut(ex); end != "" {
		return end, why
	}
	if e.o.Resume.Open[ex.Origin()] && !httpmsg.IsSafe(ex.Request.Method) {
		return recording.Unknown, "sending had begun when the run was cut off; not sent again"
	}
	return "", ""
}

// leftOut says why ex is not sent in any run with these options, or "".
func (e *engine) leftOut(ex *recording.Exchange) (recording.End, string) {
	if why := notWhole(ex); why != "" {
		return recording.NotWhole, why
	}
	if e.o.Filter != nil {
		if why := e.o.Filter(ex); why != "" {
			return recording.Filtered, why
		}
	}
	if why := e.guard.blocks(ex.Request); why != "" {
		return recording.Blocked, why
	}
	return "", ""
}

func (e *engine) why() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return string(e.state.result.Stopped) + ": " + e.state.result.Why
}

// unsent writes the row of an exchange that is not sent. An intended one has a
// row in any case: its intent must not look like a sending that was cut off.
func (e *engine) unsent(ex *recording.Exchange, end recording.End, why string, due int64, intended bool) error {
	e.mu.Lock()
	e.state.result.Ends[end]++
	if end == recording.Blocked {
		e.state.result.Blocked.Add(why, 1)
	}
	omit := e.o.OmitUnreached && e.state.result.Stopped == StopInterrupted
	e.mu.Unlock()
	if omit && end == recording.NotReached && !intended {
		return nil
	}
	at := due
	if at == 0 {
		at, _ = ex.ID.Time()
	}
	row := &recording.Exchange{
		ID: makeID(at, ex.Session, ex.Sequence), Replays: ex.Origin(),
		Session: ex.Session, Sequence: ex.Sequence, Protocol: ex.Protocol,
		Incomplete: recording.NoAnswer,
		Outcome:    &recording.Outcome{End: end, Detail: why, DueAt: due},
	}
	return e.write(row)
}

func (e *engine) write(row *recording.Exchange) error {
	err := e.out.Write(row)
	if err != nil {
		err = fmt.Errorf("write the run's row for %s: %w", row.Replays, err)
		e.fail(err)
	}
	return err
}

// fail remembers the first failure, which ends the run with an error.
func (e *engine) fail(err error) {
	e.mu.Lock()
	if e.state.failure == nil {
		e.state.failure = err
	}
	e.mu.Unlock()
	e.stop(StopError, err.Error())
}

// stop ends the sending; the first reason stays. Requests under way get the
// grace.
func (e *engine) stop(reason Stop, why string) {
	e.mu.Lock()
	first := e.state.result.Stopped == StopComplete
	if first {
		e.state.result.Stopped, e.state.result.Why = reason, why
		e.abort = time.AfterFunc(e.o.Grace, e.abortAll)
	}
	e.mu.Unlock()
	if !first {
		return
	}
	e.stopped.Store(true)
	e.halt()
}

// drain waits for every job's row and ends the workers.
func (e *engine) drain() {
	if e.state.queue != nil {
		close(e.state.queue)
		<-e.state.paced
		e.timer.Close()
	}
	e.mu.Lock()
	for e.state.alive > 0 {
		e.state.room.Wait()
	}
	workers := e.state.pool.close()
	e.mu.Unlock()
	workers.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.abort != nil {
		e.abort.Stop()
	}
	e.halt()
	e.giveUp()
}

func (e *engine) finished(err error) (Result, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := &e.state.result
	r.Timing.Elapsed = time.Duration(e.now() - e.state.startAt)
	r.Timing.judge(e.o.FairLateness)
	r.stopAtSchedule()
	r.Forgotten += e.carry.Forgotten()
	if e.auth != nil {
		r.Auth.Stats = e.auth.keeper.Stats()
	}
	if e.writer.shift != nil {
		r.Shifted = e.writer.shift.Counts()
	}
	if err == nil {
		err = e.state.failure
	}
	return *r, err
}
