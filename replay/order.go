package replay

import (
	"errors"
	"math"
	"slices"

	"parallax/replay/entity"
)

// line is the requests under way that name one entity, as the recording orders
// them.
type line struct {
	open []standing
	most int64 // the greatest end of all that ever stood in it
}

// standing is a job in a line. Most is the greatest end up to it.
type standing struct {
	job  *job
	most int64
}

// named are the entities of one job.
type named struct {
	keys []entity.Key
	more int // that were too many
}

// checkOrder refuses an order that several processes would have to hold.
func (o *Options) checkOrder() error {
	if o.Order != nil && !o.Shard.whole() {
		return errors.New("order cannot be held over shards, which know nothing of each other: leave it out, or make requests of one entity one session by a key (sessions)")
	}
	return nil
}

// name finds the entities that j is about. It needs no lock.
func (e *engine) name(j *job) {
	if e.o.Order == nil {
		return
	}
	if keys, more := e.o.Order.Of(j.ex.Request); len(keys) > 0 {
		j.named = &named{keys, more}
	}
}

// followEntities makes j wait for the requests under way of whatever session that
// name an entity of it and had ended when it began.
func (e *engine) followEntities(j *job) {
	s := &e.state
	s.result.Order.Unordered += int64(j.named.more)
	s.result.Order.Named++
	behind := false
	for _, k := range j.named.keys {
		l := s.lines[k]
		if l == nil {
			if s.lines == nil {
				s.lines = make(map[entity.Key]*line)
			}
			l = &line{}
			s.lines[k] = l
		}
		behind = l.follow(j) || behind
		l.most = max(l.most, j.lastAt)
		l.open = append(l.open, standing{j, l.most})
	}
	if behind {
		s.result.Order.Waits++
	}
}

// follow names only those to wait for that others do not imply, as followSession
// does. It reports whether one is of another session.
func (l *line) follow(j *job) (behind bool) {
	implied := int64(math.MinInt64)
	for i := len(l.open) - 1; i >= 0; i-- {
		before := l.open[i]
		if before.most <= implied {
			break
		}
		if b := before.job; b.lastAt <= j.firstAt && b.lastAt > implied {
			j.after(b)
			behind = behind || b.session != j.session
			implied = max(implied, b.firstAt)
		}
	}
	return behind
}

// leaveLines takes an ended job out; a line is known as long as one stands in it.
func (e *engine) leaveLines(j *job) {
	for _, k := range j.named.keys {
		l := e.state.lines[k]
		if i := slices.IndexFunc(l.open, func(s standing) bool { return s.job == j }); i >= 0 {
			l.open = slices.Delete(l.open, i, i+1)
		}
		if len(l.open) == 0 {
			delete(e.state.lines, k)
		}
	}
}

// OrderResult is what the order of entities came to.
type OrderResult struct {
	// Named requests name an entity; Waits of them stood behind a request of
	// another session for it when they were read.
	Named int64 `json:"named"`
	Waits int64 `json:"waits"`
	// Unordered entities were more than entity.MaxNamed of one request.
	Unordered int64 `json:"unordered"`
}
