package mirror

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"parallax/capture/recording"
	"parallax/replay"
	"parallax/replay/schedule"
)

// leg is one replay of the offers.
type leg struct {
	m *Mirror
	// over: the replay has stopped sending. Guarded by the mirror's mutex.
	over bool
}

// run has one leg after the other until Close, or a failure that no pause mends.
func (m *Mirror) run() {
	defer close(m.done)
	pause := m.o.Pause
	for {
		l := &leg{m: m}
		result, err := l.replay()
		m.ended(result, err)
		if m.isOver() {
			break
		}
		if result.Sent() > 0 {
			pause = m.o.Pause
		}
		m.wait(pause, result.Why)
		pause = min(2*pause, longestPause)
	}
	m.leaveAll(isOver)
}

func (l *leg) replay() (replay.Result, error) {
	o := l.m.o.Replay
	o.Schedule = schedule.Max()
	return replay.Run(l.m.running, l.offers(), l, l.m.journal, o)
}

// offers yields what comes until the mirror is closed and empty, or the replay
// has stopped sending.
func (l *leg) offers() iter.Seq2[*recording.Exchange, error] {
	return func(yield func(*recording.Exchange, error) bool) {
		for {
			f := l.next()
			if f == nil || !yield(f.sent, nil) {
				return
			}
		}
	}
}

func (l *leg) next() *offer {
	m := l.m
	m.mu.Lock()
	defer m.mu.Unlock()
	for !l.over && m.result.Failure == nil {
		if len(m.waiting) > 0 {
			f := m.waiting[0]
			m.waiting[0] = nil
			m.waiting = m.waiting[1:]
			return f
		}
		if m.closed {
			return nil
		}
		m.changed.Wait()
	}
	return nil
}

// Write takes a row of the replay and makes room for another offer.
func (l *leg) Write(row *recording.Exchange) error {
	m := l.m
	m.mu.Lock()
	f := m.held[row.Replays]
	switch end := row.Outcome.End; {
	case end == recording.NotReached:
		l.over = true
		m.changed.Broadcast()
	case end.Sent():
		m.failing = ""
	}
	m.mu.Unlock()
	if f == nil {
		return fmt.Errorf("mirror: a row of %s, which was not offered", row.Replays)
	}
	defer m.release(f)
	if err := m.out.Write(row); err != nil {
		m.fail(err) // now, since the replay may be waiting for an offer
		return err
	}
	if m.o.Compare != nil {
		m.o.Compare(f.recorded, row)
	}
	return nil
}

func (m *Mirror) release(f *offer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.held, f.sent.ID)
	m.bytes -= f.size
}

// ended adds what a leg did. An error of a replay is the run's that cannot be
// written, or the policy's: no further leg would do better.
func (m *Mirror) ended(r replay.Result, err error) {
	m.mu.Lock()
	m.result.add(&r)
	m.mu.Unlock()
	if err != nil {
		m.fail(err)
	}
}

// isOver reports whether there will be no further leg.
func (m *Mirror) isOver() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.result.Failure != nil || m.closed && len(m.waiting) == 0 || m.running.Err() != nil
}

// wait lets a failing candidate alone for a while.
func (m *Mirror) wait(pause time.Duration, why string) {
	m.mu.Lock()
	m.down, m.failing = why, why
	m.result.Pauses++
	m.mu.Unlock()
	m.leaveAll(isDown)
	ctx, cancel := context.WithTimeout(m.running, pause)
	defer cancel()
	defer context.AfterFunc(ctx, m.wake)()
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.closed && ctx.Err() == nil {
		m.changed.Wait()
	}
	m.down = ""
}

func (m *Mirror) wake() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changed.Broadcast()
}

// leaveAll drops what waits.
func (m *Mirror) leaveAll(why string) {
	m.mu.Lock()
	left := m.waiting
	m.waiting = nil
	for _, f := range left {
		delete(m.held, f.sent.ID)
		m.bytes -= f.size
	}
	failed := m.result.Failure != nil
	m.mu.Unlock()
	if failed {
		why = noRun
	}
	for _, f := range left {
		m.leave(f.sent, why)
	}
}

// IsRefusal reports whether the policy ended the mirror.
func (r *Result) IsRefusal() bool { return errors.Is(r.Failure, replay.ErrRefused) }
