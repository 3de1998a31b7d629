// Package snapshot is the snapshot format: rows of database tables at one
// consistent point, in key order, cut into blocks.
//
// Terms. A cell is a Class and its canonical bytes: equal values have equal
// bytes whatever engine they come from, and within a class the bytes of numbers,
// floats, times and ids sort (memcmp) as the values do. A Vector is one column's
// cells of a Batch of rows. A key is the canonical bytes of the key columns'
// cells, made self-delimiting (AppendKey), so that rows sort by memcmp, never by
// a server's collation. A block is a stretch of rows that ends at a key whose
// hash is below 2^64 / target: no state, so parallel ranges, nights and engines
// cut at the same keys.
//
// Steps. A source describes a Table and hands Batches to a TableWriter in any
// order; they are sorted by key (spilled where memory does not suffice), cut into
// blocks, checked, and written as Parquet beside an index of the blocks: key
// range, rows, and one additive 128-bit checksum per column. Close writes the
// manifest, once, last. A Reader reads the index, and then only the rows and
// columns that somebody asks for. docs/snapshot-format.md describes the files.
//
// Limits. What a column's Parquet type cannot hold (NaN in a numeric, text in
// SQLite's integer column) stands tagged in a sibling column; a source says for
// which columns that can happen (Column.Mixed). One cell holds at most MaxCell
// bytes.
package snapshot

// MaxCell bounds one cell's canonical bytes.
const MaxCell = 1 << 30
