// Package recording is the recording format: exchanges, their order, the
// journal of live sources, Parquet parts, the manifest.
//
// Terms: an exchange is one request with its response; a recording is a folder
// of exchanges in the order of their IDs; a run is a recording made by replaying
// another, in the order of the IDs replayed (the order key); a part is a Parquet
// file; the journal holds what a live source has seen until parts are made of
// it; the ledger says where everything ended. docs/recording-format.md describes
// the files.
//
// Steps: Writer takes exchanges in any order, puts them in order (sorter: a
// bounded buffer, then sorted segments on disk), cuts them into row groups that
// are encoded side by side, column by column (groupEncoder, fill, sink,
// leafWriter), and committed in order to part files by a goroutine of their own
// (partSet, pagefile.Writer); the manifest comes last. Live appends to the journal (appender) and
// at the end pours it into a Writer; Recover does that for a killed process.
// Reader checks each 1 MiB chunk against its digest before a byte of it is used
// (sealed.Reader) and makes exchanges of column pages (rowReader).
//
// Limits: one body is at most 1 GiB. A Writer holds about BufferBytes, and
// (Encoders+2) times RowGroupBytes; a Reader 8 MiB of checked chunks and the
// pages it stands in. Progress and Recover hold the IDs of a run. Until a live
// recording is closed, journal and parts lie on the disk side by side.
package recording
