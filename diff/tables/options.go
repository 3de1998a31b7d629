package tables

import (
	"errors"
	"fmt"
	"iter"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/rules"
	"parallax/diff/tables/mapping"
)

// Errors that a caller may test for.
var (
	// ErrRedaction: tokens of different keys never compare.
	ErrRedaction = errors.New("the snapshots are redacted differently")
	// ErrOrder: an input is not in the order that its format promises.
	ErrOrder = errors.New("out of order")
	// ErrPairing: which table or column belongs to which cannot be told.
	ErrPairing = errors.New("names do not pair")
)

// Table is one table's rows; snapshot.TableReader is one. It is used from one
// goroutine; Read may be called while Blocks or Batches is on its way.
type Table interface {
	// Blocks calls f with each entry of the index, in order; the block is reused. A
	// table without an index calls nothing.
	Blocks(f func(*snapshot.Block) error) error
	// Read fills into with rows, of these columns only.
	Read(first, rows int64, columns []int, into *snapshot.Batch) error
	// Batches yields all rows in key order; the batch is reused. nil: all columns.
	Batches(columns []int) iter.Seq2[*snapshot.Batch, error]
}

// Input is one snapshot.
type Input struct {
	// Name is shown; the last element of its path, never the path.
	Name     string
	Manifest *snapshot.Manifest
	// Digest is the hex SHA-256 of its manifest.json.
	Digest string
	// Table opens a table by its position in the manifest. What it returns is
	// closed where it is an io.Closer.
	Table func(i int) (Table, error)
}

// FromReader makes an input of an open snapshot.
func FromReader(name string, r *snapshot.Reader) Input {
	return Input{Name: name, Manifest: r.Manifest(), Digest: r.Digest(), Table: func(i int) (Table, error) { return r.Table(i) }}
}

// Output takes what is found. comparison.Writer is one.
type Output interface {
	// Write is called from one goroutine and may not keep the difference.
	Write(d *comparison.Difference) error
	// ScratchDir is asked for where a side has to be sorted anew.
	ScratchDir() (string, error)
}

// Options says how to compare. The zero value compares with the normalisations
// that docs/rules.md lists.
type Options struct {
	Tool string
	// Rules are those of documents; those bound to a route hold for no table.
	Rules *rules.Set // nil: none
	// Mapping says which names belong together, what is ignored and what values
	// became; nil: none.
	Mapping *mapping.Set
	// Strict turns all normalisations off: equal cells have equal bytes.
	Strict bool
	// MergeShare is the share of differing stretches beyond which all rows are read.
	// Default 0.4.
	MergeShare float64
	// Proof is the number of stretches per table that are read although their
	// checksums agree. Default 8; negative: none.
	Proof int
	// Sample is the share of keys, chosen by hash, whose rows are read whole in any
	// case. With SampleOnly no others are compared.
	Sample     float64
	SampleOnly bool
	// MaxPerRecord bounds the differences of one record; a further one says that
	// there are more. Default 10,000.
	MaxPerRecord int
	// Finish may add to the summary before it is written (invariants); nil: nothing.
	Finish func(*comparison.Summary) error
	// GroupRows bounds the rows of one key that are held in memory; more of them
	// could not be compared. Default 65,536.
	GroupRows int
}

func (o *Options) normalise() error {
	var err error
	if o.Rules == nil {
		if o.Rules, err = rules.Compile(nil); err != nil {
			return err
		}
	}
	if o.MergeShare == 0 {
		o.MergeShare = 0.4
	}
	if o.Proof == 0 {
		o.Proof = 8
	}
	if o.MaxPerRecord == 0 {
		o.MaxPerRecord = 10_000
	}
	if o.GroupRows == 0 {
		o.GroupRows = 1 << 16
	}
	switch {
	case o.MergeShare < 0 || o.MergeShare > 1:
		return fmt.Errorf("tables: merge share %g, want 0 to 1", o.MergeShare)
	case o.Sample < 0 || o.Sample > 1:
		return fmt.Errorf("tables: sample share %g, want 0 to 1", o.Sample)
	case o.SampleOnly && o.Sample == 0:
		return errors.New("tables: only the sample, and its share is 0")
	case o.MaxPerRecord < 1 || o.GroupRows < 1:
		return errors.New("tables: a bound is below 1")
	}
	return nil
}

// comparable refuses inputs whose tokens cannot be equal.
func comparable(a, b *Input) error {
	x, y := redaction(a.Manifest), redaction(b.Manifest)
	if x == y {
		return nil
	}
	return fmt.Errorf("%w: %s is %s, %s is %s\ncapture both under one key (--key-file)",
		ErrRedaction, a.Name, x, b.Name, y)
}

func redaction(m *snapshot.Manifest) string {
	switch {
	case m.Redaction.Profile == "" || m.Redaction.Profile == "off":
		return "off"
	case m.Redaction.KeyID == "":
		return m.Redaction.Profile
	}
	return m.Redaction.Profile + " " + m.Redaction.KeyID
}
