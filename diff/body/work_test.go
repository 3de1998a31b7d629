package body

import (
	"strconv"
	"strings"
	"testing"

	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
)

// Lines that are all alike by half, on two sides of different lengths, are tried
// against each other only as far as the work goes; from either side the same.
func TestLinesWithinABound(t *testing.T) {
	text := func(n int, end string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.Repeat("x", 400) + strconv.Itoa(i) + end + strings.Repeat("y", 400) + "\n")
		}
		return b.String()
	}
	a, b := text(20, "a"), text(30, "b")
	for work, coarse := range map[int]bool{0: false, 1000: true, 2_000_000: false} {
		there, back := &sunk{}, &sunk{}
		x := Compare(lined(a), lined(b), compile(t), there, Options{Work: work})
		y := Compare(lined(b), lined(a), compile(t), back, Options{Work: work})
		if x.Coarse != coarse || y.Coarse != coarse || there.count != back.count || there.coarse != back.coarse || (there.coarse > 0) != coarse {
			t.Errorf("%d steps: %+v %+v, %+v %+v", work, x, y, there, back)
		}
	}
}

type sunk struct{ count, coarse int }

func (s *sunk) Difference(d comparison.Difference) {
	s.count++
	if d.Class == jsondiff.Coarse {
		s.coarse++
	}
}

func (s *sunk) Equal(int, Place, jsondiff.Value, jsondiff.Value) {}

func lined(text string) Input { return Input{ContentType: "text/plain", Bytes: []byte(text)} }
