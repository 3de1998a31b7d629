package recording

import (
	"fmt"
	"strings"
)

// cell is one column's value in the current row.
type cell struct {
	null   bool
	kind   columnKind
	leaves []*leafReader
	row    *rowMemory
	// absent is the number of rows to come that have no value, by their page.
	absent int
	// needed: a value that is absent has to be looked at too.
	needed bool
	// texts seen last: those of neighbours are often equal, and then shared.
	last [2][]string
	// list is the last row's header list, for this cell alone.
	list []Header
}

// nextRow moves to the next row and reports whether there is something to read.
func (c *cell) nextRow() (bool, error) {
	if c.absent > 0 {
		c.absent--
		return c.needed, nil
	}
	if err := c.next(); err != nil || !c.null {
		return true, err
	}
	c.skipAbsent()
	return c.needed, nil
}

// skipAbsent steps over the rest of pages without a value.
func (c *cell) skipAbsent() {
	n := c.leaves[0].emptyRows()
	for _, l := range c.leaves {
		if l.emptyRows() != n {
			return
		}
	}
	for _, l := range c.leaves {
		l.slot += n
	}
	c.absent = n
}

// next moves to the next row.
func (c *cell) next() error {
	present, err := c.leaves[0].next()
	c.null = !present
	if err != nil || len(c.leaves) == 1 {
		return err
	}
	if second, err := c.leaves[1].next(); err != nil || second != present {
		return orDamaged(err, "name and value are not paired")
	}
	return nil
}

func (c *cell) text() string {
	if c.null {
		return ""
	}
	return c.sharedText(0, 0)
}

// sharedText is the i-th text of a row in a leaf, in the memory of the row
// before where it is the same.
func (c *cell) sharedText(leaf, i int) string {
	b, last := c.leaves[leaf].bytes(), &c.last[leaf]
	if i < len(*last) {
		if (*last)[i] != string(b) {
			(*last)[i] = c.row.text(b)
		}
		return (*last)[i]
	}
	v := c.row.text(b)
	if i < sharedTexts {
		*last = append(*last, v)
	}
	return v
}

// sharedTexts bounds what a cell remembers of a list.
const sharedTexts = 64

func (c *cell) bytes() []byte {
	if c.null {
		return nil
	}
	return c.leaves[0].bytes()
}

// body returns the bytes as they may be handed out.
func (c *cell) body() []byte {
	b := c.bytes()
	if b == nil || c.row.reuse {
		return b
	}
	return append(make([]byte, 0, len(b)), b...)
}

func (c *cell) int() int64 {
	if c.null {
		return 0
	}
	return c.leaves[0].ints[c.leaves[0].value-1]
}

func (c *cell) bool() bool { return !c.null && c.leaves[0].bools[c.leaves[0].value-1] }

// listLength counts the elements of the current row, of which the first is
// current.
func (l *leafReader) listLength() int {
	n := 1
	for i := l.slot; i < l.slots && l.rep[i] != 0; i++ {
		n++
	}
	return n
}

func (c *cell) texts() []string {
	if c.null {
		return nil
	}
	l := c.leaves[0]
	out := make([]string, l.listLength())
	for i := range out {
		if i > 0 && !l.more() {
			break
		}
		out[i] = c.sharedText(0, i)
	}
	return out
}

// skip moves a list to its row's end where read did not.
func (c *cell) skip() {
	if c.kind != textsColumn && c.kind != headersColumn {
		return
	}
	for _, l := range c.leaves {
		for l.more() {
		}
	}
}

func (c *cell) newRequest() *Request   { return &c.row.cur.request }
func (c *cell) newResponse() *Response { return &c.row.cur.response }

// rowMemory makes the memory of exchanges: structs in one piece, texts in slabs
// that neighbouring rows share.
type rowMemory struct {
	reuse bool
	cur   *exchangeMemory
	slab  *strings.Builder
	lists []Header // what is left of a slab of them
}

type exchangeMemory struct {
	exchange Exchange
	request  Request
	response Response
}

// slabBytes bounds what a kept exchange keeps of its neighbours.
const slabBytes = 8 << 10

func (m *rowMemory) begin() *Exchange {
	if m.reuse && m.cur != nil {
		*m.cur = exchangeMemory{}
	} else {
		m.cur = new(exchangeMemory)
	}
	return &m.cur.exchange
}

func (m *rowMemory) text(b []byte) string {
	if len(b) > slabBytes/4 {
		return string(b)
	}
	if m.slab == nil || m.slab.Cap()-m.slab.Len() < len(b) {
		m.slab = new(strings.Builder)
		m.slab.Grow(slabBytes)
	}
	start := m.slab.Len()
	m.slab.Write(b)
	return m.slab.String()[start:]
}

func orDamaged(err error, what string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", what, ErrDamaged)
}
