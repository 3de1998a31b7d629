// Package invariants checks what must be true of whole tables, whatever their
// rows say: the configuration key `invariants`.
//
// Terms. An invariant counts rows, sums a column by groups, looks for orphans
// (rows that name a row which is not there), or asks that sequences are ahead of
// their keys. It holds, is broken, or could not be verified; the last is never a
// pass.
//
// Steps. Compile checks the entries; Check asks both sides and gives a result for
// each invariant, side and, where all foreign keys or sequences are asked, table.
//
// Limits. Memory is bounded: a sum has at most MaxGroups groups, and keys are
// looked for by their 128-bit hashes, a part of them at a time: the tables are
// read once for every MaxKeys of keys. Sums are exact; a double counts as its
// shortest decimal, so that a sum does not depend on the order of rows.
package invariants

// The bounds.
const (
	MaxGroups     = 100_000
	MaxGroupBytes = 64 << 20
	MaxKeys       = 2 << 20
)
