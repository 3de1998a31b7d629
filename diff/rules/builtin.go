package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Builtin is a normalisation that is on unless a rule switches it off. Each use
// is counted like a rule's.
type Builtin int

// The normalisations.
const (
	// HTTPFraming: Connection, Keep-Alive, Transfer-Encoding, and Content-Length
	// where both bodies were compared whole, belong to the connection and not to
	// the answer.
	HTTPFraming Builtin = iota
	// DateFollowsClock: two Date headers are the same where each lies within two
	// seconds of its own answer.
	DateFollowsClock
	// NumberForm: JSON numbers of one value in two spellings, 1.0 and 1.
	NumberForm
	// StringEscape: JSON strings of one value in two spellings, "\u0041" and "A".
	StringEscape
	// ContentEncoding: bodies that are equal once their content encoding is undone.
	ContentEncoding
	// ReplayMarker: the header that a replay adds to each request, where an answer
	// gives it back.
	ReplayMarker
	builtins
)

// Prefix stands before the name of a built-in normalisation.
const Prefix = "builtin:"

var builtinNames = [builtins]string{
	"http-framing", "date-follows-clock", "number-form", "string-escape", "content-encoding", "replay-marker",
}

var builtinReasons = [builtins]string{
	"Connection, Keep-Alive, Transfer-Encoding and Content-Length of bodies compared whole are the connection's",
	"each Date lies within 2 s of its own answer",
	"one JSON number in two spellings",
	"one JSON string in two spellings",
	"equal once the content encoding is undone",
	"the header that the replay added to the request, given back in the answer",
}

// String returns the name with its prefix.
func (b Builtin) String() string { return Prefix + builtinNames[b] }

// BuiltinNames are the names that a rule with the key builtin takes.
func BuiltinNames() []string { return slices.Clone(builtinNames[:]) }

func parseBuiltin(name string) (Builtin, error) {
	short := strings.TrimPrefix(name, Prefix)
	for i, n := range builtinNames {
		if n == short {
			return Builtin(i), nil
		}
	}
	return 0, fmt.Errorf("unknown builtin %q: want one of %s", name, strings.Join(builtinNames[:], ", "))
}
