package tables

import (
	"crypto/sha256"
	"encoding/hex"

	"parallax/diff/rules"
	"parallax/diff/tables/mapping"
)

// builtin is a named normalisation. Its number is its rule index; those of the
// mapping follow, then those of the rules for JSON columns.
type builtin int

const (
	namesFolded builtin = iota
	negativeZero
	floatWidth
	decimalOfDouble
	boolAsNumber
	charPadding
	zeroPadding
	timePrecision
	jsonForm
	uuidForm
	setOrder
	builtins
)

var builtinNames = [builtins]struct{ name, reason string }{
	{"names folded", "names of tables and columns pair without case and underscores"},
	{"negative zero", "-0 and 0 are one number"},
	{"float width", "compared at the narrower width, 32 bits"},
	{"decimal of a double", "the shortest decimal that gives the double back is the other side's number"},
	{"bool as number", "0 and 1 are false and true"},
	{"char padding", "the blanks that fill up a fixed length"},
	{"zero padding", "the zero bytes that fill up a fixed length"},
	{"timestamp precision", "compared at the coarser declared precision"},
	{"json form", "white space, the order of an object's keys, the spelling of numbers and strings"},
	{"uuid form", "the same 128 bits"},
	{"set order", "the labels of a set in another order, or as a list"},
}

// ruleNames names every rule of a comparison by its index.
type ruleNames struct {
	mapping *mapping.Set
	rules   *rules.Set
}

func (n ruleNames) ofMapping(i int) int { return int(builtins) + i }
func (n ruleNames) ofRules(i int) int   { return int(builtins) + n.mapping.Len() + i }

func (n ruleNames) Name(i int) string {
	switch {
	case i < int(builtins):
		return builtinNames[i].name
	case i < n.ofRules(0):
		return n.mapping.Name(i - int(builtins))
	}
	return n.rules.Name(i - n.ofRules(0))
}

func (n ruleNames) Reason(i int) string {
	switch {
	case i < int(builtins):
		return builtinNames[i].reason
	case i < n.ofRules(0):
		return n.mapping.Reason(i - int(builtins))
	}
	return n.rules.Reason(i - n.ofRules(0))
}

func (n ruleNames) Builtin(i int) bool {
	return i < int(builtins) || i >= n.ofRules(0) && n.rules.Builtin(i-n.ofRules(0))
}

// digest is the hex SHA-256 of everything that decides what is equal.
func (n ruleNames) digest() string {
	sum := sha256.Sum256([]byte(n.rules.Digest() + " " + n.mapping.Digest()))
	return hex.EncodeToString(sum[:])
}
