package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The format's name and version. A reader takes every minor version of the
// majors it knows and refuses a newer major by name.
const (
	FormatName  = "parallax-recording"
	FormatMajor = 1
	FormatMinor = 0
)

// Names in a recording's folder.
const (
	ManifestName = "manifest.json"
	PartialName  = "manifest.partial.json"
	JournalName  = "journal.bin"
)

// Errors that a caller may test for.
var (
	// ErrPartial: the folder holds an unfinished recording.
	ErrPartial = errors.New("the recording is not finished")
	// ErrDamaged: the bytes are not those that were written.
	ErrDamaged = errors.New("damaged")
	// ErrVersion: written by a newer major version of the format.
	ErrVersion = errors.New("unknown version")
	// ErrNotFound: no exchange has the ID.
	ErrNotFound = errors.New("no such exchange")
	// ErrExists: the folder holds a recording already.
	ErrExists = errors.New("exists already")
)

// Version is the format's version.
type Version struct {
	Major int `json:"major"`
	Minor int `json:"minor"`
}

// Source says where the exchanges come from.
type Source struct {
	Kind   string `json:"kind"`             // "packets", "proxy", "replay", "import"
	Detail string `json:"detail,omitempty"` // file names, addresses; never a secret
}

// Redaction says what was removed, under which key.
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

// Part is one Parquet file of rows in order, with the sidecar that holds the
// SHA-256 of each of its 1 MiB chunks.
type Part struct {
	File
	Rows int64 `json:"rows"`
	// First and Last are the least and greatest order key in it.
	First  ID   `json:"first"`
	Last   ID   `json:"last"`
	Chunks File `json:"chunks"`
}

// Manifest describes a recording. It holds nothing of when and where it was
// written, so that the same input gives the same bytes.
type Manifest struct {
	Format    string    `json:"format"`
	Version   Version   `json:"version"`
	Tool      string    `json:"tool"`
	Kind      Kind      `json:"kind"`
	Source    Source    `json:"source"`
	Baseline  string    `json:"baseline,omitempty"`
	Target    string    `json:"target,omitempty"`
	Redaction Redaction `json:"redaction"`

	Exchanges int64 `json:"exchanges"`
	// FirstAt and LastAt are the earliest and the latest time of any byte, in
	// nanoseconds since 1970; 0 where there is no exchange.
	FirstAt int64  `json:"first_at"`
	LastAt  int64  `json:"last_at"`
	Files   []Part `json:"files"`

	Ledger      Ledger            `json:"ledger"`
	Interrupted string            `json:"interrupted,omitempty"`
	Notes       []string          `json:"notes,omitempty"`
	Info        map[string]string `json:"info,omitempty"`
}

func (m *Manifest) encode() ([]byte, error) {
	if m.Files == nil {
		m.Files = []Part{}
	}
	if m.Ledger.Accounts == nil {
		m.Ledger.Accounts = []Account{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return b.Bytes(), nil
}
