// Package doctor looks at what a run of parallax will need, before it is needed:
// rights, limits, room, the clock, the network.
//
// Terms. A check is a small function that looks at one thing and says what it
// found. Its finding is ok, a warning (a run can go well all the same) or failed
// (it cannot), and in the last two cases says what to do.
//
// Steps. Run asks the checks one after another, in their order.
//
// Limits. A check writes nothing but an empty file that it removes again, and
// sends nothing but a TLS handshake unless it was asked to probe. What a platform
// does not tell is said to be unknown, as a warning where it matters.
package doctor

import (
	"context"
	"fmt"
)

// State is how a check came out.
type State string

const (
	OK      State = "ok"
	Warning State = "warning"
	Failed  State = "failed"
)

// Finding is what one check says of one thing.
type Finding struct {
	// Check names the check, Subject the thing, where there are several.
	Check   string `json:"check"`
	Subject string `json:"subject,omitempty"`
	State   State  `json:"state"`
	// Found is what was seen; Do is what to do about it, empty where all is well.
	Found string `json:"found"`
	Do    string `json:"do,omitempty"`
}

// Check looks at one kind of thing. Look's findings get the check's name.
type Check struct {
	Name string
	Look func(context.Context) []Finding
}

// Run asks all checks. The end of ctx is for the checks to see: each says that it
// could not be made.
func Run(ctx context.Context, checks []Check) []Finding {
	var all []Finding
	for _, c := range checks {
		for _, f := range c.Look(ctx) {
			f.Check = c.Name
			all = append(all, f)
		}
	}
	return all
}

// Worst returns the state of all findings together.
func Worst(all []Finding) State {
	worst := OK
	for _, f := range all {
		switch {
		case f.State == Failed:
			return Failed
		case f.State == Warning:
			worst = Warning
		}
	}
	return worst
}

func fine(format string, args ...any) []Finding {
	return []Finding{{State: OK, Found: fmt.Sprintf(format, args...)}}
}

func warning(do, format string, args ...any) []Finding {
	return []Finding{{State: Warning, Found: fmt.Sprintf(format, args...), Do: do}}
}

func failed(do, format string, args ...any) []Finding {
	return []Finding{{State: Failed, Found: fmt.Sprintf(format, args...), Do: do}}
}

// about names the subject of findings.
func about(subject string, all []Finding) []Finding {
	for i := range all {
		all[i].Subject = subject
	}
	return all
}

// bytesText is a size for reading.
func bytesText(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
