package snapshot

import (
	"fmt"
	"runtime"

	"parallax/internal/store"
)

// Options says what is written and within which bounds. The zero value writes with
// the defaults.
type Options struct {
	// Tool is the version of the program that writes.
	Tool      string
	Source    Source
	Redaction Redaction
	Info      map[string]string
	// BlockRows is the target size of blocks. Default 1024. Snapshots compare block
	// by block only where it is the same.
	BlockRows int
	// BufferBytes bounds the rows that wait to be sorted, for each table being
	// written; beyond it they are spilled. Default 32 MiB, at least 64 KiB.
	BufferBytes int64
	// RowGroupBytes and PartBytes end a row group and a part file, counted before
	// compression. Defaults 8 MiB and 512 MiB.
	RowGroupBytes, PartBytes int64
	// Encoders is the number of row groups encoded at once. Default GOMAXPROCS, at
	// most 4. It does not change the bytes written.
	Encoders int
	// Resume keeps the tables that an interrupted writer finished in the folder.
	Resume bool

	files store.Files // tests inject faults here
}

// The defaults of Options.
const (
	DefaultBlockRows     = 1024
	DefaultBufferBytes   = 32 << 20
	DefaultRowGroupBytes = 8 << 20
	DefaultPartBytes     = 512 << 20
)

const minBufferBytes = 64 << 10

func (o *Options) normalise() error {
	if o.BlockRows == 0 {
		o.BlockRows = DefaultBlockRows
	}
	if o.Encoders == 0 {
		o.Encoders = min(runtime.GOMAXPROCS(0), 4)
	}
	o.BufferBytes = orDefault(o.BufferBytes, DefaultBufferBytes)
	o.RowGroupBytes = orDefault(o.RowGroupBytes, DefaultRowGroupBytes)
	o.PartBytes = orDefault(o.PartBytes, DefaultPartBytes)
	switch {
	case o.BlockRows < 1:
		return fmt.Errorf("snapshot: blocks of %d rows, want at least 1", o.BlockRows)
	case o.BufferBytes < minBufferBytes:
		return fmt.Errorf("snapshot: buffer of %d bytes, want at least %d", o.BufferBytes, minBufferBytes)
	case o.RowGroupBytes < 1 || o.PartBytes < 1 || o.Encoders < 1:
		return fmt.Errorf("snapshot: a bound is negative")
	}
	return nil
}

func orDefault(v, d int64) int64 {
	if v == 0 {
		return d
	}
	return v
}

// Closing is what is known of a snapshot only at the end.
type Closing struct {
	Point           Point
	Ledger          Ledger
	RedactionCounts map[string]int64
	Interrupted     string
	Notes           []string
}

// TableClosing is what is known of a table only at its end.
type TableClosing struct {
	// Invalid says why the rows cannot be relied on.
	Invalid string
	// Point is the table's own, where the snapshot mixes points.
	Point     *Point
	Sequences []Sequence
	Notes     map[string]int64
}
