package snapshot

import (
	"fmt"
	"runtime"

	"parallax/internal/store"
)

// Options says what is written and within which bounds. The zero value writes
// with the defaults.
type Options struct {
	// Tool is the version of the program that writes, "parallax 0.1.0".
	Tool      string
	Source    Source
	Redaction Redaction
	// Info are further facts for readers, shown and never interpreted.
	Info map[string]string

	// BlockRows is the mean number of rows of a block. Snapshots that are to be
	// compared have the same. Default 1024.
	BlockRows int
	// BufferBytes bounds the rows of a table that wait to be put in order; beyond
	// it they are spilled. Default 32 MiB, at least 64 KiB.
	BufferBytes int64
	// RowGroupBytes and PartBytes end a row group and a part file, counted before
	// compression. Defaults 16 MiB and 512 MiB.
	RowGroupBytes, PartBytes int64
	// PageBytes is the size of a page before compression, unless a block is
	// larger. Default 64 KiB.
	PageBytes int
	// Encoders is the number of row groups of a table encoded at once. Default
	// GOMAXPROCS, at most 4. It does not change the bytes written.
	Encoders int
	// Resume takes up an unfinished snapshot: its whole tables are kept.
	Resume bool

	files store.Files // tests inject faults here
}

// The defaults of Options.
const (
	DefaultBlockRows     = 1024
	DefaultBufferBytes   = 32 << 20
	DefaultRowGroupBytes = 16 << 20
	DefaultPartBytes     = 512 << 20
	DefaultPageBytes     = 32 << 10
)

const minBufferBytes = 64 << 10

func (o *Options) normalise() error {
	o.BlockRows = orDefault(o.BlockRows, DefaultBlockRows)
	o.BufferBytes = orDefault(o.BufferBytes, DefaultBufferBytes)
	o.RowGroupBytes = orDefault(o.RowGroupBytes, DefaultRowGroupBytes)
	o.PartBytes = orDefault(o.PartBytes, DefaultPartBytes)
	o.PageBytes = orDefault(o.PageBytes, DefaultPageBytes)
	if o.Encoders == 0 {
		o.Encoders = min(runtime.GOMAXPROCS(0), 4)
	}
	if o.Redaction.Profile == "" {
		o.Redaction.Profile = "off"
	}
	switch {
	case o.BufferBytes < minBufferBytes:
		return fmt.Errorf("snapshot: buffer of %d bytes, want at least %d", o.BufferBytes, minBufferBytes)
	case o.RowGroupBytes < 1 || o.RowGroupBytes > 1<<30:
		return fmt.Errorf("snapshot: row groups of %d bytes, want 1 to %d", o.RowGroupBytes, 1<<30)
	case o.BlockRows < 1 || o.PartBytes < 1 || o.PageBytes < 1 || o.Encoders < 1:
		return fmt.Errorf("snapshot: negative bound")
	}
	return nil
}

func orDefault[T int | int64](v, d T) T {
	if v == 0 {
		return d
	}
	return v
}

// TableClosing is what is known of a table only at its end.
type TableClosing struct {
	// Invalid says why the rows cannot be relied on.
	Invalid string
	// Point is the table's own, where the snapshot mixes points.
	Point     *Point
	Sequences []Sequence       // instead of the table's, where not nil
	Notes     map[string]int64 // added to the table's
}

// Closing is what is known of a snapshot only at its end.
type Closing struct {
	Point  Point
	Ledger Ledger
	// RedactionCounts says how often redaction touched what.
	RedactionCounts map[string]int64
	// Interrupted says why the source ended early; it is empty for a normal end.
	Interrupted string
	Notes       []string
	Info        map[string]string // added to that of Options
}

// OpenOptions says how a snapshot is read.
type OpenOptions struct {
	// Partial opens a folder whose manifest.json was never written: the tables
	// that were whole by then.
	Partial bool
}
