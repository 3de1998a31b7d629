package snapshot

import (
	"errors"
	"fmt"

	"parallax/internal/pagefile"
)

// group is a row group on its way: rows in order, which one goroutine hashes and
// encodes while the next group is filled.
type group struct {
	batch    Batch
	hashes   []uint64
	segments []segment
	bytes    int64
	first    int64 // the table's row at which it begins

	chunks []*pagefile.Chunk
	pages  pageEncoder
	done   chan error
}

// segment is a block, or the part of one that stands in this row group.
type segment struct {
	rows    int
	ends    bool // its last row ends the block
	keys    Sum
	lastKey []byte
	columns []Sum
}

func newGroup(l *layout, codec *pagefile.Codec) *group {
	g := &group{done: make(chan error, 1)}
	columns := make([]Column, len(l.fields))
	for i := range l.fields {
		columns[i] = *l.fields[i].column
	}
	g.batch = *NewBatch(columns)
	for i := range l.leaves {
		g.chunks = append(g.chunks, pagefile.NewChunk(&l.leaves[i], codec))
	}
	return g
}

// keptGroupBytes bounds what a group keeps of its memory for the next one.
const keptGroupBytes = 64 << 20

func (g *group) reset() {
	if g.bytes > keptGroupBytes {
		for i := range g.batch.Columns {
			g.batch.Columns[i] = Vector{Class: g.batch.Columns[i].Class}
		}
	}
	g.batch.Reset()
	g.hashes, g.segments, g.bytes = g.hashes[:0], g.segments[:0], 0
}

// add copies the rows from up to, without to, to the segment at hand.
func (g *group) add(b *Batch, hashes []uint64, from, to int) {
	if from == to {
		return
	}
	for i := range b.Columns {
		g.batch.Columns[i].appendRange(&b.Columns[i], from, to)
	}
	g.bytes += rowsWeight(b, from, to)
	g.hashes = append(g.hashes, hashes[from:to]...)
	g.batch.Rows += to - from
	if n := len(g.segments); n == 0 || g.segments[n-1].ends {
		g.segments = append(g.segments, segment{})
	}
	g.segments[len(g.segments)-1].rows += to - from
}

// cellBytes is what a cell weighs beside its bytes.
const cellBytes = 4

// rowsWeight is what the rows from up to, without to, weigh.
func rowsWeight(b *Batch, from, to int) (n int64) {
	for i := range b.Columns {
		n += int64(pageWeight(&b.Columns[i], from, to))
	}
	return n
}

// encode hashes the cells and makes the pages.
func (g *group) encode(l *layout, pageBytes int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("encoding a row group failed: %v", p)
		}
	}()
	for i := range g.segments {
		g.segments[i].columns = make([]Sum, len(l.fields))
	}
	for i := range l.fields {
		g.sums(i)
		if err := g.column(&l.fields[i], i, pageBytes); err != nil {
			return g.place(&l.fields[i], err)
		}
	}
	return nil
}

func (g *group) place(f *field, err error) error {
	var m misfit
	if errors.As(err, &m) {
		return fmt.Errorf("column %q: row %d in the order of keys: %w", f.column.Name, g.first+int64(m.row), err)
	}
	return fmt.Errorf("column %q: rows %d to %d in the order of keys: %w", f.column.Name, g.first, g.first+int64(g.batch.Rows)-1, err)
}

func (g *group) sums(column int) {
	row := 0
	for i := range g.segments {
		s := &g.segments[i]
		s.columns[column] = columnSum(&g.batch.Columns[column], g.hashes, row, row+s.rows)
		row += s.rows
	}
}

// column cuts a column into pages, which end at blocks' borders.
func (g *group) column(f *field, i, pageBytes int) error {
	v := &g.batch.Columns[i]
	from, to := 0, 0
	for k := range g.segments {
		to += g.segments[k].rows
		if from == to || pageWeight(v, from, to) < pageBytes && k < len(g.segments)-1 {
			continue
		}
		if err := g.stretch(f, v, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// pageWeight is about what a page holds before compression.
func pageWeight(v *Vector, from, to int) int {
	return int(v.Ends[to-1]-startOf(v, from)) + cellBytes*(to-from)
}

// mostPageBytes cuts pages within a block whose rows are that large.
const mostPageBytes = 64 << 20

func (g *group) stretch(f *field, v *Vector, from, to int) error {
	var other *pagefile.Chunk
	if f.other >= 0 {
		other = g.chunks[f.other]
	}
	for from < to {
		end := to
		for end-from > 1 && pageWeight(v, from, end) > mostPageBytes {
			end = from + (end-from)/2
		}
		if err := g.pages.add(f, v, from, end, g.chunks[f.leaf], other); err != nil {
			return err
		}
		from = end
	}
	return nil
}
