package snapshot

import (
	"fmt"

	"parallax/internal/pagefile"
	"parallax/internal/store"
)

// scan walks a range of a table's rows in batches.
type scan struct {
	parts    *parts
	columns  []int
	at, last int64 // the next row, and the one behind the last
	batch    *Batch
	step     int64
}

// newScan walks all rows and columns of a table.
func newScan(s store.Store, e *TableEntry, codec *pagefile.Codec) *scan {
	p := newParts(s, e, codec)
	return &scan{parts: p, columns: allColumns(len(e.Columns)), last: p.rows(), batch: NewBatch(e.Columns)}
}

func allColumns(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// next returns the next rows, nil at the end; the batch is used again.
func (s *scan) next() (*Batch, error) {
	if s.at >= s.last {
		return nil, nil
	}
	s.batch.Reset()
	if s.step == 0 {
		if err := s.choose(); err != nil {
			return nil, err
		}
	}
	to := min(s.at+s.step, s.last)
	if err := s.parts.read(s.batch, s.columns, s.at, to); err != nil {
		return nil, err
	}
	s.at = to
	return s.batch, nil
}

// The bounds of the rows in a batch of a scan; their mean size decides.
const (
	leastScanRows = 1
	mostScanRows  = 4096
	scanBytes     = 2 << 20
)

func (s *scan) choose() error {
	i := s.parts.partOf(s.at)
	if err := s.parts.open(i); err != nil {
		return err
	}
	var leaves []int
	for _, c := range s.columns {
		leaves = append(leaves, s.parts.layout.fields[c].leaf)
	}
	file := s.parts.file.pages
	mean := file.RawBytes(leaves)/max(file.Rows(), 1) + 1
	s.step = min(max(scanBytes/mean, leastScanRows), mostScanRows)
	return nil
}

func (s *scan) close() error { return s.parts.close() }

// scanned hands out the rows of a scan as records to merge.
type scanned struct {
	rows    *scan
	key     []int
	keys    rowKeys
	batch   *Batch
	row     int
	cells   []cells
	encoded []byte
}

func (s *scanned) next() (r record, ok bool, err error) {
	for s.batch == nil || s.row == s.batch.Rows {
		if s.batch, err = s.rows.next(); err != nil || s.batch == nil {
			return r, false, err
		}
		s.row = 0
		s.keys.of(s.batch, s.key)
		s.cells = newCells(s.batch, nil)
	}
	s.encoded = appendRecord(s.encoded[:0], s.keys.at(s.row), s.row, s.cells)
	s.row++
	if r, _, err = cutRecord(s.encoded); err != nil {
		return r, false, fmt.Errorf("rows written before: %w", err)
	}
	return r, true, nil
}
