package jsondiff

import "parallax/diff/rules"

// maxGap bounds the elements on each side of a gap that are tried against each
// other.
const maxGap = 64

// joinGap pairs the elements x[i:endI] and y[j:endJ], none of which has an equal
// at its place: by position where they are as many, and otherwise in the order
// that leaves the least to report. It reports false where they are too many to try.
func (w *walker) joinGap(s *sides, i, endI, j, endJ int, n *rules.Node) bool {
	m, k := endI-i, endJ-j
	few := m <= maxGap && k <= maxGap
	if m == k || m == 0 || k == 0 || !few {
		s.joinFrom(i, endI, j, endJ)
		return few || m == k || m == 0 || k == 0
	}
	if t := w.newTable(s, i, m, j, k, n); t != nil {
		t.join(s)
	}
	return true
}

// table holds the least cost of what is left of a gap from each pair of positions
// on. The rows are the shorter side's, so that it does not depend on which is
// called old. A pair costs two for each difference, a missing element one for
// each of its scalars.
type table struct {
	i, j, rows, columns int
	flipped             bool // the rows are y's
	pair                []int
	row, column         []int // what the elements cost when missing
	least               []int
}

// newTable returns nil where a rehearsal has ended.
func (w *walker) newTable(s *sides, i, m, j, k int, n *rules.Node) *table {
	if !w.spend(4 * m * k) {
		return nil
	}
	t := &table{i: i, j: j, rows: m, columns: k, flipped: m > k}
	for a := range m {
		t.row = append(t.row, w.old.scalars(s.x[i+a]))
	}
	for b := range k {
		t.column = append(t.column, w.new.scalars(s.y[j+b]))
	}
	t.pair = make([]int, m*k)
	for a, v := range s.x[i : i+m] {
		for b, u := range s.y[j : j+k] {
			if !w.spend(v.to - v.from + u.to - u.from) {
				return nil
			}
			t.pair[t.cell(a, b)] = 2 * w.try(i+a, v, u, n)
		}
	}
	if t.flipped {
		t.rows, t.columns, t.row, t.column = k, m, t.column, t.row
	}
	t.fill()
	return t
}

// cell is the place of old element a and new element b of the gap.
func (t *table) cell(a, b int) int {
	if t.flipped {
		// rows and columns are not exchanged yet while the cells are filled.
		return b*len(t.row) + a
	}
	return a*len(t.column) + b
}

func (t *table) fill() {
	width := t.columns + 1
	t.least = make([]int, (t.rows+1)*width)
	for r := t.rows; r >= 0; r-- {
		for c := t.columns; c >= 0; c-- {
			switch {
			case r == t.rows && c == t.columns:
			case r == t.rows:
				t.least[r*width+c] = t.column[c] + t.least[r*width+c+1]
			case c == t.columns:
				t.least[r*width+c] = t.row[r] + t.least[(r+1)*width+c]
			default:
				t.least[r*width+c] = min(t.pair[r*t.columns+c]+t.least[(r+1)*width+c+1],
					t.row[r]+t.least[(r+1)*width+c], t.column[c]+t.least[r*width+c+1])
			}
		}
	}
}

// join follows the least cost; of equals it takes the pair.
func (t *table) join(s *sides) {
	width := t.columns + 1
	for r, c := 0, 0; r < t.rows && c < t.columns; {
		switch here := t.least[r*width+c]; here {
		case t.pair[r*t.columns+c] + t.least[(r+1)*width+c+1]:
			if t.flipped {
				s.join(t.i+c, t.j+r)
			} else {
				s.join(t.i+r, t.j+c)
			}
			r, c = r+1, c+1
		case t.row[r] + t.least[(r+1)*width+c]:
			r++
		default:
			c++
		}
	}
}

// scalars counts the scalars of a value, and an empty container as one.
func (d *document) scalars(v value) int {
	if v.box < 0 || d.boxes[v.box].count == 0 {
		return 1
	}
	n := 0
	for c := d.cursor(v); ; {
		_, inner, ok := c.next()
		if !ok {
			return n
		}
		n += d.scalars(inner)
	}
}
