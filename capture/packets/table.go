package packets

// listName names the lists that connections wait in, each from the one silent
// for longest to the one seen last.
type listName uint8

const (
	listEmpty listName = iota // no byte of payload yet
	listLive
	listOver // ended; remembered for what comes late
	lists
)

// links chain a connection into its list.
type links struct {
	before, after *conn
	list          listName
	in            bool
}

// chain is one list.
type chain struct {
	first, last *conn
}

// table holds the open connections.
type table struct {
	conns  map[connKey]*conn
	chains [lists]chain
	recent *conn
}

// find returns the connection with the key. Packets of one connection come in
// bursts, so the last one is looked at first.
func (t *table) find(key *connKey) *conn {
	if t.recent != nil && t.recent.key == *key {
		return t.recent
	}
	c := t.conns[*key]
	if c != nil {
		t.recent = c
	}
	return c
}

func (t *table) add(c *conn) {
	t.conns[c.key] = c
	t.push(c, listEmpty)
	t.recent = c
}

func (t *table) remove(c *conn) {
	t.unlink(c)
	delete(t.conns, c.key)
	if t.recent == c {
		t.recent = nil
	}
}

// touch moves the connection to the end of the list it now belongs to.
func (t *table) touch(c *conn, clock int64, payload bool) {
	c.touched = clock
	list := c.link.list
	if payload && list == listEmpty {
		list = listLive
	}
	if c.done || c.reset {
		list = listOver
	}
	if list == c.link.list && t.chains[list].last == c {
		return
	}
	t.unlink(c)
	t.push(c, list)
}

func (t *table) push(c *conn, list listName) {
	chain := &t.chains[list]
	c.link = links{before: chain.last, list: list, in: true}
	if chain.last != nil {
		chain.last.link.after = c
	} else {
		chain.first = c
	}
	chain.last = c
}

func (t *table) unlink(c *conn) {
	if !c.link.in {
		return
	}
	chain := &t.chains[c.link.list]
	if c.link.before != nil {
		c.link.before.link.after = c.link.after
	} else {
		chain.first = c.link.after
	}
	if c.link.after != nil {
		c.link.after.link.before = c.link.before
	} else {
		chain.last = c.link.before
	}
	c.link = links{}
}

// victim returns the connection to evict: an ended one, one without payload,
// the one silent for longest; current only where there is no other.
func (t *table) victim(current *conn) *conn {
	for list := range t.chains {
		order := [lists]listName{listOver, listEmpty, listLive}
		c := t.chains[order[list]].first
		if c == current {
			c = c.link.after
		}
		if c != nil {
			return c
		}
	}
	if current.link.in {
		return current
	}
	return nil
}

// expire hands the connections of a list that were not seen since the time to
// remove, which takes them out.
func (t *table) expire(list listName, since int64, remove func(*conn)) {
	for c := t.chains[list].first; c != nil && c.touched <= since; c = t.chains[list].first {
		remove(c)
	}
}
