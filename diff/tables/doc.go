// Package tables compares two snapshots field by field.
//
// Terms. A pair is a table of the old side with its partner, or a column with its
// own. A stretch is what lies between two keys at which both sides end a block. A
// cell is judged: the same, equal under a named normalisation (counted), or a
// difference. The sample is the blocks whose last keys have the smallest hashes:
// the same ones on both sides and every night.
//
// Steps. Tables and columns are paired by name. The two indexes are walked side by
// side: a stretch whose checksums agree is never read, but for columns that the two
// sides hold in different classes, and for the sample, which proves the checksums.
// Of other stretches, keys and the columns whose sums differ are read and merged,
// row by row in the order of the keys' canonical bytes, which is checked. Rows of
// one key are compared as a multiset.
//
// Limits. Keys must be of the same classes on both sides, and rows without a key
// need the same columns in the same order: otherwise the table could not be
// compared, and that is never a pass.
package tables
