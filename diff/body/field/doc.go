// Package field holds where a comparison of a body by its fields is, what the
// rules say there, and what becomes of two values.
//
// # Terms
//
// A place is a JSON Pointer. A name stands for all its siblings of that name: the
// fields of a form, the parts of a multipart body, the children of an XML element.
// Where either side has several of a name, an index follows it in the pointer. The
// pattern leaves that index out, so that it is one pattern whether the name stands
// once or often. A leaf is a text; an element of a list without names has an index
// alone, which is "*" in the pattern.
//
// # Steps
//
// Walk enters and leaves names along with the rules. A rule for /tags holds for
// every value of tags; where tags stands several times, so does one for /tags/* and,
// for the one value, /tags/1. Two leaves are equal when their bytes are, or under a
// rule that ignores them, a named normalisation of their spelling, equal states, or
// a tolerance where both are numbers.
//
// # Limits
//
// Of the rules that could be meant at one place 16 are followed; more are not
// applied, so that what they would hide is shown.
package field
