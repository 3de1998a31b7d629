package tables

import (
	"parallax/diff/rules"
	"parallax/diff/tables/mapping"
)

// norm is a normalisation: a named reason to call two cells equal.
type norm uint8

const (
	asIs norm = iota
	namesFolded
	charPadding
	negativeZero
	floatWidth
	decimalAsDouble
	boolAsNumber
	bitAsBool
	bitAsNumber
	jsonForm
	timePrecision
	dateAsTimestamp
	timeAsInterval
	uuidForm
	zeroPadding
	setOrder
	listForm
	textAsBytes
	objectIDForm
	keyForm
	norms
)

var normNames = [norms]string{
	"", "names folded", "char padding", "negative zero", "float width", "decimal as double", "bool as number",
	"bit as bool", "bit as number", "json form", "timestamp precision", "date as timestamp", "time as interval",
	"uuid form", "zero padding", "set order", "list form", "text as bytes", "object id form", "key form",
}

var normReasons = [norms]string{
	namesFolded:     "names that differ in case and underscores only",
	charPadding:     "blanks at the end of char(n) are the store's",
	negativeZero:    "-0 and 0 are one number",
	floatWidth:      "equal at the width of the narrower float",
	decimalAsDouble: "the double is the one nearest to the decimal, or rounds to it at its declared scale",
	boolAsNumber:    "0 and 1 for false and true",
	bitAsBool:       "a bit for a truth value",
	bitAsNumber:     "bits as an unsigned number",
	jsonForm:        "one document with other white space or another order of keys",
	timePrecision:   "equal at the coarser of the declared precisions",
	dateAsTimestamp: "midnight for a date",
	timeAsInterval:  "an interval without months and days for a time",
	uuidForm:        "one UUID as text, as bytes or as a UUID",
	zeroPadding:     "zeros at the end of binary(n) are the store's",
	setOrder:        "the members of a set have no order",
	listForm:        "one list in two spellings",
	textAsBytes:     "the same bytes, declared as text and as bytes",
	objectIDForm:    "one ObjectId as 24 hex digits, as 12 bytes or in extended JSON",
	keyForm:         "the key's columns were brought into one form to find the rows",
}

// prefix stands before the names of the normalisations of tables.
const prefix = rules.Prefix + "tables:"

// ruleNames numbers everything that hides: the rules of documents, the mapping's,
// then the normalisations.
type ruleNames struct {
	documents *rules.Set
	mapping   *mapping.Set
}

func (n ruleNames) mapped() int {
	if n.mapping == nil {
		return 0
	}
	return n.mapping.Len()
}

func (n ruleNames) ofMapping(rule int) int { return n.documents.Len() + rule }

func (n ruleNames) ofNorm(v norm) int { return n.documents.Len() + n.mapped() + int(v) }

// Name implements comparison.RuleNames.
func (n ruleNames) Name(i int) string {
	docs := n.documents.Len()
	switch {
	case i < docs:
		return n.documents.Name(i)
	case i < docs+n.mapped():
		return n.mapping.Name(i - docs)
	}
	return prefix + normNames[i-docs-n.mapped()]
}

// Reason implements comparison.RuleNames.
func (n ruleNames) Reason(i int) string {
	docs := n.documents.Len()
	switch {
	case i < docs:
		return n.documents.Reason(i)
	case i < docs+n.mapped():
		return n.mapping.Reason(i - docs)
	}
	return normReasons[i-docs-n.mapped()]
}

// Intended implements comparison's optional interface.
func (n ruleNames) Intended(i int) bool {
	docs := n.documents.Len()
	return i >= docs && i < docs+n.mapped() && n.mapping.Changes(i-docs)
}

// Builtin implements comparison.RuleNames.
func (n ruleNames) Builtin(i int) bool {
	docs := n.documents.Len()
	return i >= docs+n.mapped() || i < docs && n.documents.Builtin(i)
}
