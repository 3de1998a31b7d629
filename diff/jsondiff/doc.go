// Package jsondiff compares two JSON documents by their tokens.
//
// # Terms
//
// A place is a JSON Pointer. A value's text is what stands in the document; it
// is never turned into a float, a map or a string and back. A builtin is a named
// normalisation that makes two spellings of one value equal. A shadow is the new
// document, followed beside the old one while only scalars differ (see shadow).
//
// # Steps
//
// Equal bytes are equal. Otherwise the old document is read once to its end,
// which proves it JSON and notes its containers; the new one is followed
// meanwhile from mismatch to mismatch. If all that differs are scalars in their
// places, they are compared and that is all. If not, the new document is read as
// well and both are walked in step, along with the rules:
//
//   - Objects pair members by key, whatever their order; the first of a key with
//     the first, the second with the second. While keys come in one order
//     nothing is looked up.
//   - Arrays of one length pair by position. Arrays of two lengths are aligned:
//     equal elements (ignored places apart) stay together in order, and between
//     them elements pair so that least is to be reported. So an element inserted
//     at the front is one difference, also where the others changed a little. Rules make an array unordered (a multiset; what has no equal
//     pairs with what differs least) or keyed.
//   - Strings are equal when they stand for the same characters, numbers when
//     their decimal values are equal; where the texts differ, that is counted
//     under the builtins string-escape and number-form.
//   - Where a rule transforms values, what it makes of them is compared in their
//     place, as documents of their own at the same place; equal bytes are not known
//     to be equal there, nor above.
//   - null, a missing member and an empty value are three different things.
//
// White space and the order of keys mean nothing in JSON; they are not counted.
//
// # Places of array elements
//
// An element of the old document, alone or with its pair, has its index in the
// old array; one that only the new document has, its index in the new array.
// Comparing new with old gives the mirror: the same differences with sides and
// the two missing kinds exchanged, at the same patterns, and at the same pointers
// but for the indices of pairs that stand at different positions. Renames and
// transforms have a direction and no mirror.
//
// # Limits
//
// Documents that are not JSON, deeper than Limits.Depth or of more containers
// than Limits.Containers are not compared: Compare says so and has reported
// nothing. Where pairing elements would cost more than Limits.Work they are
// paired by their hashes alone, or by position, and the differences found are of
// class Coarse: true, but perhaps not the fewest. So they are where more than 64
// changed elements stand beside an insertion, or more than 100 in an unordered
// array have no equal. Steps are counted, never time: the result is the same on
// every machine, and for either direction. A byte that is not UTF-8
// and half a surrogate pair are equal to themselves only. Two numbers whose
// exponents have more than 17 digits are equal only if their texts are.
package jsondiff
