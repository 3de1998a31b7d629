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
	// FormEscape: a form's name or value in two spellings, "+" and "%20".
	FormEscape
	// FormOrder: the fields of different names of a form in another order.
	FormOrder
	// RecordFraming: the same records of JSON lines or of an event stream, whose
	// lines are written otherwise.
	RecordFraming
	// EventComment: the comments of event streams.
	EventComment
	// MultipartBoundary: the text between the parts, in the body and in its header.
	MultipartBoundary
	// MultipartFraming: line ends and blanks around the boundaries.
	MultipartFraming
	// XMLForm: one XML tag in two forms: the order of attributes, quotes, white
	// space, <a/> and <a></a>.
	XMLForm
	// XMLEscape: one XML text in two spellings: references, CDATA, line ends.
	XMLEscape
	// XMLPrefix: one XML name under two prefixes, and where prefixes are declared.
	XMLPrefix
	// XMLSpace: white space between XML elements where nothing else stands.
	XMLSpace
	// XMLDeclaration: XML declarations that say the same.
	XMLDeclaration
	// HeaderLines: one header's list in one line or in several.
	HeaderLines
	builtins
)

// Prefix stands before the name of a built-in normalisation.
const Prefix = "builtin:"

var builtinNames = [builtins]string{
	"http-framing", "date-follows-clock", "number-form", "string-escape", "content-encoding", "replay-marker",
	"form-escape", "form-order", "record-framing", "event-comment", "multipart-boundary", "multipart-framing",
	"xml-form", "xml-escape", "xml-prefix", "xml-space", "xml-declaration",
	"header-lines",
}

var builtinReasons = [builtins]string{
	"Connection, Keep-Alive, Transfer-Encoding and Content-Length of bodies compared whole are the connection's",
	"each Date lies within 2 s of its own answer",
	"one JSON number in two spellings",
	"one JSON string in two spellings",
	"equal once the content encoding is undone",
	"the header that the replay added to the request, given back in the answer",
	"one name or value of a form in two spellings",
	"the fields of a form in another order",
	"the same records, whose lines are written otherwise",
	"comments of an event stream, which say nothing",
	"the text that separates the parts",
	"line ends and blanks around the text that separates the parts",
	"one XML tag in two forms: order of attributes, quotes, white space, empty elements",
	"one XML text in two spellings: references, CDATA, line ends",
	"one XML name under two prefixes",
	"white space between XML elements",
	"XML declarations that say the same",
	"one header's list in one line or in several",
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
