package recording

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/internal/pagefile"
)

// leavesOfJob encodes rows as a row group, by fill where asked for, by write
// alone otherwise, and returns the bytes of all leaves.
func leavesOfJob(t *rapid.T, rows []timedRow, filled bool) map[string][]byte {
	l, err := newLayout(columns())
	if err != nil {
		t.Fatal(err)
	}
	if !filled {
		for i := range l.cols {
			l.cols[i].fill = nil
		}
	}
	var codec pagefile.Codec
	job := newJob(l, &codec)
	job.rows = rows
	if err := job.encode(l.cols); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, leaf := range job.leaves {
		out[fmt.Sprint(leaf.leaf.path)] = leaf.done.bytes
	}
	return out
}

// Filling columns by stretches makes the pages that one row after the other
// makes, also where rows share lists, where some need replacing and where pages
// end within a stretch.
func TestFillIsWriteForEachRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := []Kind{KindRecording, KindRun}
		exchanges := drawExchanges(t, rapid.SampledFrom(kinds).Draw(t, "kind"), 6)
		var rows []timedRow
		for _, ex := range exchanges {
			if rapid.Bool().Draw(t, "large") {
				if b := bodyOf(ex, 1); b != nil {
					b.Bytes = make([]byte, rapid.IntRange(0, pageBytes).Draw(t, "size"))
				}
			}
			for range rapid.SampledFrom([]int{1, 2, 300}).Draw(t, "times") {
				rows = append(rows, timedRow{ex: ex})
			}
		}
		shuffled := rapid.Permutation(rows).Draw(t, "order")
		if diff := cmp.Diff(leavesOfJob(t, shuffled, false), leavesOfJob(t, shuffled, true)); diff != "" {
			t.Fatal(diff)
		}
	})
}
