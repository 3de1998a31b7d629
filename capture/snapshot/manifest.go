package snapshot

import (
	"errors"

	"parallax/internal/ledger"
	"parallax/internal/sealed"
)

// The format's name and version.
const (
	FormatName  = "parallax-snapshot"
	FormatMajor = 1
	FormatMinor = 1

	// minorWithCheck is the first whose manifests end with their own digest.
	minorWithCheck = 1
)

// Names in a snapshot's folder.
const (
	ManifestName = "manifest.json"
	PartialName  = "manifest.partial.json"
)

// Errors that a caller may test for.
var (
	ErrPartial = errors.New("the snapshot is not finished")
	ErrDamaged = sealed.ErrDamaged
	ErrVersion = errors.New("unknown version")
	ErrExists  = errors.New("exists already")
	ErrOrder   = errors.New("out of order")
	ErrLedger  = errors.New("the ledger does not close")
)

// Version is the format's version.
type Version struct {
	Major int `json:"major"`
	Minor int `json:"minor"`
}

// Source says which store the rows come from; never a secret.
type Source struct {
	Engine  string `json:"engine"`            // "postgresql", "mariadb", "mysql", "sqlite", "parquet", "csv", "ndjson"
	Version string `json:"version,omitempty"` // the server's
	Detail  string `json:"detail,omitempty"`  // host and database, or file names
}

// Point is the consistent point that the rows belong to.
type Point struct {
	// Method says how it was made: "exported snapshot", "replication slot", …
	Method string `json:"method"`
	// Position in the store's log: an LSN, a GTID, a binlog file and offset.
	Position string `json:"position,omitempty"`
	// At is the store's clock at the point, in nanoseconds since 1970.
	At int64 `json:"at,omitempty"`
	// Caveats say what this method does not guarantee.
	Caveats []string `json:"caveats,omitempty"`
}

// Redaction says what was replaced, under which key.
type Redaction struct {
	Profile string           `json:"profile"` // "off" or the profile's name
	KeyID   string           `json:"key_id,omitempty"`
	Counts  map[string]int64 `json:"counts,omitempty"`
}

// File is one file with what proves it whole.
type File struct {
	Name   string `json:"name"` // relative, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Part is one Parquet file with the sidecar of its chunks' digests.
type Part struct {
	File
	Rows   int64 `json:"rows"`
	Chunks File  `json:"chunks"`
	// ChunkBytes is the size of its chunks; 0, as in version 1.0: 1 MiB.
	ChunkBytes int64 `json:"chunk_bytes,omitempty"`
}

// chunkBytes is the size of the chunks of files written now. A comparison reads
// pages here and there, and all of a chunk is hashed for one of them.
const chunkBytes = 16 << 10

func (p *Part) chunkBytes() int64 {
	if p.ChunkBytes == 0 {
		return sealed.ChunkBytes
	}
	return p.ChunkBytes
}

// TableEntry is one table in a manifest.
type TableEntry struct {
	Table
	Rows int64 `json:"rows"`
	// DuplicateKeys counts the rows whose key an earlier row has.
	DuplicateKeys int64  `json:"duplicate_keys,omitempty"`
	Blocks        int64  `json:"blocks"`
	Index         Part   `json:"index"`
	Files         []Part `json:"files"`
	// Invalid says why the rows cannot be relied on ("its columns changed while it
	// was read").
	Invalid string `json:"invalid,omitempty"`
	// Point is this table's own, where the snapshot mixes points.
	Point *Point `json:"point,omitempty"`
}

// Manifest describes a snapshot.
type Manifest struct {
	Format    string    `json:"format"`
	Version   Version   `json:"version"`
	Tool      string    `json:"tool"`
	Source    Source    `json:"source"`
	Point     Point     `json:"point"`
	Redaction Redaction `json:"redaction"`
	// BlockRows is the target size of blocks.
	BlockRows int          `json:"block_rows"`
	Tables    []TableEntry `json:"tables"`

	Ledger      Ledger            `json:"ledger"`
	Interrupted string            `json:"interrupted,omitempty"`
	Notes       []string          `json:"notes,omitempty"`
	Info        map[string]string `json:"info,omitempty"`
}

// What a snapshot's ledger consists of.
type (
	// Ledger says where everything ended, as a recording's does.
	Ledger = ledger.Ledger
	// Account follows one kind of thing: tables, rows.
	Account = ledger.Account
	// Bucket is one named end.
	Bucket = ledger.Bucket
)

// Block is one entry of a table's index.
type Block struct {
	First int64 // the first row, counted from the table's beginning
	Rows  int64
	// LastKey is the key of the last row; the first row's is above the LastKey of
	// the block before.
	LastKey []byte
	Keys    Sum   // over the keys
	Columns []Sum // by column
}
