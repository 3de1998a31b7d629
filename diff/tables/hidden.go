package tables

import (
	"cmp"
	"slices"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// What a rule makes equal is counted here and not in the comparison's tally: there
// the text of each record is asked for, and a column that is compared by value may
// hide something in every row. Samples are those whose keys have the smallest
// hashes.

const hiddenSamples = 3

type hiddenKey struct {
	rule             int
	subject, pattern string
	part             comparison.Part
}

// hidden is what one rule made equal at one place.
type hidden struct {
	count   int64
	hashes  [hiddenSamples]uint64
	samples []comparison.Sample
}

// hide counts one use; sample is asked for where the key belongs to the samples.
func (r *run) hide(rule int, subject string, part comparison.Part, pattern string, key []byte, sample func() comparison.Sample) {
	r.hiddenAt(rule, subject, part, pattern).add(key, sample)
}

func (r *run) hiddenAt(rule int, subject string, part comparison.Part, pattern string) *hidden {
	k := hiddenKey{rule, subject, pattern, part}
	h, ok := r.hides[k]
	if !ok {
		if len(r.hides) >= comparison.MaxRulePlaces && pattern != comparison.OtherPatterns {
			return r.hiddenAt(rule, subject, part, comparison.OtherPatterns)
		}
		h = &hidden{}
		r.hides[k] = h
	}
	return h
}

func (h *hidden) add(key []byte, sample func() comparison.Sample) {
	h.count++
	hash := snapshot.KeyHash(key)
	at := len(h.samples)
	for at > 0 && hash < h.hashes[at-1] {
		at--
	}
	if at == hiddenSamples || at > 0 && h.hashes[at-1] == hash {
		return
	}
	if len(h.samples) < hiddenSamples {
		h.samples = append(h.samples, comparison.Sample{})
	}
	copy(h.samples[at+1:], h.samples[at:])
	copy(h.hashes[at+1:], h.hashes[at:])
	h.samples[at], h.hashes[at] = sample(), hash
}

// ruleCounts lists what was hidden, in the order of the rules.
func (r *run) ruleCounts() []comparison.RuleCount {
	keys := make([]hiddenKey, 0, len(r.hides))
	for k := range r.hides {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b hiddenKey) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), strings.Compare(a.subject, b.subject),
			strings.Compare(string(a.part), string(b.part)), strings.Compare(a.pattern, b.pattern))
	})
	out := make([]comparison.RuleCount, 0, len(keys))
	for _, k := range keys {
		h := r.hides[k]
		out = append(out, comparison.RuleCount{
			Rule: r.names.Name(k.rule), Builtin: r.names.Builtin(k.rule), Intended: r.names.Intended(k.rule), Reason: r.names.Reason(k.rule),
			Subject: k.subject, Part: k.part, Pattern: k.pattern, Count: h.count, Samples: h.samples,
		})
	}
	return out
}

// used reports whether a rule hid anything.
func (r *run) used(rule int) bool {
	for k := range r.hides {
		if k.rule == rule {
			return true
		}
	}
	return false
}
