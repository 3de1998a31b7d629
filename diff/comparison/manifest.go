package comparison

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"parallax/internal/sealed"
	"parallax/internal/store"
)

// The format's name and version.
const (
	FormatName    = "parallax-comparison"
	FormatMajor   = 1
	FormatMinor   = 1
	SummaryFormat = "parallax-summary"

	// minorWithCheck is the first whose manifests end with their own digest.
	minorWithCheck = 1
)

// Names in a comparison's folder.
const (
	ManifestName = "manifest.json"
	SummaryName  = "summary.json"
	ExamplesName = "examples"
)

// Errors that a caller may test for.
var (
	ErrDamaged = sealed.ErrDamaged
	ErrVersion = errors.New("unknown version")
	ErrExists  = errors.New("exists already")
)

// Version is the format's version.
type Version struct {
	Major int `json:"major"`
	Minor int `json:"minor"`
}

// File is one file with what proves it whole.
type File struct {
	Name   string `json:"name"` // relative, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Manifest describes a comparison. It holds no clock and no host.
type Manifest struct {
	Format  string  `json:"format"`
	Version Version `json:"version"`
	Tool    string  `json:"tool"`
	// Old, New and Controls are the hex SHA-256 of the inputs' manifest.json.
	Old         string   `json:"old"`
	New         string   `json:"new"`
	Controls    []string `json:"controls,omitempty"`
	RulesDigest string   `json:"rules_digest"`
	// RoutesDigest is "" where routes are named by their paths.
	RoutesDigest string `json:"routes_digest,omitempty"`
	// Differences is the number of rows in the differences-NNNNN.parquet files.
	Differences int64 `json:"differences"`
	// Files are all files of the folder but the manifest, sorted by name.
	Files []File `json:"files"`
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}

func parseManifest(b []byte) (*Manifest, error) {
	kind := sealed.Kind{Format: FormatName, Major: FormatMajor, CheckedFrom: minorWithCheck, ErrVersion: ErrVersion, Undecodable: ErrDamaged}
	m := &Manifest{}
	if err := kind.Read(b, m); err != nil {
		return nil, err
	}
	return m, m.check()
}

func (m *Manifest) check() error {
	for i, f := range m.Files {
		if err := store.CheckName(f.Name); err != nil {
			return fmt.Errorf("manifest: entry %d: %w", i, err)
		}
		if f.Size < 0 || len(f.SHA256) != 64 || i > 0 && m.Files[i-1].Name >= f.Name {
			return fmt.Errorf("manifest: entry %d (%s): %w", i, f.Name, ErrDamaged)
		}
	}
	return nil
}
