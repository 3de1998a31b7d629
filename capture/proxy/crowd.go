package proxy

import (
	"math"
	"time"
)

const (
	// crowdedPause is how often a full proxy looks for a connection that ended or
	// became idle.
	crowdedPause = 10 * time.Millisecond
	// silentWait is how long a client may take to its first byte before it counts
	// as idle.
	silentWait = 5 * time.Second
)

// Crowded returns how many clients came when MaxConnections, or the process's
// file descriptors, were used up: for each an idle connection was closed, or it
// had to wait.
func (p *Proxy) Crowded() int64 {
	p.tally.mu.Lock()
	defer p.tally.mu.Unlock()
	return p.tally.crowded
}

// makeRoom returns when one more connection may be served.
func (p *Proxy) makeRoom() {
	if p.hasRoom() {
		return
	}
	p.tally.mu.Lock()
	p.tally.crowded++
	p.tally.mu.Unlock()
	for !p.hasRoom() {
		p.closeLongestIdle()
		time.Sleep(crowdedPause)
	}
}

func (p *Proxy) hasRoom() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := p.options.MaxConnections
	return limit == 0 || len(p.conns) < limit || p.closing
}

// closeLongestIdle ends the connection on which nothing has happened for
// longest, if there is one without anything in flight.
func (p *Proxy) closeLongestIdle() {
	var longest *conn
	since := int64(math.MaxInt64)
	p.eachConn(func(c *conn) {
		if at, idle := c.idleSince(); idle && at < since {
			longest, since = c, at
		}
	})
	if longest != nil {
		longest.closeIdle()
	}
}

// idleSince returns when the last byte passed, where nothing is in flight. A
// client that has sent nothing yet is given a while.
func (c *conn) idleSince() (at int64, idle bool) {
	c.mu.Lock()
	r, busy := c.recorder, c.busy
	c.mu.Unlock()
	switch {
	case busy:
		return 0, false
	case r == nil:
		return c.accepted, c.now()-c.accepted > int64(silentWait)
	case !r.idle():
		return 0, false
	}
	return r.owed().lastAt, true
}
