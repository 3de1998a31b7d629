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
	return c.row.text(c.leaves[0].bytes())
}

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
		out[i] = c.row.text(l.bytes())
	}
	return out
}

func (c *cell) headers() []Header {
	if c.null {
		return nil
	}
	names, values := c.leaves[0], c.leaves[1]
	out := make([]Header, names.listLength())
	for i := range out {
		if i > 0 && (!names.more() || !values.more()) {
			break
		}
		out[i] = Header{Name: c.row.text(names.bytes()), Value: c.row.text(values.bytes())}
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
