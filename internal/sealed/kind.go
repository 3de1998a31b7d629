package sealed

import (
	"encoding/json"
	"fmt"
)

// Kind is what a manifest must be of to be read.
type Kind struct {
	Format string
	Major  int
	// CheckedFrom is the minor version from which on manifests end with their own
	// digest.
	CheckedFrom int
	// ErrVersion is the error of another major.
	ErrVersion error
	// Undecodable, unless it is nil, is what a manifest is that JSON does not decode.
	Undecodable error
}

// Read holds a manifest from outside against its kind and its own digest, and decodes
// it. What it says is for the caller to check.
func (k *Kind) Read(doc []byte, into any) error {
	var head struct {
		Format  string
		Version struct{ Major, Minor int }
	}
	if err := json.Unmarshal(doc, &head); err != nil {
		return k.undecodable("not a manifest", err)
	}
	v := head.Version
	if head.Format != k.Format {
		return fmt.Errorf("format %q, want %q", head.Format, k.Format)
	}
	if v.Major != k.Major {
		return fmt.Errorf("%w: format version %d.%d, this program reads %d.x\nuse a newer version of the program",
			k.ErrVersion, v.Major, v.Minor, k.Major)
	}
	if err := CheckDocument(doc, v.Minor >= k.CheckedFrom); err != nil {
		return err
	}
	if err := json.Unmarshal(doc, into); err != nil {
		return k.undecodable("manifest", err)
	}
	return nil
}

func (k *Kind) undecodable(what string, err error) error {
	if k.Undecodable != nil {
		err = fmt.Errorf("%w: %w", k.Undecodable, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
