package diff

import (
	"slices"
	"strings"

	"parallax/capture/recording"
	"parallax/diff/comparison"
)

// fate says what becomes of a record before any field is looked at.
type fate uint8

const (
	compareAnswers fate = iota
	fateEqual           // both ended without an answer, in the same way
	fateDifferent       // … in different ways
	fateIncomplete
	fateFiltered
	fateBlocked
	fateNotReached
	fateMissingOld
	fateMissingNew
	fateNotCompared
)

// verdict is a fate with what explains it.
type verdict struct {
	fate fate
	// class is the reason or the end that led to it.
	class    string
	old, new comparison.Value
}

// judge settles whether two exchanges have answers to compare. n is nil where the
// new side has none; run says that the new side is a run, which has a row for
// every exchange that it reached.
func judge(o, n *recording.Exchange, run bool) verdict {
	if v, ended := judgeReach(o, n, run); ended {
		return v
	}
	if o.Incomplete != "" && o.Incomplete != recording.NoAnswer || o.Request == nil {
		return unusable(o)
	}
	oldAnswered, newAnswered := answered(o), answered(n)
	switch {
	case oldAnswered && newAnswered:
		return verdict{}
	case !newAnswered && !failedAfterSending(n):
		return verdict{fate: fateNotCompared, class: endOf(n)}
	case oldAnswered:
		return verdict{fate: fateMissingNew, class: endOf(n), old: statusValue(o.Response)}
	case newAnswered:
		return verdict{fate: fateMissingOld, class: endOf(o), new: statusValue(n.Response)}
	}
	return bothFailed(o, n)
}

// judgeReach settles the exchanges that the new side never sent.
func judgeReach(o, n *recording.Exchange, run bool) (verdict, bool) {
	if n == nil {
		if run {
			return verdict{fate: fateNotReached}, true
		}
		return verdict{fate: fateNotCompared, class: "not in new"}, true
	}
	if n.Outcome == nil {
		return verdict{}, false
	}
	switch n.Outcome.End {
	case recording.Filtered:
		return verdict{fate: fateFiltered}, true
	case recording.Blocked:
		return verdict{fate: fateBlocked}, true
	case recording.NotReached:
		return verdict{fate: fateNotReached}, true
	case recording.NotWhole:
		return unusable(o), true
	}
	return verdict{}, false
}

// unusable is the verdict on an old exchange that lacks a part.
func unusable(o *recording.Exchange) verdict {
	switch {
	case o.Incomplete.Edge():
		return verdict{fate: fateIncomplete}
	case o.Incomplete == "":
		return verdict{fate: fateNotCompared, class: string(recording.NotWhole)}
	}
	return verdict{fate: fateNotCompared, class: string(o.Incomplete)}
}

// bothFailed compares how two exchanges ended. An end that nobody knows equals
// nothing.
func bothFailed(o, n *recording.Exchange) verdict {
	if o.Outcome == nil || n.Outcome == nil {
		return verdict{fate: fateNotCompared, class: "no answer on either side"}
	}
	if o.Outcome.End == n.Outcome.End {
		return verdict{fate: fateEqual}
	}
	return verdict{
		fate: fateDifferent, class: "end",
		old: comparison.MakeValue("text", string(o.Outcome.End)),
		new: comparison.MakeValue("text", string(n.Outcome.End)),
	}
}

// answered reports whether the exchange has a whole answer.
func answered(ex *recording.Exchange) bool {
	if ex.Outcome != nil && ex.Outcome.End != recording.Answered {
		return false
	}
	return ex.Response != nil && ex.Incomplete == ""
}

// failedAfterSending reports whether the request surely went out and no whole
// answer came back. A crash leaves it open whether it went out.
func failedAfterSending(ex *recording.Exchange) bool {
	if ex.Outcome == nil {
		return ex.Incomplete == recording.NoAnswer
	}
	end := ex.Outcome.End
	return end.Sent() && end != recording.Answered && end != recording.Unknown
}

// endOf names how an exchange ended without an answer.
func endOf(ex *recording.Exchange) string {
	switch {
	case ex.Outcome != nil && ex.Outcome.End != recording.Answered:
		return string(ex.Outcome.End)
	case ex.Incomplete != "":
		return string(ex.Incomplete)
	}
	return "no response"
}

func statusValue(r *recording.Response) comparison.Value {
	return comparison.MakeValue("number", itoa(r.Status))
}

// askedWithout names the headers and cookies with which one side alone was asked,
// because a replay left out what held a redaction token. What the old side lacked a
// replay of it cannot send, so that only what the new one left out counts then.
func askedWithout(o, n *recording.Exchange, sameBaseline bool) []string {
	if sameBaseline {
		return leftOut(n)
	}
	return append(without(leftOut(n), leftOut(o)), without(leftOut(o), leftOut(n))...)
}

func leftOut(ex *recording.Exchange) []string {
	if ex.Outcome == nil {
		return nil
	}
	return ex.Outcome.LeftOut
}

// without returns the names of a that are not in b.
func without(a, b []string) []string {
	var rest []string
	for _, name := range a {
		if !slices.Contains(b, name) {
			rest = append(rest, name)
		}
	}
	return rest
}

// noProof is the verdict on answers that differ where the questions did: nobody
// can tell which of the two made the difference.
func noProof(o, n *recording.Exchange, names []string) verdict {
	with, lacking := ", asked with ", ", asked without "
	if len(leftOut(n)) == 0 {
		with, lacking = lacking, with
	}
	list := strings.Join(names, ", ")
	return verdict{
		fate: fateNotCompared, class: ClassLeftOut,
		old: comparison.MakeValue("text", "status "+itoa(o.Response.Status)+with+list),
		new: comparison.MakeValue("text", "status "+itoa(n.Response.Status)+lacking+list),
	}
}
