package recording

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// Most columns say the same for row after row: nothing, or one method, version
// or list of headers. Cells of such columns are parked: they are read once, into
// a template that every row begins as a copy of, until the first of them comes
// to its page's end. Only the others are read row by row. A test holds what is
// read so equal to what is read with no cell parked.

// part of an exchange that a column belongs to; the columns of a part have no
// value where it is missing.
type partOf uint8

const (
	ofExchange partOf = iota
	ofRequest
	ofResponse
	ofOutcome
)

func columnPart(name string) partOf {
	switch {
	case strings.HasPrefix(name, "request_"):
		return ofRequest
	case strings.HasPrefix(name, "response_"):
		return ofResponse
	case strings.HasPrefix(name, "outcome_"):
		return ofOutcome
	}
	return ofExchange
}

// tellsPart reports whether the column has a value exactly where its part is
// there; it stands before the part's others.
func tellsPart(name string) bool {
	return name == "request_method" || name == "response_status" || name == "outcome_end"
}

// mayPark reports whether rows may share what is read of the column: nothing
// that has memory of its own, but header lists, which begin copies. The part
// that an outcome's column makes has.
func mayPark(c *column) bool {
	switch c.kind {
	case bytesColumn, textsColumn:
		return false
	}
	return columnPart(c.name) != ofOutcome && c.name != "response_interim"
}

// settle decides what is read once for how many rows.
func (r *rowReader) settle() error {
	r.unpark()
	*r.template = exchangeMemory{}
	row := r.memory.cur
	r.memory.cur = r.template
	defer func() { r.memory.cur = row }()
	r.active, r.certain = r.active[:0], [4]bool{ofExchange: true}
	rows := r.left
	for i := range r.cells {
		n, err := r.settleCell(i)
		if err != nil {
			return r.fault(i, err)
		}
		rows = min(rows, n)
	}
	r.steady, r.settled = rows, rows
	return nil
}

func (r *rowReader) fault(i int, err error) error {
	return fmt.Errorf("%s: field %q: %w", r.place, r.cols[i].name, err)
}

// settleCell parks a cell where it may be, and returns for how many rows that,
// or what was taken from it, holds.
func (r *rowReader) settleCell(i int) (int64, error) {
	c := &r.cells[i]
	c.parked = false
	for _, l := range c.leaves {
		if err := l.ready(); err != nil {
			return 0, err
		}
	}
	n := r.takePart(c)
	if r.memory.plain || !r.parkable(c) {
		r.active = append(r.active, i)
		return n, nil
	}
	c.parked = true
	return min(n, int64(c.leaves[0].steadyRows())), r.readOnce(i)
}

// takePart learns from the first column of a part whether the rows to come have
// it, and returns how many of them that is known of.
func (r *rowReader) takePart(c *cell) int64 {
	l := c.leaves[0]
	if !c.first || !l.empty && l.present != l.slots {
		return r.left
	}
	r.certain[c.part] = true
	switch {
	case l.empty:
	case c.part == ofRequest:
		r.template.exchange.Request = &r.template.request
	case c.part == ofResponse:
		r.template.exchange.Response = &r.template.response
	}
	return int64(l.slots - l.slot)
}

func (r *rowReader) parkable(c *cell) bool {
	n := c.leaves[0].steadyRows()
	for _, l := range c.leaves {
		if n == 0 || l.steadyRows() != n || l.empty != c.leaves[0].empty {
			return false
		}
	}
	if c.leaves[0].empty && !c.needed {
		return true
	}
	return c.shared && r.certain[c.part]
}

// readOnce reads a parked cell's value into the template.
func (r *rowReader) readOnce(i int) error {
	c := &r.cells[i]
	if err := c.next(); err != nil || c.null && !c.needed {
		return err
	}
	if err := r.cols[i].read(&r.template.exchange, c); err != nil {
		return err
	}
	c.skip()
	return nil
}

// unpark moves the parked cells over the rows that were read without them.
func (r *rowReader) unpark() {
	passed := int(r.settled-r.steady) - 1 // readOnce moved by one
	for i := range r.cells {
		c := &r.cells[i]
		if !c.parked || passed <= 0 {
			continue
		}
		for _, l := range c.leaves {
			l.passRows(passed)
		}
	}
}

// ready loads a page where the one before is used up.
func (l *leafReader) ready() error {
	if l.slot < l.slots {
		return nil
	}
	return l.load()
}

// steadyRows is the number of rows left in a page all of whose rows are the same
// in this leaf, 0 where they are not.
func (l *leafReader) steadyRows() int {
	if !l.judged {
		l.judged, l.perRow = true, l.judge()
	}
	if l.perRow == 0 || l.repeated && l.rep[l.slot] != 0 {
		return 0
	}
	return (l.slots - l.slot) / l.perRow
}

// passRows steps over rows of a steady page.
func (l *leafReader) passRows(n int) {
	l.slot += n * l.perRow
	if !l.empty {
		l.value += n * l.perRow
	}
}

// judge returns how many values each row of the page has where all rows are the
// same, else 0.
func (l *leafReader) judge() int {
	n := 1
	switch {
	case l.empty:
		return 1
	case l.present != l.slots:
		return 0
	case l.repeated:
		for n < l.slots && l.rep[n] != 0 {
			n++
		}
		if l.rep[0] != 0 || l.slots%n != 0 || !bytes.Equal(l.rep[n:l.slots], l.rep[:l.slots-n]) {
			return 0
		}
	}
	if !l.repeatEvery(n) {
		return 0
	}
	return n
}

// repeatEvery reports whether each value is that which stands n before it.
func (l *leafReader) repeatEvery(n int) bool {
	switch l.page.Type().Kind() {
	case parquet.Int64:
		return n == 1 && allEqual(l.ints)
	case parquet.Boolean:
		return n == 1 && allEqual(l.bools)
	case parquet.FixedLenByteArray:
		return bytes.Equal(l.data[n*l.width:], l.data[:len(l.data)-n*l.width])
	}
	from, to, period := l.offsets[0], l.offsets[l.slots], l.offsets[n]-l.offsets[0]
	if !bytes.Equal(l.data[from+period:to], l.data[from:to-period]) {
		return false
	}
	for i := range l.slots - n + 1 {
		if l.offsets[i+n]-l.offsets[i] != period {
			return false
		}
	}
	return true
}

func allEqual[T comparable](list []T) bool {
	for _, v := range list {
		if v != list[0] {
			return false
		}
	}
	return true
}
