// Command benchjson measures the comparison of JSON bodies side by side with the
// peers jd and go-cmp, in alternating runs, and prints medians of ratios.
//
// Two jobs, on generated pairs of about 2 KB: every hundredth pair differs (a
// field changed), the others are equal bytes, against bytes.Equal and then jd;
// and every pair differs in a timestamp that a rule ignores, against jd and
// against go-cmp over decoded values. The peers are given what they need and no
// more: text read and compared, nothing printed.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/josephburnett/jd/v2"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

func main() {
	pairs := flag.Int("pairs", 100_000, "pairs in the first job")
	peer := flag.Int("peer", 2_000, "pairs that jd compares in the second job; go-cmp takes a quarter")
	runs := flag.Int("runs", 5, "alternating runs")
	flag.Parse()
	if err := bench(*pairs, *peer, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "benchjson:", err)
		os.Exit(1)
	}
}

// pair is the two texts of one comparison, with the hashes that a recording
// holds of them.
type pair struct {
	old, new         []byte
	oldHash, newHash [sha256.Size]byte
}

// contender compares one pair and reports whether it is equal.
type contender struct {
	name  string
	pairs int
	equal func(p pair) (bool, error)
}

func bench(pairs, peer, runs int) error {
	place := "/updated_at"
	set, err := rules.Compile([]rules.Rule{{Where: rules.Where{Body: &place}, Action: rules.Action{Ignore: true}}})
	if err != nil {
		return err
	}
	ours := newComparison(set.For("GET /orders/{id}"))
	plain, err := rules.Compile(nil)
	if err != nil {
		return err
	}
	strict := newComparison(plain.For("GET /orders/{id}"))
	mixed := generate(min(pairs, 20_000), 100, "customer")
	stamped := generate(peer, 1, "updated_at")
	fmt.Printf("pairs of %d bytes; medians of %d alternating runs\n", len(mixed[0].old), runs)
	if err := match("99 % equal bytes", mixed, runs, []contender{
		{"parallax", pairs, strict.hashThenEqual}, {"bytes.Equal, then jd", pairs, equalThenJD},
		{"parallax, no hashes", pairs, strict.equal},
	}); err != nil {
		return err
	}
	if err := match("timestamp ignored", stamped, runs, []contender{
		{"parallax", pairs, ours.equal}, {"jd", peer, byJD}, {"cmp.Diff", peer / 4, byCmp},
	}); err != nil {
		return err
	}
	return allocations(ours, stamped)
}

// match runs the contenders in turn and prints the rate of each and the median
// of its ratios to the first.
func match(name string, pairs []pair, runs int, contenders []contender) error {
	seconds := make([][]float64, len(contenders))
	for range runs {
		for i, c := range contenders {
			took, err := timed(c, pairs)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", name, c.name, err)
			}
			seconds[i] = append(seconds[i], took)
		}
	}
	for i, c := range contenders {
		ratios := make([]float64, runs)
		for r := range ratios {
			ratios[r] = seconds[i][r] / seconds[0][r]
		}
		fmt.Printf("%-20s %-22s %10.0f pairs/s %8.1f x\n", name, c.name, 1/median(seconds[i]), median(ratios))
	}
	return nil
}

// timed returns the seconds that one pair takes.
func timed(c contender, pairs []pair) (float64, error) {
	runtime.GC()
	begin := time.Now()
	for i := range c.pairs {
		if _, err := c.equal(pairs[i%len(pairs)]); err != nil {
			return 0, err
		}
	}
	return time.Since(begin).Seconds() / float64(c.pairs), nil
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}

// comparison is parallax's contender, and its Sink.
type comparison struct {
	comparer    jsondiff.Comparer
	rules       *rules.RouteRules
	differences int
}

func newComparison(r *rules.RouteRules) *comparison { return &comparison{rules: r} }

func (c *comparison) Difference(*jsondiff.Place, jsondiff.Difference) { c.differences++ }

func (c *comparison) Equal(*jsondiff.Place, jsondiff.Equality) {}

func (c *comparison) equal(p pair) (bool, error) {
	c.differences = 0
	err := c.comparer.Compare(p.old, p.new, c.rules, c, jsondiff.Limits{})
	return c.differences == 0, err
}

// hashThenEqual is what a comparison of recordings does: equal hashes are equal
// bodies, and the bytes are not touched.
func (c *comparison) hashThenEqual(p pair) (bool, error) {
	if p.oldHash == p.newHash {
		return true, nil
	}
	return c.equal(p)
}

func equalThenJD(p pair) (bool, error) {
	if bytes.Equal(p.old, p.new) {
		return true, nil
	}
	return byJD(p)
}

func byJD(p pair) (bool, error) {
	old, err := jd.ReadJsonString(string(p.old))
	if err != nil {
		return false, err
	}
	new, err := jd.ReadJsonString(string(p.new))
	if err != nil {
		return false, err
	}
	return len(old.Diff(new)) == 0, nil
}

func byCmp(p pair) (bool, error) {
	var old, new any
	if err := json.Unmarshal(p.old, &old); err != nil {
		return false, err
	}
	if err := json.Unmarshal(p.new, &new); err != nil {
		return false, err
	}
	return cmp.Diff(old, new) == "", nil
}

// allocations prints what a comparison under the rule allocates, and fails where
// the rule does not do what it is there for.
func allocations(c *comparison, pairs []pair) error {
	for _, p := range pairs {
		if same, err := c.equal(p); err != nil || !same {
			return fmt.Errorf("a pair under the rule: equal %v, error %w", same, err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, p := range pairs {
		if _, err := c.equal(p); err != nil {
			return err
		}
	}
	runtime.ReadMemStats(&after)
	fmt.Printf("allocations a pair: %.3f\n", float64(after.Mallocs-before.Mallocs)/float64(len(pairs)))
	return nil
}
