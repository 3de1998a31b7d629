package body

import (
	"strconv"
	"strings"
	"testing"

	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
	"parallax/internal/content"
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

// A body that is not kept as a whole cannot be asked whether it changed as it should.
func TestCutBodyThatShouldHaveChanged(t *testing.T) {
	place := "/price"
	r := compile(t, rules.Rule{Where: rules.Where{Body: &place}, Action: rules.Action{Transform: &rules.Transform{Old: "old * 100"}}})
	in := Input{ContentType: "application/json", Cut: true, Length: 10, SHA256: [32]byte{1}}
	if got := Compare(in, in, r, &sunk{}, Options{}); got.State != NotCompared {
		t.Errorf("one hash under a transform: %+v", got)
	}
	if got := Compare(in, in, compile(t), &sunk{}, Options{}); got.State != Equal {
		t.Errorf("one hash: %+v", got)
	}
	whole := Input{ContentType: "application/json", Bytes: []byte(`{"price":1}`)}
	zipped := Input{ContentType: "application/json", Encodings: []string{"gzip"}, Bytes: gzipped(t, `{"price":1}`)}
	for _, pair := range [][2]Input{{whole, whole}, {whole, zipped}, {zipped, zipped}} {
		if got := Compare(pair[0], pair[1], r, &sunk{}, Options{}); got.State != Different {
			t.Errorf("equal texts under a transform: %+v", got)
		}
	}
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	out, err := content.Encode([]string{"gzip"}, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
