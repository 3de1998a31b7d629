package recording

import (
	"fmt"
	"io"

	"parallax/internal/store"
)

// segment is a sorted stretch of rows, in memory or in a scratch file of frames.
type segment struct {
	rows []timedRow // in memory

	level int
	name  string
	file  store.File
	buf   []byte
	size  int64
	r     *frameReader
	from  decoder

	first *timedRow // the head, once it was looked at
}

const segmentBuffer = 256 << 10

func (g *segment) append(r timedRow) error {
	start := len(g.buf)
	g.buf = endFrame(appendExchange(beginFrame(g.buf), r.ex), start)
	if len(g.buf) < segmentBuffer {
		return nil
	}
	return g.flush()
}

func (g *segment) flush() error {
	if _, err := g.file.Write(g.buf); err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	g.size += int64(len(g.buf))
	g.buf = g.buf[:0]
	return nil
}

// seal ends the writing. There is no sync: the segment is of no use to another
// process.
func (g *segment) seal() error {
	if err := g.flush(); err != nil {
		return err
	}
	g.buf = nil
	g.r = newFrameReader(g.file, 0, g.size)
	return nil
}

// head returns the next row without taking it, nil at the end.
func (g *segment) head() (*timedRow, error) {
	if g.first != nil {
		return g.first, nil
	}
	if len(g.rows) > 0 {
		g.first, g.rows = &g.rows[0], g.rows[1:]
		return g.first, nil
	}
	if g.r == nil {
		return nil, nil
	}
	payload, err := g.r.next()
	if err == io.EOF {
		return nil, nil
	}
	var ex *Exchange
	if err == nil {
		ex, err = g.from.exchange(payload)
	}
	if err != nil {
		return nil, fmt.Errorf("spilled segment %s: %w", g.name, err)
	}
	row, err := timed(ex)
	g.first = &row
	return g.first, err
}

// pop takes the head that was looked at.
func (g *segment) pop() timedRow {
	row := *g.first
	g.first.ex = nil
	g.first = nil
	return row
}
