package recording

import (
	"fmt"
	"sync"
	"time"

	"parallax/internal/store"
)

// appender writes to the end of a file from one goroutine of its own, so that
// callers pay for a copy into memory and no more. It syncs twice a second, and
// when somebody waits for it: all who wait share the next sync.
type appender struct {
	file store.File
	room func() error  // nil: there always is
	kick chan struct{} // there is something to do
	done chan struct{} // the goroutine has ended

	mu      sync.Mutex
	changed sync.Cond // durable, buf or err has changed
	buf     []byte
	spare   []byte
	// appended and durable count bytes since the start; wanted is how far
	// somebody waits for a sync.
	appended, durable, wanted int64
	closing                   bool
	err                       error
	full                      error // of room: nothing more is taken, what was is kept
}

const (
	appendKick  = 64 << 10 // bytes that wake the goroutine
	appendLimit = 8 << 20  // bytes from which callers wait for the disk
	syncEvery   = 500 * time.Millisecond
)

func newAppender(file store.File, room func() error) *appender {
	a := &appender{file: file, room: room, kick: make(chan struct{}, 1), done: make(chan struct{})}
	a.changed.L = &a.mu
	go a.run()
	return a
}

func (a *appender) append(b []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.buf) > appendLimit && a.err == nil {
		a.changed.Wait()
	}
	switch {
	case a.err != nil:
		return a.err
	case a.full != nil:
		return a.full
	case a.closing:
		return errEnded
	}
	a.buf = append(a.buf, b...)
	a.appended += int64(len(b))
	if len(a.buf) >= appendKick {
		a.wake()
	}
	return nil
}

func (a *appender) wake() {
	select {
	case a.kick <- struct{}{}:
	default: // it is awake already
	}
}

// sync waits until everything appended before is durable.
func (a *appender) sync() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	target := a.appended
	a.wanted = max(a.wanted, target)
	a.wake()
	for a.durable < target && a.err == nil {
		a.changed.Wait()
	}
	return a.err
}

// stopped returns why nothing more is taken, nil while it is.
func (a *appender) stopped() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return a.err
	}
	return a.full
}

// failed returns why the journal is not whole, nil where it is.
func (a *appender) failed() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// close syncs, ends the goroutine and closes the file.
func (a *appender) close() error {
	err := a.sync()
	a.mu.Lock()
	a.closing = true
	a.mu.Unlock()
	a.wake()
	<-a.done
	if cerr := a.file.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close journal: %w", cerr)
	}
	return err
}

func (a *appender) run() {
	defer close(a.done)
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		due := false
		select {
		case <-a.kick:
		case <-tick.C:
			due = true
		}
		if !a.flush(due) {
			return
		}
	}
}

// flush writes what is there, and syncs where that is due or waited for. It
// reports whether the goroutine goes on.
func (a *appender) flush(due bool) bool {
	a.mu.Lock()
	buf, upTo, err := a.buf, a.appended, a.err
	a.buf, a.spare = a.spare[:0], nil
	closing := a.closing
	sync := upTo > a.durable && (due || closing || a.wanted > a.durable)
	a.mu.Unlock()

	if err == nil {
		err = a.write(buf, sync)
	}
	var full error
	if due && a.room != nil {
		full = a.room()
	}

	a.mu.Lock()
	defer a.mu.Unlock()
	if cap(buf) <= 2*appendLimit {
		a.spare = buf[:0]
	}
	if a.full == nil {
		a.full = full
	}
	if err != nil {
		a.err = err
	} else if sync {
		a.durable = upTo
	}
	a.changed.Broadcast()
	return !closing || a.err == nil && len(a.buf) > 0
}

func (a *appender) write(buf []byte, sync bool) error {
	if len(buf) > 0 {
		if _, err := a.file.Write(buf); err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
	}
	if sync {
		if err := a.file.Sync(); err != nil {
			return fmt.Errorf("sync journal: %w", err)
		}
	}
	return nil
}
