package quantile

import "math"

// distribution is a binomial one where it is not next to nothing: sums[i] is the
// probability of first+i−1 or less.
type distribution struct {
	first int64
	sums  []float64
}

// reach is how many standard deviations from the mean are kept: beyond lies less
// than 1e-15.
const reach = 9

// binomial returns the distribution of the number of successes in n trials.
func binomial(n int64, p float64) distribution {
	mean := float64(n) * p
	spread := reach*math.Sqrt(mean*(1-p)) + 2*reach // the second for skewed ones
	first, last := max(0, int64(mean-spread)), min(n, int64(mean+spread)+1)
	d := distribution{first: first, sums: make([]float64, last-first+2)}
	mode := min(max(int64(float64(n+1)*p), first), last)
	terms := d.sums[1:]
	terms[mode-first] = 1
	for k := mode; k < last; k++ {
		terms[k+1-first] = terms[k-first] * float64(n-k) / float64(k+1) * p / (1 - p)
	}
	for k := mode; k > first; k-- {
		terms[k-1-first] = terms[k-first] * float64(k) / float64(n-k+1) * (1 - p) / p
	}
	d.normalise()
	return d
}

func (d *distribution) normalise() {
	total := 0.0
	for i, term := range d.sums {
		total += term
		d.sums[i] = total
	}
	for i := range d.sums {
		d.sums[i] /= total
	}
}

// between is the probability of from or more and less than until.
func (d *distribution) between(from, until int64) float64 {
	return d.below(until) - d.below(from)
}

func (d *distribution) below(k int64) float64 {
	return d.sums[min(max(k-d.first, 0), int64(len(d.sums)-1))]
}
