package snapshot

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"sort"

	"parallax/internal/store"
)

// sorter puts rows in the order of their keys, and rows of one key in the order of
// their encoded cells: within its bound in memory, beyond it by sorted runs on the
// disk that are merged at the end.
type sorter struct {
	folder *store.Folder
	name   string // of the runs, followed by their number
	table  *Table
	key    []int
	bound  int64

	arena []byte // records back to back
	rows  []record
	runs  []store.File
}

// record is a row in the arena: key, then cells.
type record struct{ from, cells, to int }

func newSorter(f *store.Folder, name string, t *Table, key []int, bound int64) *sorter {
	return &sorter{folder: f, name: name, table: t, key: key, bound: bound}
}

func (s *sorter) add(b *Batch) error {
	for row := range b.Rows {
		from := len(s.arena)
		s.arena = b.AppendRowKey(s.arena, s.key, row)
		cells := len(s.arena)
		s.arena = appendRow(s.arena, b, row)
		s.rows = append(s.rows, record{from, cells, len(s.arena)})
		if int64(len(s.arena))+int64(len(s.rows))*24 >= s.bound {
			if err := s.spill(); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendRow encodes a row: for each column the class, the length, the bytes.
func appendRow(dst []byte, b *Batch, row int) []byte {
	for i := range b.Columns {
		class, c := b.Columns[i].Cell(row)
		dst = binary.AppendUvarint(append(dst, byte(class)), uint64(len(c)))
		dst = append(dst, c...)
	}
	return dst
}

// restoreRow is the inverse of appendRow.
func restoreRow(b *Batch, encoded []byte) error {
	for i := range b.Columns {
		if len(encoded) < 2 {
			return errRun
		}
		class := Class(encoded[0])
		n, k := binary.Uvarint(encoded[1:])
		if k <= 0 || uint64(len(encoded)-1-k) < n {
			return errRun
		}
		encoded = encoded[1+k:]
		b.Columns[i].Append(class, encoded[:n])
		encoded = encoded[n:]
	}
	b.Rows++
	return nil
}

var errRun = errors.New("a spilled row is not what was written")

func (s *sorter) sort() {
	sort.Slice(s.rows, func(i, j int) bool {
		a, b := s.rows[i], s.rows[j]
		if c := bytes.Compare(s.arena[a.from:a.cells], s.arena[b.from:b.cells]); c != 0 {
			return c < 0
		}
		return bytes.Compare(s.arena[a.cells:a.to], s.arena[b.cells:b.to]) < 0
	})
}

// spill writes what is in memory as a sorted run.
func (s *sorter) spill() error {
	s.sort()
	f, err := s.folder.Scratch(fmt.Sprintf("%s-%05d", s.name, len(s.runs)))
	if err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	s.runs = append(s.runs, f)
	w := bufio.NewWriterSize(f, 256<<10)
	var head [12]byte
	for _, r := range s.rows {
		binary.LittleEndian.PutUint32(head[0:], uint32(r.cells-r.from))
		binary.LittleEndian.PutUint32(head[4:], uint32(r.to-r.cells))
		binary.LittleEndian.PutUint32(head[8:], crc32.ChecksumIEEE(s.arena[r.from:r.to]))
		if _, err := w.Write(head[:]); err != nil {
			return fmt.Errorf("spill: %w", err)
		}
		if _, err := w.Write(s.arena[r.from:r.to]); err != nil {
			return fmt.Errorf("spill: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	s.arena, s.rows = s.arena[:0], s.rows[:0]
	return nil
}

// sorted hands all rows on, in order, in batches.
func (s *sorter) sorted(f func(*Batch) error) error {
	out := &batcher{batch: NewBatch(s.table.Columns), f: f}
	if len(s.runs) == 0 {
		s.sort()
		for _, r := range s.rows {
			if err := out.add(s.arena[r.cells:r.to]); err != nil {
				return err
			}
		}
		return out.flush()
	}
	if len(s.rows) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.arena, s.rows = nil, nil
	return s.merge(out)
}

// batcher gathers rows into batches.
type batcher struct {
	batch *Batch
	f     func(*Batch) error
}

func (b *batcher) add(row []byte) error {
	if err := restoreRow(b.batch, row); err != nil {
		return err
	}
	if b.batch.Rows < batchRows && b.batch.Bytes() < 4<<20 {
		return nil
	}
	return b.flush()
}

func (b *batcher) flush() error {
	if b.batch.Rows == 0 {
		return nil
	}
	err := b.f(b.batch)
	b.batch.Reset()
	return err
}

func (s *sorter) merge(out *batcher) error {
	h := &runHeap{}
	for _, f := range s.runs {
		r := &runReader{in: bufio.NewReaderSize(io.NewSectionReader(f, 0, math.MaxInt64), 64<<10)}
		more, err := r.next()
		if err != nil {
			return err
		}
		if more {
			*h = append(*h, r)
		}
	}
	heap.Init(h)
	for h.Len() > 0 {
		r := (*h)[0]
		if err := out.add(r.row); err != nil {
			return err
		}
		more, err := r.next()
		switch {
		case err != nil:
			return err
		case more:
			heap.Fix(h, 0)
		default:
			heap.Pop(h)
		}
	}
	return out.flush()
}

// runReader reads a sorted run.
type runReader struct {
	in       *bufio.Reader
	buffer   []byte
	key, row []byte
}

func (r *runReader) next() (bool, error) {
	var head [12]byte
	if _, err := io.ReadFull(r.in, head[:]); errors.Is(err, io.EOF) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("read a spilled run: %w", err)
	}
	key, row := int(binary.LittleEndian.Uint32(head[0:])), int(binary.LittleEndian.Uint32(head[4:]))
	if cap(r.buffer) < key+row {
		r.buffer = make([]byte, key+row)
	}
	r.buffer = r.buffer[:key+row]
	if _, err := io.ReadFull(r.in, r.buffer); err != nil {
		return false, fmt.Errorf("read a spilled run: %w", err)
	}
	if crc32.ChecksumIEEE(r.buffer) != binary.LittleEndian.Uint32(head[8:]) {
		return false, errRun
	}
	r.key, r.row = r.buffer[:key], r.buffer[key:]
	return true, nil
}

// runHeap has the run with the least row on top.
type runHeap []*runReader

func (h runHeap) Len() int { return len(h) }
func (h runHeap) Less(i, j int) bool {
	if c := bytes.Compare(h[i].key, h[j].key); c != 0 {
		return c < 0
	}
	return bytes.Compare(h[i].row, h[j].row) < 0
}
func (h runHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(x any)   { *h = append(*h, x.(*runReader)) }
func (h *runHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// close removes the runs.
func (s *sorter) close() error {
	var err error
	for i, f := range s.runs {
		err = errors.Join(err, f.Close(), s.folder.RemoveScratch(fmt.Sprintf("%s-%05d", s.name, i)))
	}
	s.runs, s.arena, s.rows = nil, nil, nil
	return err
}
