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
	// part is what the column belongs to; first: it says whether that is there.
	part  partOf
	first bool
	// parked: the value is in the template, see steady.go; shared: it may be.
	parked, shared bool
	// needed: a value that is absent has to be looked at too.
	needed bool
	// texts seen last: those of neighbours are often equal, and then shared.
	last [2][]string
	// list is the last row's header list, for this cell alone.
	list []Header
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
	share bool // rows may have one header list
	plain bool // every cell is read for every row: the twin that tests compare with
	cur   *exchangeMemory
	slab  *strings.Builder
	lists []Header         // what is left of a slab of them
	rows  []exchangeMemory // likewise
}

type exchangeMemory struct {
	exchange Exchange
	request  Request
	response Response
}

// slabBytes bounds what a kept exchange keeps of its neighbours.
const slabBytes = 8 << 10

// begin makes the next row, as a copy of from whose header lists are its own.
func (m *rowMemory) begin(from *exchangeMemory) *Exchange {
	if m.cur = m.next(); from.exchange.Request != nil {
		m.cur.request = from.request
		m.own(&m.cur.request.Headers)
		m.own(&m.cur.request.Trailers)
	}
	if from.exchange.Response != nil {
		m.cur.response = from.response
		m.own(&m.cur.response.Headers)
		m.own(&m.cur.response.Trailers)
	}
	ex := &m.cur.exchange
	if *ex = from.exchange; ex.Request != nil {
		ex.Request = &m.cur.request
	}
	if ex.Response != nil {
		ex.Response = &m.cur.response
	}
	return ex
}

// next returns memory for a row.
func (m *rowMemory) next() *exchangeMemory {
	if m.reuse && m.cur != nil {
		*m.cur = exchangeMemory{}
		return m.cur
	}
	if len(m.rows) == 0 {
		m.rows = make([]exchangeMemory, slabRows)
	}
	row := &m.rows[0]
	m.rows = m.rows[1:]
	return row
}

// slabRows is slabBytes of rows.
const slabRows = 8

// own gives a row a list of its own.
func (m *rowMemory) own(list *[]Header) {
	if n := len(*list); n > 0 && !m.share {
		mine := m.headers(n)
		copy(mine, *list)
		*list = mine
	}
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
