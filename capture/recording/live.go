package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"parallax/internal/store"
)

// Live makes a recording from a live source: everything goes to a journal
// first, and parts are made of it at the end. Its methods may be called from
// several goroutines. A killed process loses at most what was appended in the
// last second, and nothing that was appended before a Sync that returned.
//
// The first failure to write sticks: all later calls return it. What was synced
// before stays in the journal.
type Live struct {
	opts   Options
	folder *store.Folder
	lock   *store.Lock
	log    *appender

	buffers sync.Pool // of *[]byte, in which records are encoded

	mu    sync.Mutex
	times leastTimes
	taken int // rows that the journal took
	ended bool
}

// CreateLive starts a recording in dir, as Create does, with a journal.
func CreateLive(dir string, o Options) (*Live, error) {
	folder, lock, err := openLocked(dir, &o)
	if err != nil {
		return nil, err
	}
	l, err := startLive(folder, lock, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create recording in %s: %w", dir, err), lock.Unlock())
	}
	return l, nil
}

func startLive(folder *store.Folder, lock *store.Lock, o Options) (*Live, error) {
	if err := newWriter(folder, lock, o).start(); err != nil {
		return nil, err
	}
	head, err := journalStart(&o)
	if err != nil {
		return nil, err
	}
	file, err := folder.Append(JournalName, true)
	if err != nil {
		return nil, err
	}
	l := &Live{opts: o, folder: folder, lock: lock, log: newAppender(file, o.Room)}
	if err := errors.Join(l.log.append(head), l.log.sync()); err != nil {
		// Nothing is in it: what is left must not look like a recording.
		return nil, errors.Join(err, l.log.close(), folder.Remove(JournalName))
	}
	return l, nil
}

// Write appends ex, which stays the caller's and must not change meanwhile. It
// is on disk within a second.
func (l *Live) Write(ex *Exchange) error {
	if err := ex.check(l.opts.Kind); err != nil {
		return err
	}
	buf := l.buffer()
	defer l.recycle(buf)
	*buf = appendExchangeRecord((*buf)[:0], ex)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return errEnded
	}
	if err := l.times.add(ex); err != nil {
		return err
	}
	if err := l.log.append(*buf); err != nil {
		return err
	}
	l.taken++
	return nil
}

// Intend records that the request of the baseline's exchange id is about to be
// sent. After Sync has returned, a crash cannot make a later run send it again
// without knowing.
func (l *Live) Intend(id ID) error {
	if _, err := id.Time(); err != nil {
		return err
	}
	var record [intentRoom]byte // copied by append: no memory is taken for a request
	return l.log.append(appendIntentRecord(record[:0], id, time.Now().UnixNano()))
}

// intentRoom holds a frame's head, a time and an ID.
const intentRoom = 96

// Sync returns when all that was appended before is on disk. Calls that come
// together share one sync of the disk.
func (l *Live) Sync() error { return l.log.sync() }

// Stopped returns why nothing more is taken: the first failure to write, or that
// of Options.Room; nil while all is well.
func (l *Live) Stopped() error { return l.log.stopped() }

// Suspend ends the writing and leaves the journal, for ResumeLive or Recover.
func (l *Live) Suspend() error {
	if l.end() {
		return nil
	}
	return errors.Join(l.log.close(), l.lock.Unlock())
}

// end reports whether the writing had ended already.
func (l *Live) end() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.ended
	l.ended = true
	return was
}

// Close makes parts and manifest.json of the journal and then removes it. Where
// it fails the journal stays, and Recover can be tried once the cause is gone.
// Where the journal had failed, a recording is finished as far as it goes, its
// manifest says how many rows are lost, and Close returns the failure; the
// journal of a run stays, for ResumeLive.
func (l *Live) Close(c Closing) error {
	if l.end() {
		return errEnded
	}
	err := l.log.close()
	switch {
	case err == nil:
		err = l.finish(c)
	case l.opts.Kind == KindRecording:
		err = l.salvage(c, err)
	}
	return errors.Join(err, l.lock.Unlock())
}

func (l *Live) finish(c Closing) error {
	if c.Baseline != "" {
		l.opts.Baseline = c.Baseline
	}
	w := newWriter(l.folder, l.lock, l.opts)
	scan, _, err := pour(l.folder, w, &l.times)
	if err == nil && l.log.failed() != nil {
		c.lost(l.taken, scan.rows, l.log.failed())
	} else if err == nil && scan.torn != nil {
		err = fmt.Errorf("%s: %w: %w", JournalName, ErrDamaged, scan.torn)
	}
	if err == nil {
		err = w.finish(c)
	}
	if err != nil {
		return errors.Join(err, w.parts.drop(), w.sorter.removeSegments())
	}
	return l.folder.Remove(JournalName)
}

// salvage finishes the recording of a journal that failed.
func (l *Live) salvage(c Closing, failed error) error {
	if err := l.finish(c); err != nil {
		return errors.Join(failed, err)
	}
	return fmt.Errorf("%w\nthe recording is finished without what came then", failed)
}

// lost says in the ledger and in words what a failed journal cost, which kept
// some of the rows that it had taken.
func (c *Closing) lost(taken, kept int, why error) {
	a := Account{Name: "journal", Total: int64(taken)}
	a.Add("kept", Fine, int64(kept))
	a.Add("lost", Lost, int64(taken-kept))
	c.Ledger.Accounts = append(slices.Clip(c.Ledger.Accounts), a)
	text := fmt.Sprintf("the journal failed (%s): of %d exchanges that it had taken, %d are lost", plainCause(why), taken, taken-kept)
	c.Notes = append(slices.Clip(c.Notes), text)
	if c.Interrupted == "" {
		c.Interrupted = text
	}
}

// plainCause is what the system said, without the path that it said it of.
func plainCause(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

func (l *Live) buffer() *[]byte {
	if b, ok := l.buffers.Get().(*[]byte); ok {
		return b
	}
	return new([]byte)
}

// recycle keeps a buffer unless one large body made it large.
func (l *Live) recycle(b *[]byte) {
	if cap(*b) <= 1<<20 {
		l.buffers.Put(b)
	}
}
