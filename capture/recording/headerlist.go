package recording

import "bytes"

// headers reads the row's list. Most rows have the list of the row before: then
// its texts are shared, and found to be the same by one comparison of bytes.
func (c *cell) headers() []Header {
	if c.null {
		return nil
	}
	names, values := c.leaves[0], c.leaves[1]
	n := names.listLength()
	if n == len(c.list) && names.repeats(n) && values.repeats(n) {
		names.pass(n)
		values.pass(n)
		out := c.row.headers(n)
		copy(out, c.list)
		return out
	}
	return c.newHeaders(n)
}

// repeats reports whether the row has n elements, which are those that stand
// before it in the page.
func (l *leafReader) repeats(n int) bool {
	i := l.value - 1
	if i < n || i+n >= len(l.offsets) || l.slot+n-1 > l.slots {
		return false
	}
	for k := l.slot; k < l.slot+n-1; k++ {
		if l.rep[k] == 0 || l.def[k] == 0 {
			return false
		}
	}
	now, before := l.offsets[i:i+n+1], l.offsets[i-n:i+1]
	for k := range n {
		if now[k+1]-now[0] != before[k+1]-before[0] {
			return false
		}
	}
	return bytes.Equal(l.data[now[0]:now[n]], l.data[before[0]:before[n]])
}

// pass steps over the rest of a list of n elements.
func (l *leafReader) pass(n int) {
	l.slot += n - 1
	l.value += n - 1
}

// newHeaders reads a list element by element.
func (c *cell) newHeaders(n int) []Header {
	names, values := c.leaves[0], c.leaves[1]
	out := c.row.headers(n)
	for i := range out {
		if i > 0 && (!names.more() || !values.more()) {
			break
		}
		out[i] = Header{Name: c.sharedText(0, i), Value: c.sharedText(1, i)}
	}
	c.list = append(c.list[:0], out...)
	return out
}

// headers makes a list, which is its row's alone.
func (m *rowMemory) headers(n int) []Header {
	if n > len(m.lists) {
		m.lists = make([]Header, max(n, slabHeaders))
	}
	out := m.lists[:n:n]
	m.lists = m.lists[n:]
	return out
}

// slabHeaders is slabBytes of headers.
const slabHeaders = slabBytes / 32
