package recording

import (
	"errors"
	"fmt"
	"slices"
	"sort"
)

// Get returns the exchange called id: in a run, the one that replays id, or the
// one whose own ID it is. It reads a few pages. The Exchange is the caller's.
// Where there is none the error wraps ErrNotFound.
func (r *Reader) Get(id ID) (*Exchange, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ex, err := r.find(id)
	if errors.Is(err, ErrNotFound) && r.manifest.Kind == KindRun {
		return r.getOwn(id)
	}
	return ex, err
}

// Find is Get by what rows are ordered by alone: in a run the ID that is replayed.
// That there is none costs no look at all rows, and one ID after the other in their
// order little more than the reading of the rows found.
func (r *Reader) Find(id ID) (*Exchange, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.find(id)
}

func (r *Reader) find(id ID) (*Exchange, error) {
	if _, err := id.Time(); err != nil {
		return nil, err
	}
	for i := range r.manifest.Files {
		if f := &r.manifest.Files[i]; id < f.First || id > f.Last {
			continue
		}
		if ex, err := r.findIn(i, id); ex != nil || err != nil {
			return ex, err
		}
	}
	return nil, fmt.Errorf("exchange %s: %w", id, ErrNotFound)
}

// keyColumn is the column that rows are ordered by.
func (r *Reader) keyColumn() string {
	if r.manifest.Kind == KindRun {
		return replaysColumn
	}
	return idColumn
}

// getOwn looks for a run's own ID, by which its rows are not ordered.
func (r *Reader) getOwn(id ID) (*Exchange, error) {
	for i := range r.manifest.Files {
		if ex, err := r.getOwnIn(i, id); ex != nil || err != nil {
			return ex, err
		}
	}
	return nil, fmt.Errorf("exchange %s: %w", id, ErrNotFound)
}

// getOwnIn looks through one part; nil where it has none of that ID.
func (r *Reader) getOwnIn(i int, id ID) (*Exchange, error) {
	if err := r.switchTo(i); err != nil {
		return nil, err
	}
	for g := range r.recent.file.RowGroups() {
		row, err := r.findRow(g, idColumn, id)
		if err != nil {
			return nil, err
		}
		if row >= 0 {
			return r.readRow(g, row, id)
		}
	}
	return nil, nil
}

// findIn looks in one part for the row whose key is id; nil where there is none.
func (r *Reader) findIn(i int, id ID) (*Exchange, error) {
	if err := r.switchTo(i); err != nil {
		return nil, err
	}
	from, to := r.groupsOf(r.keyColumn(), id)
	for g := from; g < to; g++ {
		keys, err := r.keysOf(g)
		if err != nil {
			return nil, err
		}
		if row, found := slices.BinarySearch(keys, id); found {
			return r.readRow(g, int64(row), id)
		}
	}
	return nil, nil
}

// keysOf returns the keys of a row group of the recent part. Those that were asked
// for last are kept.
func (r *Reader) keysOf(group int) (keys []ID, err error) {
	if r.keys != nil && r.keysAt == group {
		return r.keys, nil
	}
	rows, err := openRows(r.recent, group, r.columnsOf(r.keyColumn()), &rowMemory{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.close()) }()
	for {
		text, more, err := rows.text()
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		keys = append(keys, ID(text))
	}
	if !slices.IsSorted(keys) {
		return nil, fmt.Errorf("%s: %w: the rows are not in the order of their keys", rows.place, ErrDamaged)
	}
	r.keys, r.keysAt = keys, group
	return keys, nil
}

func (r *Reader) columnsOf(name string) []column {
	var cols []column
	for _, c := range r.cols {
		if c.name == name {
			cols = append(cols, c)
		}
	}
	return cols
}

// switchTo opens part i, unless it is the recent one.
func (r *Reader) switchTo(i int) error {
	if r.recent != nil && r.recentAt == i {
		return nil
	}
	p, err := r.openPart(i)
	if err != nil {
		return err
	}
	if r.recent != nil {
		err = r.recent.bytes.Close()
	}
	r.recent, r.recentAt, r.keys = p, i, nil
	return err
}

// groupsOf returns the range of row groups that can hold the key, by the bounds
// in the footer.
func (r *Reader) groupsOf(column string, id ID) (from, to int) {
	groups := r.recent.file.Metadata().RowGroups
	leaf := r.recent.leaves[column][0]
	from = sort.Search(len(groups), func(i int) bool {
		most := groups[i].Columns[leaf].MetaData.Statistics.MaxValue
		return len(most) == 0 || string(most) >= string(id)
	})
	for to = from; to < len(groups); to++ {
		if least := groups[to].Columns[leaf].MetaData.Statistics.MinValue; len(least) > 0 && string(least) > string(id) {
			break
		}
	}
	return from, to
}

// findRow returns the row's number in its row group, or -1.
func (r *Reader) findRow(group int, name string, id ID) (row int64, err error) {
	rows, err := openRows(r.recent, group, r.columnsOf(name), &rowMemory{})
	if err != nil {
		return -1, err
	}
	defer func() { err = errors.Join(err, rows.close()) }()
	for row = 0; ; row++ {
		text, more, err := rows.text()
		if err != nil || !more {
			return -1, err
		}
		if string(text) == string(id) {
			return row, nil
		}
	}
}

// text moves to the next row of a reader of one column, whose bytes are valid until
// the next call.
func (r *rowReader) text() (value []byte, more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %w: the Parquet reader failed: %v", r.place, ErrDamaged, p)
		}
	}()
	if r.left == 0 {
		return nil, false, nil
	}
	r.left--
	c := &r.cells[0]
	if err := c.next(); err != nil {
		return nil, false, fmt.Errorf("%s: field %q: %w", r.place, r.cols[0].name, err)
	}
	return c.bytes(), true, nil
}

func (r *Reader) readRow(group int, row int64, id ID) (ex *Exchange, err error) {
	rows, err := openRows(r.recent, group, r.cols, &rowMemory{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.close()) }()
	if err := rows.seek(row); err != nil {
		return nil, err
	}
	ex, err = rows.next()
	if err == nil && (ex == nil || ex.ID != id && ex.Replays != id) {
		err = fmt.Errorf("%s: %w: row %d is not exchange %s, as its page index says", rows.place, ErrDamaged, row, id)
	}
	return ex, err
}
