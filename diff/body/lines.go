package body

import (
	"bytes"
	"strconv"

	"github.com/zeebo/xxh3"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/internal/align"
)

// linePattern is the pattern of all lines.
const linePattern = "line *"

// maxGap bounds the lines on each side that are tried against each other.
const maxGap = 64

// lines compares two texts line by line. Equal lines stay together; of what
// stands between them, similar lines are changed ones, and the others are
// missing on one side. Within a bound on work, in steps, that is exact.
func (r *report) lines(old, new []byte, work int) {
	x, xHash := splitLines(old)
	y, yHash := splitLines(new)
	runs, steps, coarse := align.Counted(xHash, yHash, align.Bounds{Work: min(alignWork, work)})
	g := gap{report: r, coarse: coarse, work: work - steps}
	for _, run := range append(runs, align.Run{A: len(x), B: len(y)}) {
		g.between(x[g.i:run.A], y[g.j:run.B])
		g.i, g.j = run.A+run.N, run.B+run.N
	}
}

// alignWork is the most that aligning lines may take of the work.
const alignWork = 20_000_000

// gap reports the lines between two runs of equal lines.
type gap struct {
	report *report
	coarse bool // the lines were not all aligned exactly
	work   int  // steps that are left
	i, j   int  // where the gap begins on each side
}

// between reports the lines of a gap in order. In a gap as long on both sides
// every line was changed.
func (g *gap) between(x, y [][]byte) {
	pairs := inOrder(min(len(x), len(y)))
	if len(x) != len(y) && len(x) > 0 && len(y) > 0 {
		if g.affords(x, y) {
			pairs = similarPairs(x, y)
		} else {
			g.coarse = true
		}
	}
	g.report.result.Coarse = g.report.result.Coarse || g.coarse && len(x)+len(y) > 0
	i, j := 0, 0
	for _, p := range append(pairs, linePair{len(x), len(y)}) {
		for ; i < p.old; i++ {
			g.add(g.i+i, comparison.MissingInNew, x[i], nil)
		}
		for ; j < p.new; j++ {
			g.add(g.j+j, comparison.MissingInOld, nil, y[j])
		}
		if i < len(x) && j < len(y) {
			g.add(g.i+i, comparison.Changed, x[i], y[j])
			i, j = i+1, j+1
		}
	}
}

// affords takes what comparing each line with each costs. Gaps come in the same
// order from either side, so that the bound is reached at the same one.
func (g *gap) affords(x, y [][]byte) bool {
	if len(x) > maxGap || len(y) > maxGap {
		return false
	}
	g.work -= len(x)*size(y) + len(y)*size(x)
	return g.work >= 0
}

func size(lines [][]byte) (n int) {
	for _, l := range lines {
		n += len(l)
	}
	return n
}

func (g *gap) add(number int, kind comparison.Kind, old, new []byte) {
	d := comparison.Difference{
		Field: "line " + strconv.Itoa(number+1), Pattern: linePattern,
		Kind: kind, Old: lineValue(old), New: lineValue(new),
	}
	switch {
	case kind == comparison.Changed && sameButSpace(old, new):
		d.Class = WhiteSpace
	case g.coarse:
		d.Class = jsondiff.Coarse
	}
	g.report.add(d)
}

func lineValue(line []byte) comparison.Value {
	if line == nil {
		return comparison.Value{}
	}
	return textValue("text", line)
}

// splitLines returns the lines with their ends, so that a missing last newline
// and CR LF against LF are seen, and their hashes.
func splitLines(text []byte) (lines [][]byte, sums []uint64) {
	for len(text) > 0 {
		n := lineEnd(text)
		lines = append(lines, text[:n])
		sums = append(sums, xxh3.Hash(text[:n]))
		text = text[n:]
	}
	return lines, sums
}

// lineEnd returns the position after the first line of text.
func lineEnd(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i + 1
	}
	return len(text)
}

// linePair is a line of each side, by its position in the gap.
type linePair struct{ old, new int }

func inOrder(n int) []linePair {
	pairs := make([]linePair, n)
	for i := range pairs {
		pairs[i] = linePair{i, i}
	}
	return pairs
}

// similarPairs returns the pairs, in order, whose similarities add up to most.
// Only lines that are alike by half are pairs. The sides are put in one order
// first, so that the result does not depend on which is called old.
func similarPairs(x, y [][]byte) []linePair {
	if len(x) < len(y) {
		return bestPairs(x, y)
	}
	pairs := bestPairs(y, x)
	for i, p := range pairs {
		pairs[i] = linePair{p.new, p.old}
	}
	return pairs
}

// bestPairs fills a table of the best sums from each position on.
func bestPairs(x, y [][]byte) (pairs []linePair) {
	width := len(y) + 1
	best := make([]int, (len(x)+1)*width)
	like := make([]int, len(x)*len(y))
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if s := similarity(x[i], y[j]); s >= 500 {
				like[i*len(y)+j] = s
			}
			best[i*width+j] = max(best[(i+1)*width+j], best[i*width+j+1],
				best[(i+1)*width+j+1]+like[i*len(y)+j])
		}
	}
	for i, j := 0, 0; i < len(x) && j < len(y); {
		here, s := best[i*width+j], like[i*len(y)+j]
		switch {
		case s > 0 && here == s+best[(i+1)*width+j+1]:
			pairs = append(pairs, linePair{i, j})
			i, j = i+1, j+1
		case here == best[(i+1)*width+j]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// similarity is the share, in thousandths, of the longer line that both begin
// or end with alike.
func similarity(a, b []byte) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	head := 0
	for head < len(a) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return 1000 * (head + tail) / len(b)
}

// sameButSpace reports whether two lines differ in white space only.
func sameButSpace(a, b []byte) bool {
	return bytes.Equal(bytes.Join(bytes.Fields(a), nil), bytes.Join(bytes.Fields(b), nil))
}
