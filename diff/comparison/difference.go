package comparison

import "crypto/sha256"

// Difference is one field of one record that is not equal. Answers and table
// rows use the same type.
type Difference struct {
	// Subject is the route ("GET /orders/{id}") or the table.
	Subject string
	// Record is the baseline exchange's id, or the key's canonical texts as a
	// JSON array.
	Record string
	// Part is the side of the record the difference is in.
	Part Part
	// Field is a JSON Pointer, a header's name or a column's name; it is empty
	// where the whole part differs.
	Field string
	// Pattern is Field with array indices as "*", and without the index of several
	// fields, parts or elements of one name: what groups, rules and noise go by.
	Pattern  string
	Kind     Kind
	Class    string
	Severity Severity
	// Noise: the old system also shows this difference against itself.
	Noise    bool
	Old, New Value
}

// Part names the place within a record.
type Part string

// The parts.
const (
	Status   Part = "status"
	Headers  Part = "header"
	Body     Part = "body"
	Trailers Part = "trailer"
	Whole    Part = "exchange" // the whole answer: missing, failed or not comparable
	Row      Part = "row"
	Column   Part = "column"
)

// Kind is one of the five kinds of difference; they are never folded together.
type Kind string

// The kinds.
const (
	MissingInOld Kind = "missing in old"
	MissingInNew Kind = "missing in new"
	Changed      Kind = "changed"
	TypeChanged  Kind = "type changed"
	NotCompared  Kind = "could not be compared"
)

// Severity says what a difference weighs. A warning fails the gate unless its
// class is allowed there.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Value is one side of a difference. A long text is cut, with the length and
// hash of the whole.
type Value struct {
	// Type is "null", "bool", "number", "string", "array", "object", "text",
	// "bytes", or "" where the side has no value.
	Type string
	// Text is the value as it stood (JSON text for JSON values), at most
	// MaxText bytes of it, cut at a rune's border.
	Text string
	// Length in bytes and SHA256 of the whole are set where Text was cut.
	Length int64
	SHA256 [sha256.Size]byte
	Cut    bool
}

// MaxText bounds Value.Text, in bytes.
const MaxText = 2048

// MakeValue returns the value of text, cut where it is long.
func MakeValue(typ, text string) Value {
	if len(text) <= MaxText {
		return Value{Type: typ, Text: text}
	}
	return Value{
		Type: typ, Text: cutText(text, MaxText), Cut: true,
		Length: int64(len(text)), SHA256: sha256.Sum256([]byte(text)),
	}
}

// cutText returns at most n bytes of text, cut at a rune's border where there is
// one near.
func cutText(text string, n int) string {
	cut := n
	for cut > n-4 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut]
}
