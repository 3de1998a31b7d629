package recording

import "encoding/binary"

// fill adds rows to a column until a page is full or the rows are at their end,
// and returns how many it added. It does what column.write does for each row
// (a test holds them equal) without a call for each of 50 values: that was half
// the cost of a small exchange. Rows with texts to replace go by write alone.
type fill func(s *sink, rows []timedRow) int

// fillTexts adds texts; an empty one is null.
func fillTexts(get func(*Exchange) string) fill {
	return func(s *sink, rows []timedRow) int {
		p := &s.leaves[0].page
		if s.leaves[0].leaf.bounded {
			return fillBounded(p, get, rows)
		}
		data, def := p.data, p.def
		n, room := 0, pageBytes-len(p.rep)
		for n < len(rows) && (n == 0 || len(data)+len(def) < room) {
			v := get(rows[n].ex)
			n++
			if v == "" {
				def = append(def, 0)
				p.nulls++
				continue
			}
			def = append(def, 1)
			data = append(binary.LittleEndian.AppendUint32(data, uint32(len(v))), v...)
		}
		p.data, p.def = data, def
		return n
	}
}

// fillBounded adds texts and keeps the least and the greatest.
func fillBounded(p *openPage, get func(*Exchange) string, rows []timedRow) int {
	n := 0
	for n < len(rows) && (n == 0 || len(p.data)+len(p.def) < pageBytes) {
		v := get(rows[n].ex)
		n++
		if v == "" {
			p.def = append(p.def, 0)
			p.nulls++
			continue
		}
		p.def = append(p.def, 1)
		p.data = append(binary.LittleEndian.AppendUint32(p.data, uint32(len(v))), v...)
		p.bound(v)
	}
	return n
}

// fillInts adds integers.
func fillInts(get func(*Exchange) (int64, bool)) fill {
	return func(s *sink, rows []timedRow) int {
		p := &s.leaves[0].page
		ints, def := p.ints, p.def
		n := 0
		for n < len(rows) && (n == 0 || 8*len(ints)+len(def) < pageBytes) {
			v, ok := get(rows[n].ex)
			n++
			if !ok {
				def = append(def, 0)
				p.nulls++
				continue
			}
			def = append(def, 1)
			ints = append(ints, v)
		}
		p.ints, p.def = ints, def
		return n
	}
}

// fillLists adds lists by write, and rows that have none at once.
func fillLists[T any](write func(*sink, []T), get func(*Exchange) []T) fill {
	return func(s *sink, rows []timedRow) int {
		n, empty := 0, 0
		for n < len(rows) && len(get(rows[n].ex)) == 0 && s.room() > empty {
			n, empty = n+1, empty+2
		}
		if n > 0 {
			s.nulls(n)
			return n
		}
		for n < len(rows) && (n == 0 || s.room() > 0) {
			s.replaced = rows[n].replaced
			write(s, get(rows[n].ex))
			n++
		}
		return n
	}
}

// fillEach adds rows by write.
func fillEach(write func(*sink, *Exchange)) fill {
	return func(s *sink, rows []timedRow) int {
		n := 0
		for n < len(rows) && (n == 0 || s.room() > 0) {
			s.replaced = rows[n].replaced
			write(s, rows[n].ex)
			n++
		}
		return n
	}
}
