// Package pagefile writes and reads Parquet files of flat columns page by page.
// The Parquet library's own writer and reader take each value in a box; here a
// page's values are one typed slice.
//
// Terms. A Leaf is one column: its place in the schema, its physical type and
// the encoding of its values. A Page is a stretch of rows of one leaf, its levels
// and its encoded values. A Chunk is a leaf's finished pages in one row group.
//
// Steps. Chunks are filled, in parallel if the caller wishes, and a Writer
// commits them in order as row groups; Finish writes the page index and the
// footer. A Reader checks the footer against the leaves it expects; a Column
// decodes a page when it is asked for rows of it.
//
// Limits. Columns are required or optional, never nested; a Writer also takes leaves
// that another package encoded (Encoded), which may be. There are no
// dictionaries; pages are data pages of version 2, compressed with zstd or not at
// all.
package pagefile
