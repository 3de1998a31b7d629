// Package pageguard reads column chunks of Parquet files that nobody vouches for,
// page by page. The Parquet library believes what a page says of itself, takes
// memory for it and decompresses it once more; here each page is held against
// what it is, decompressed once and decoded.
//
// Terms. A leaf is a column of the file: its physical type and its highest levels.
// A slot is a value or a null, of lists also an empty one; a slot's levels say
// which. Page is what was decoded last: a chunk's dictionary or some of its slots.
//
// Steps. A Column is made once and opened for each chunk. Next reads a page's
// header, holds sizes and counts against the chunk and the bounds, decompresses,
// goes over runs and deltas without unpacking them, and only then decodes.
//
// Limits. A page has at most maxPage bytes before compression and maxPageValues
// values. Codecs are none, snappy, gzip and zstd; levels are run lengths. A page
// whose bytes are more or fewer than its values need is damaged. Its checksum is
// checked where it has one; without, a changed value is not noticed. The
// library's decoders may panic on what passed: the caller recovers.
package pageguard
