package jsondiff

import (
	"bytes"
	"fmt"
	"sync"

	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// Sink takes what a comparison finds. It is called from the goroutine that
// called Compare; the place and the values' texts are valid during the call
// only.
type Sink interface {
	// Difference takes one difference.
	Difference(at *Place, d Difference)
	// Equal takes values that differ and that a rule makes equal.
	Equal(at *Place, e Equality)
}

// Difference is one field that is not equal.
type Difference struct {
	Kind comparison.Kind
	// Class is one of the Class constants, or "".
	Class    string
	Old, New Value
}

// The classes of differences.
const (
	// DuplicateKey: the sides hold the key a different number of times.
	DuplicateKey = "duplicate key"
	// ByteOrderMark: one document begins with one.
	ByteOrderMark = "byte order mark"
	// NumberForm and StringEscape: one value in two spellings, where the builtin
	// that makes them equal is off.
	NumberForm   = "number form"
	StringEscape = "string escape"
	// Transformed: the values are what a transform made of the documents' values,
	// and they differ.
	Transformed = "transform"
	// TransformFailed: a transform could not be computed, which is a difference of
	// the kind "could not be compared".
	TransformFailed = "transform failed"
	// Coarse: pairing exactly would take too much work, and the elements of an
	// array around the place were paired by their hashes, or by position.
	Coarse = "coarse"
)

// Equality is a pair of values that are equal under a rule.
type Equality struct {
	// Rule is the index of the rule or builtin in the rules' set.
	Rule     int
	Old, New Value
}

// Value is one side: its type and its text as it stands in the document. The
// type is "" where the side has no value.
type Value struct {
	Type string
	Text []byte
}

// Limits bound a comparison. The zero value is the default.
type Limits struct {
	Depth      int // levels of containers: 10,000
	Containers int // objects and arrays of one document: 4,000,000
	// Work bounds what pairing the elements of arrays takes, in steps: 8 for each
	// byte of the documents, and 64 Mi. Beyond it they are paired coarsely.
	Work int
}

func (l Limits) withDefaults(size int) Limits {
	if l.Depth <= 0 {
		l.Depth = 10_000
	}
	if l.Containers <= 0 {
		l.Containers = 4_000_000
	}
	if l.Work <= 0 {
		l.Work = defaultWork(size)
	}
	return l
}

func defaultWork(size int) int { return 8*size + 64<<20 }

// SideError says which document cannot be compared as JSON. It wraps a
// *SyntaxError or ErrLimit. Nothing was reported to the Sink.
type SideError struct {
	Old, New error // nil for the side that is JSON
}

// Error implements error.
func (e *SideError) Error() string {
	switch {
	case e.New == nil:
		return fmt.Sprintf("old: %v", e.Old)
	case e.Old == nil:
		return fmt.Sprintf("new: %v", e.New)
	}
	return fmt.Sprintf("old: %v; new: %v", e.Old, e.New)
}

// Unwrap implements the interface of errors.Is and errors.As.
func (e *SideError) Unwrap() []error { return []error{e.Old, e.New} }

// maxText is the longest document whose positions fit.
const maxText = 1<<31 - 1

// Comparer compares documents and keeps its memory between them. It is for one
// goroutine at a time.
type Comparer struct {
	old, new parser
	walker   walker
}

// comparers is a cache only; nothing that a caller sees depends on it.
var comparers = sync.Pool{New: func() any { return new(Comparer) }}

// Compare is Comparer.Compare with a Comparer of its own. It may be called from
// several goroutines.
func Compare(old, new []byte, r *rules.RouteRules, sink Sink, l Limits) error {
	c := comparers.Get().(*Comparer)
	defer comparers.Put(c)
	return c.Compare(old, new, r, sink, l)
}

// Compare reports to sink where two JSON documents differ, and what rules and
// builtins made equal. Documents of equal bytes are equal, whatever they are, unless
// a rule transforms them.
// Where one is not JSON or too large it returns a *SideError and has reported
// nothing.
func (c *Comparer) Compare(old, new []byte, r *rules.RouteRules, sink Sink, l Limits) error {
	return c.CompareAt(old, new, r, r.Body(), sink, l)
}

// CompareAt is Compare for documents that stand within a larger body: root holds
// the rules about their place there. Places are within the documents.
func (c *Comparer) CompareAt(old, new []byte, r *rules.RouteRules, root *rules.Node, sink Sink, l Limits) error {
	c.walker.work = work{}
	if bytes.Equal(old, new) && !root.Transforms() {
		return nil
	}
	defer c.release()
	l = l.withDefaults(len(old) + len(new))
	oldMark, newMark := markLength(old), markLength(new)
	old, new = old[oldMark:], new[newMark:]
	same, err := c.parse(old, new, !r.Body().Transforms(), l)
	if err != nil {
		return err
	}
	c.walker.begin(&c.old.document, &c.new.document, r, root, sink, l)
	c.mark(oldMark, newMark)
	if !same || !c.walker.replaced(&c.old.shadow) {
		if same { // the same shape, but a rule pairs elements otherwise
			if err := c.parseNew(new, l); err != nil {
				return err
			}
		}
		c.walker.pair(c.old.top(), c.new.top(), c.walker.root)
	}
	return nil
}

// parse reads the documents and reports whether the old one's shadow, where it may
// be followed, tells all.
func (c *Comparer) parse(old, new []byte, follow bool, l Limits) (same bool, err error) {
	if len(old) > maxText || len(new) > maxText {
		return false, &SideError{Old: tooLong(old), New: tooLong(new)}
	}
	c.old.reset(old, l)
	if follow {
		c.old.shadow.follow(old, new)
	}
	oldErr := c.old.parse()
	if oldErr == nil && c.old.shadow.same() {
		return true, nil
	}
	newErr := c.parseNew(new, l)
	if oldErr != nil || newErr != nil {
		return false, &SideError{oldErr, newErr}
	}
	return false, nil
}

// Check returns a *SyntaxError or ErrLimit where text is not one JSON document
// within the limits.
func (c *Comparer) Check(text []byte, l Limits) error {
	if err := tooLong(text); err != nil {
		return err
	}
	defer c.release()
	return c.parseNew(text, l.withDefaults(len(text)))
}

func (c *Comparer) parseNew(text []byte, l Limits) error {
	c.new.reset(text, l)
	return c.new.parse()
}

func tooLong(text []byte) error {
	if len(text) <= maxText {
		return nil
	}
	return fmt.Errorf("%d bytes: %w", len(text), ErrLimit)
}

const byteOrderMark = "\xEF\xBB\xBF"

func markLength(text []byte) int {
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		return len(byteOrderMark)
	}
	return 0
}

// mark reports a byte order mark that only one document begins with.
func (c *Comparer) mark(oldLength, newLength int) {
	if oldLength == newLength {
		return
	}
	d := Difference{Kind: comparison.MissingInNew, Class: ByteOrderMark}
	side := &d.Old
	if newLength > 0 {
		d.Kind, side = comparison.MissingInOld, &d.New
	}
	*side = Value{Type: "text", Text: []byte(byteOrderMark)}
	c.walker.sink.Difference(&c.walker.place, d)
}

// Coarse reports whether elements of arrays were paired coarsely in the last
// comparison.
func (c *Comparer) Coarse() bool { return c.walker.work.rough }

// Steps is the work that the last comparison took beyond reading the documents.
func (c *Comparer) Steps() int { return c.walker.work.steps }

// keep is how many containers' worth of memory stays for the next comparison.
const keep = 1 << 16

// release lets go of the documents and of what a large one took.
func (c *Comparer) release() {
	for _, p := range []*parser{&c.old, &c.new} {
		p.text, p.shadow.other = nil, nil
		if cap(p.boxes) > keep {
			p.boxes = nil
		}
	}
	c.walker.end()
}
