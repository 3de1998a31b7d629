package report

import (
	"fmt"

	"parallax/diff/comparison"
)

// proves says what was shown, with the bound that the rule of three gives.
func proves(r *Report) []string {
	n := r.Total.Compared
	if n == 0 {
		return []string{"Nothing: no exchange was compared."}
	}
	texts := []string{fmt.Sprintf("%s of %s recorded exchanges (%s) were compared in full: status, headers, trailers and body.",
		Number(n), Number(r.Total.Recorded), Percent(n, r.Total.Recorded))}
	if n := values(r.Intended); n > 0 {
		texts = append(texts, intendedText(n))
	}
	if m := r.Total.Mismatched(); m > 0 {
		return append(texts, fmt.Sprintf("%s of them (%s) differ in a way that the old system does not differ from itself.", Number(m), Percent(m, n)))
	}
	return append(texts, fmt.Sprintf(
		"None of them differs. With 95 %% confidence fewer than 3/%s = %s of such exchanges do (rule of three), if the recording is a fair sample and its exchanges do not depend on each other.",
		Number(n), percentUp(3, n)))
}

// unproven says what nobody should read into the verdict.
func unproven(r *Report) []string {
	var texts []string
	t := &r.Total
	for _, c := range []struct {
		n    int64
		text string
	}{
		{t.NotCompared, "could not be compared"}, {t.NotReached, "were not reached by the replay"},
		{t.Filtered, "were left out by a filter"}, {t.Blocked, "were kept back by a safety policy"},
		{t.Incomplete, "are cut at the capture's edges"},
	} {
		if c.n > 0 {
			texts = append(texts, fmt.Sprintf("%s recorded exchanges %s: nothing is known of them.", Number(c.n), c.text))
		}
	}
	if n := hidden(r); n > 0 {
		texts = append(texts, fmt.Sprintf("%s values are equal only under rules; they are listed with the rules.", Number(n)))
	}
	texts = append(texts,
		"Routes, inputs and states that were not recorded are not covered.",
		"What the systems did besides answering (rows, messages, mails) is not compared here.")
	if !r.Latency.SameWay {
		texts = append(texts, "Latency was measured by different observers: at the capture for the old side, at the replay for the new one.")
	}
	return texts
}

func intendedText(n int64) string {
	return fmt.Sprintf("%s values are not as they were, but as the rules say they should have become; they are listed as intended changes.", Number(n))
}

func values(rules []comparison.RuleCount) (n int64) {
	for i := range rules {
		n += rules[i].Count
	}
	return n
}

// hidden is the number of values that the user's rules set aside.
func hidden(r *Report) int64 {
	var n int64
	for i := range r.Rules {
		if !r.Rules[i].Builtin {
			n += r.Rules[i].Count
		}
	}
	return n
}
