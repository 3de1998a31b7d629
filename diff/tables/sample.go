package tables

import (
	"math"

	"parallax/capture/snapshot"
)

// shareOf is the hash below which a share of all keys lie.
func shareOf(share float64) uint64 {
	if share >= 1 {
		return math.MaxUint64
	}
	return uint64(share * (1 << 63) * 2)
}

func (t *tableRun) chosen(key []byte) bool { return snapshot.KeyHash(key) < t.sampleAt }

// sampled reports whether a key of the span is in the sample.
func (t *tableRun) sampled(s *side, at span) (bool, error) {
	columns := s.key
	if len(columns) == 0 {
		columns = nil // all: a key is all of its row
	}
	c := t.cursor(s, "old", columns)
	c.next = rangeReader(s, at, columns)
	found := false
	for {
		if err := c.fill(); err != nil || c.ended() {
			return found, err
		}
		for ; c.at < c.batch.Rows; c.at++ {
			found = found || t.chosen(c.keys.at(c.at))
		}
	}
}

// countSample counts the rows of an event that are in the sample; heads marks
// those that differ.
func (t *tableRun) countSample(c *cursor, e event, heads []int32) {
	if t.sampleAt == 0 {
		return
	}
	for row := range e.rows {
		if !t.chosen(c.keys.at(e.old + row)) {
			continue
		}
		t.proof.SampleRows++
		if heads != nil && heads[row] == differs {
			t.proof.SampleDifferent++
		}
	}
}

func (t *tableRun) countSampleMissing(c *cursor, row int) {
	if t.sampleAt > 0 && t.chosen(c.keys.at(row)) {
		t.proof.SampleRows++
		t.proof.SampleDifferent++
	}
}

// filtered counts a row of one side that is not in the only sample compared.
func (t *tableRun) filtered(c *cursor, row int) bool {
	if !t.opts.SampleOnly || t.chosen(c.keys.at(row)) {
		return false
	}
	if c.side == &t.plan.old {
		t.rows.filtered++
	} else {
		t.left++
	}
	return true
}

// onlySampled compares those rows of an event that are in the sample.
func (m *merger) onlySampled(e event) error {
	t := m.t
	for row := 0; row < e.rows; {
		n := 1
		chosen := t.chosen(m.a.keys.at(e.old + row))
		for row+n < e.rows && t.chosen(m.a.keys.at(e.old+row+n)) == chosen {
			n++
		}
		if chosen {
			if err := m.compare(event{kind: paired, old: e.old + row, new: e.new + row, rows: n}); err != nil {
				return err
			}
		} else {
			t.rows.filtered += int64(n)
			t.left += int64(n)
		}
		row += n
	}
	return nil
}
