package shards

import (
	"container/heap"
	"errors"
	"fmt"
	"iter"
	"path/filepath"

	"parallax/capture/recording"
)

// Exchanges yields the rows of all shards by the id that they replay, as
// recording.Reader.Exchanges would of one run. An exchange that two shards hold
// is an error that wraps ErrTwice and names both.
func (r *Reader) Exchanges(f recording.Filter) iter.Seq2[*recording.Exchange, error] {
	return func(yield func(*recording.Exchange, error) bool) {
		m := merge{reader: r}
		defer m.stop()
		if err := m.run(f, yield); err != nil {
			yield(nil, err)
		}
	}
}

// lane is one shard being read.
type lane struct {
	index int // of the shard, from 0
	next  func() (*recording.Exchange, error, bool)
	stop  func()
	ex    *recording.Exchange
}

// key is what rows are merged by.
func (l *lane) key() recording.ID { return l.ex.Origin() }

// merge is a heap of lanes, the one with the least key first.
type merge struct {
	reader *Reader
	lanes  []*lane // all
	order  []*lane // those with a row
	last   recording.ID
	from   int // the shard of last
	any    bool
}

func (m *merge) Len() int      { return len(m.order) }
func (m *merge) Swap(i, j int) { m.order[i], m.order[j] = m.order[j], m.order[i] }
func (m *merge) Push(l any)    { m.order = append(m.order, l.(*lane)) }
func (m *merge) Pop() any {
	l := m.order[len(m.order)-1]
	m.order = m.order[:len(m.order)-1]
	return l
}

// Less breaks ties by the shard, so that the order is the same every time.
func (m *merge) Less(i, j int) bool {
	a, b := m.order[i], m.order[j]
	if x, y := a.key(), b.key(); x != y {
		return x < y
	}
	return a.index < b.index
}

func (m *merge) stop() {
	for _, l := range m.lanes {
		l.stop()
	}
}

// run leaves a row to its consumer before the next of the same shard is read: a
// reader may reuse what it yields.
func (m *merge) run(f recording.Filter, yield func(*recording.Exchange, error) bool) error {
	for i, shard := range m.reader.shards {
		l := &lane{index: i}
		l.next, l.stop = iter.Pull2(shard.Exchanges(f))
		m.lanes = append(m.lanes, l)
		more, err := m.advance(l)
		if err != nil {
			return err
		}
		if more {
			heap.Push(m, l)
		}
	}
	for len(m.order) > 0 {
		l := m.order[0]
		if err := m.once(l); err != nil {
			return err
		}
		if !yield(l.ex, nil) {
			return nil
		}
		more, err := m.advance(l)
		switch {
		case err != nil:
			return err
		case more:
			heap.Fix(m, 0)
		default:
			heap.Pop(m)
		}
	}
	return nil
}

func (m *merge) advance(l *lane) (bool, error) {
	ex, err, ok := l.next()
	if err != nil {
		return false, fmt.Errorf("%s: %w", m.reader.names[l.index], err)
	}
	l.ex = ex
	return ok, nil
}

func (m *merge) once(l *lane) error {
	key := l.key()
	if m.any && key == m.last {
		return fmt.Errorf("%w: %s is in %s and in %s", ErrTwice, key, m.reader.names[m.from], m.reader.names[l.index])
	}
	m.last, m.from, m.any = key, l.index, true
	return nil
}

// Get returns the exchange called id, as recording.Reader.Get does.
func (r *Reader) Get(id recording.ID) (*recording.Exchange, error) {
	// Few shards have it. One that has not is told quickly by what is replayed, and
	// by own IDs only by reading them all.
	for _, get := range []func(*recording.Reader, recording.ID) (*recording.Exchange, error){
		(*recording.Reader).Find, (*recording.Reader).Get,
	} {
		for _, shard := range r.shards {
			ex, err := get(shard, id)
			if !errors.Is(err, recording.ErrNotFound) {
				return ex, err
			}
		}
	}
	return nil, fmt.Errorf("exchange %s: %w", id, recording.ErrNotFound)
}

// Verify reads every byte of every shard, and all rows in their common order.
func Verify(dir string) error {
	names, err := Folders(dir)
	if err != nil {
		return err
	}
	var found []error
	for _, name := range names {
		if err := recording.Verify(filepath.Join(dir, name)); err != nil {
			found = append(found, fmt.Errorf("%s: %w", name, err))
		}
	}
	r, err := Open(dir, recording.OpenOptions{ReuseBuffers: true})
	if err != nil {
		return errors.Join(append(found, err)...)
	}
	defer r.Close()
	if len(found) > 0 {
		return errors.Join(found...)
	}
	for _, err := range r.Exchanges(recording.Filter{NoBodies: true}) {
		if err != nil {
			return err
		}
	}
	return nil
}
