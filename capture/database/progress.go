package database

import "sync"

// reporter hands progress on, one call at a time.
type reporter struct {
	mu   sync.Mutex
	to   func(Progress)
	done int
	of   int
}

func (r *reporter) say(p Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Ended {
		r.done++
	}
	if r.to == nil {
		return
	}
	p.Tables, p.Of = r.done, r.of
	r.to(p)
}
