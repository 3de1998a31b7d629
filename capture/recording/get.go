package recording

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
)

// Get returns the exchange called id: in a run, the one that replays id, or the
// one whose own ID it is. It reads a few pages. The Exchange is the caller's.
// Where there is none the error wraps ErrNotFound.
func (r *Reader) Get(id ID) (*Exchange, error) {
	if _, err := id.Time(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.manifest.Files {
		if f := &r.manifest.Files[i]; id < f.First || id > f.Last {
			continue
		}
		if ex, err := r.getIn(i, r.keyColumn(), id); ex != nil || err != nil {
			return ex, err
		}
	}
	if r.manifest.Kind == KindRun {
		return r.getOwn(id)
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
		if ex, err := r.getIn(i, idColumn, id); ex != nil || err != nil {
			return ex, err
		}
	}
	return nil, fmt.Errorf("exchange %s: %w", id, ErrNotFound)
}

// getIn looks in one part for the row whose column holds id; nil where there is
// none.
func (r *Reader) getIn(i int, column string, id ID) (*Exchange, error) {
	if r.recent == nil || r.recentAt != i {
		if err := r.switchTo(i); err != nil {
			return nil, err
		}
	}
	groups := len(r.recent.file.RowGroups())
	from := 0
	if column == r.keyColumn() {
		from, groups = r.groupsOf(column, id)
	}
	for g := from; g < groups; g++ {
		row, err := r.findRow(g, column, id)
		if err != nil {
			return nil, err
		}
		if row >= 0 {
			return r.readRow(g, row, id)
		}
	}
	return nil, nil
}

func (r *Reader) switchTo(i int) error {
	p, err := r.openPart(i)
	if err != nil {
		return err
	}
	if r.recent != nil {
		err = r.recent.bytes.Close()
	}
	r.recent, r.recentAt = p, i
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
	var cols []column
	for _, c := range r.cols {
		if c.name == name {
			cols = append(cols, c)
		}
	}
	rows, err := openRows(r.recent, group, cols, &rowMemory{})
	if err != nil {
		return -1, err
	}
	defer func() { err = errors.Join(err, rows.close()) }()
	for row = 0; ; row++ {
		found, more, err := rows.matches([]byte(id))
		if err != nil || !more {
			return -1, err
		}
		if found {
			return row, nil
		}
	}
}

// matches moves to the next row of a reader of one column and compares.
func (r *rowReader) matches(want []byte) (found, more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %w: the Parquet reader failed: %v", r.place, ErrDamaged, p)
		}
	}()
	if r.left == 0 {
		return false, false, nil
	}
	r.left--
	c := &r.cells[0]
	if err := c.next(); err != nil {
		return false, false, fmt.Errorf("%s: field %q: %w", r.place, r.cols[0].name, err)
	}
	return bytes.Equal(c.bytes(), want), true, nil
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
