package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// leafReader walks the values of one leaf of a row group, page by page, without
// making a value of each.
type leafReader struct {
	path     string
	repeated bool
	pages    parquet.Pages
	page     parquet.Page

	rep, def    []byte
	slot, slots int
	value       int // the next value that is not null
	empty       bool
	present     int // values in the page
	judged      bool
	perRow      int // see judge; it holds where judged

	data    []byte // byte arrays and fixed ones
	offsets []uint32
	width   int
	ints    []int64
	bools   []bool
	boxes   []parquet.Value // in which the library hands out bools
}

// next makes the next slot current and reports whether it holds a value; its
// index among the page's values is l.value-1.
func (l *leafReader) next() (bool, error) {
	if l.slot == l.slots {
		if err := l.load(); err != nil {
			return false, err
		}
	}
	if l.repeated && l.rep[l.slot] != 0 {
		return false, fmt.Errorf("a row begins in the middle of a list")
	}
	return l.step(), nil
}

// more does the same within a list and reports whether the row has another
// element.
func (l *leafReader) more() bool {
	return l.slot < l.slots && l.rep[l.slot] != 0 && l.step()
}

func (l *leafReader) step() bool {
	present := l.def[l.slot] != 0
	l.slot++
	if present {
		l.value++
	}
	return present
}

func (l *leafReader) bytes() []byte {
	i := l.value - 1
	if l.width > 0 {
		return l.data[i*l.width : (i+1)*l.width]
	}
	return l.data[l.offsets[i]:l.offsets[i+1]]
}

// load reads the next page that has rows.
func (l *leafReader) load() error {
	for {
		l.release()
		page, err := l.pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("fewer values than rows: %w", ErrDamaged)
		}
		if err != nil {
			return err
		}
		l.page = page
		if page.NumValues() > 0 {
			return l.open(page)
		}
	}
}

func (l *leafReader) open(page parquet.Page) error {
	if page.Dictionary() != nil {
		return fmt.Errorf("dictionary pages are not part of the format: %w", ErrDamaged)
	}
	l.slot, l.value, l.slots = 0, 0, int(page.NumValues())
	l.judged = false
	l.rep, l.def = page.RepetitionLevels(), page.DefinitionLevels()
	if len(l.def) != l.slots || l.repeated && len(l.rep) != l.slots {
		return fmt.Errorf("%d values with %d and %d levels: %w", l.slots, len(l.rep), len(l.def), ErrDamaged)
	}
	present := bytes.Count(l.def, []byte{1})
	l.present = present
	l.empty = present == 0 && (!l.repeated || bytes.Count(l.rep, []byte{0}) == l.slots)
	got, err := l.values(page, present)
	if err == nil && got != present {
		err = fmt.Errorf("%d values where the levels say %d: %w", got, present, ErrDamaged)
	}
	return err
}

// values takes the page's values and returns their number.
func (l *leafReader) values(page parquet.Page, present int) (int, error) {
	data := page.Data()
	switch kind := page.Type().Kind(); kind {
	case parquet.ByteArray:
		l.data, l.offsets = data.ByteArray()
		l.width = 0
		return max(len(l.offsets)-1, 0), nil
	case parquet.FixedLenByteArray:
		l.data, l.width = data.FixedLenByteArray()
		return len(l.data) / max(l.width, 1), nil
	case parquet.Int64:
		l.ints = data.Int64()
		return len(l.ints), nil
	case parquet.Boolean:
		return l.readBools(page)
	default:
		return 0, fmt.Errorf("values of type %s are not part of the format", kind)
	}
}

// readBools goes through values, since a page of bits may begin within a byte.
func (l *leafReader) readBools(page parquet.Page) (int, error) {
	l.boxes = slices.Grow(l.boxes[:0], l.slots)
	values := l.boxes[:l.slots]
	n, err := page.Values().ReadValues(values)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	l.bools = l.bools[:0]
	for _, v := range values[:n] {
		if !v.IsNull() {
			l.bools = append(l.bools, v.Boolean())
		}
	}
	return len(l.bools), nil
}

func (l *leafReader) release() {
	if l.page != nil {
		parquet.Release(l.page)
		l.page = nil
	}
}

func (l *leafReader) close() error {
	l.release()
	return l.pages.Close()
}
