package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"parallax/internal/sealed"
	"parallax/internal/store"
)

// The format's name and version. A reader takes every minor version of the
// majors it knows and refuses a newer major by name.
const (
	FormatName  = "parallax-recording"
	FormatMajor = 1
	FormatMinor = 1

	// minorWithCheck is the first whose manifests end with their own digest.
	minorWithCheck = 1
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
	ErrDamaged = sealed.ErrDamaged
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
	// Shard is set where this is a share of a run.
	Shard *Shard `json:"shard,omitempty"`

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
	return sealed.SealDocument(b.Bytes()), nil
}

// parseManifest reads a manifest from outside and checks what the rest of the
// package relies on.
func parseManifest(b []byte) (*Manifest, error) {
	kind := sealed.Kind{Format: FormatName, Major: FormatMajor, CheckedFrom: minorWithCheck, ErrVersion: ErrVersion}
	m := &Manifest{}
	if err := kind.Read(b, m); err != nil {
		return nil, err
	}
	return m, m.check()
}

func (m *Manifest) check() error {
	if m.Kind != KindRecording && m.Kind != KindRun {
		return fmt.Errorf("field \"kind\": unknown kind %q", m.Kind)
	}
	if m.Shard != nil {
		if err := m.Shard.check(); err != nil {
			return fmt.Errorf("field \"shard\": %w", err)
		}
	}
	var rows int64
	for i := range m.Files {
		p := &m.Files[i]
		if err := p.check(); err != nil {
			return fmt.Errorf("field \"files\": entry %d: %w", i, err)
		}
		if i > 0 && p.First <= m.Files[i-1].Last && m.Kind == KindRecording || i > 0 && p.First < m.Files[i-1].Last {
			return fmt.Errorf("field \"files\": %s begins with %s, and %s ends with %s: %w",
				p.Name, p.First, m.Files[i-1].Name, m.Files[i-1].Last, ErrDamaged)
		}
		if rows += p.Rows; rows < 0 {
			return fmt.Errorf("field \"rows\": too large: %w", ErrDamaged)
		}
	}
	if rows != m.Exchanges {
		return fmt.Errorf("%d exchanges, but the files have %d rows: %w", m.Exchanges, rows, ErrDamaged)
	}
	return nil
}

func (p *Part) check() error {
	for _, f := range []*File{&p.File, &p.Chunks} {
		if err := store.CheckName(f.Name); err != nil {
			return err
		}
		if f.Size < 0 || len(f.SHA256) != 64 {
			return fmt.Errorf("%s: size %d, %d digits of SHA-256: %w", f.Name, f.Size, len(f.SHA256), ErrDamaged)
		}
	}
	if p.Rows < 1 {
		return fmt.Errorf("%s: %d rows: %w", p.Name, p.Rows, ErrDamaged)
	}
	return nil
}
