// Package rules holds what the user says of comparison.
//
// Terms. A rule is a where (status, header, trailer, cookie or body), a route it
// is bound to (all without one) and exactly one action. A body's place is a JSON
// Pointer pattern: "*" stands for one array index or key, "**" as the last token
// for the place itself and all below it; a literal key "*" is written "~2". A
// route is a template as the summary names it, "GET /orders/{id}", in which a
// segment or the method may be "*".
//
// Steps. Compile checks the rules and refuses those that contradict each other.
// Set.For gives the rules of one route, compiled so that a JSON document can be
// walked along with them (Node) without building a path. Whoever compares counts
// each use under the rule's index.
//
// Nearness. A tolerance, a time and a matches say when two values that differ are
// equal; one of them holds at a place (Near). A transform says what values have
// become (Change); it is asked of equal values, too.
//
// Precedence. A route's pattern goes before a place's: a literal is stronger than
// "*", "*" than "**", and a rule bound to a route than one for all. Two rules with
// one kind of action whose patterns meet at a place, and of which neither is the
// stronger, are refused unless they say the same in different words.
//
// Limits. A rule renames within one object only. Tolerances are exact decimals,
// but for those in units of the last place; numbers whose magnitudes are further
// apart than 10,000 digits are never within one.
package rules

// Rule is one rule as it stands in a configuration file.
type Rule struct {
	// Name is what counts and errors call the rule; "rule N" where it is empty.
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// Reason says why the user wants it.
	Reason string `yaml:"reason,omitempty" json:"reason,omitempty"`
	// Route binds the rule to a route; empty means all.
	Route string `yaml:"route,omitempty" json:"route,omitempty"`

	Where  `yaml:",inline"`
	Action `yaml:",inline"`
}

// Where is a rule's place: exactly one field is set.
type Where struct {
	// Body is a JSON Pointer pattern; the empty text is the whole document.
	Body    *string `yaml:"body,omitempty" json:"body,omitempty"`
	Header  string  `yaml:"header,omitempty" json:"header,omitempty"`
	Trailer string  `yaml:"trailer,omitempty" json:"trailer,omitempty"`
	// Cookie is the name of a cookie that Set-Cookie sets.
	Cookie string `yaml:"cookie,omitempty" json:"cookie,omitempty"`
	Status bool   `yaml:"status,omitempty" json:"status,omitempty"`
	// Builtin names built-in normalisations, with or without their prefix; the
	// only action for them is Off.
	Builtin []string `yaml:"builtin,omitempty" json:"builtin,omitempty"`
}

// Action is what a rule says: exactly one field is set.
type Action struct {
	Ignore    bool       `yaml:"ignore,omitempty" json:"ignore,omitempty"`
	Tolerance *Tolerance `yaml:"tolerance,omitempty" json:"tolerance,omitempty"`
	Unordered bool       `yaml:"unordered,omitempty" json:"unordered,omitempty"`
	// Keyed pairs an array's elements by the values at these JSON Pointers.
	Keyed []string `yaml:"keyed,omitempty" json:"keyed,omitempty"`
	// Equal lists which of "null", "missing" and "empty" are the same. A YAML
	// null in the list decodes to "" and means "null".
	Equal []string `yaml:"equal,omitempty" json:"equal,omitempty"`
	// Rename is the place's pointer in the new document.
	Rename *string `yaml:"rename,omitempty" json:"rename,omitempty"`
	// Time, like Tolerance, says how near is near enough.
	Time *Time `yaml:"time,omitempty" json:"time,omitempty"`
	// Matches asks both texts for a form only.
	Matches *Matches `yaml:"matches,omitempty" json:"matches,omitempty"`
	// Transform says how the value changed on purpose.
	Transform *Transform `yaml:"transform,omitempty" json:"transform,omitempty"`
	// Off switches a built-in normalisation off.
	Off bool `yaml:"off,omitempty" json:"off,omitempty"`
}

// States is a set of the states that a rule can call the same.
type States uint8

// The states. Empty is "", [] and {}; of a header also one without a value.
const (
	Null States = 1 << iota
	Missing
	Empty
)

// Has reports whether all of t are in s.
func (s States) Has(t States) bool { return s&t == t }

// kind tells the sorts of places apart; rules of different kinds never meet.
type kind uint8

const (
	inBody kind = iota
	inHeader
	inTrailer
	inCookie
	inStatus
	inBuiltin
)

// slot tells the sorts of actions apart. Those of different slots combine,
// except that ignore leaves nothing for another to do.
type slot uint8

const (
	slotIgnore slot = iota
	slotNear        // tolerance, time, matches
	slotOrder       // unordered, keyed
	slotEqual
	slotRename
	slotTransform
	slotOff
	slots
)

// compiled is one rule, checked.
type compiled struct {
	name, reason string
	kind         kind
	slot         slot
	route        []token
	place        []token    // a body's path; a header's or cookie's one name, lower case
	near         *Near      // tolerance, time, matches
	said         string     // near's source, as JSON
	keys         [][]string // keyed; nil for unordered
	states       States
	change       *Change // transform
	newName      string  // rename: the last token in the new document
	off          []Builtin
}
