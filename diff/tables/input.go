package tables

import (
	"errors"
	"fmt"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/rules"
	"parallax/diff/tables/mapping"
)

// Errors that a caller may test for.
var (
	// ErrNothingShared: no table of one side has a partner on the other.
	ErrNothingShared = errors.New("the two snapshots share no table")
	// ErrRedaction: tokens of different keys never compare.
	ErrRedaction = errors.New("the snapshots are redacted differently")
	// ErrOrder: a side's rows are not in the order that the format promises.
	ErrOrder = errors.New("out of order")
	// ErrPairing: two names fold into one, so that nobody can tell what pairs.
	ErrPairing = errors.New("ambiguous names")
)

// Table is one table's rows. It is used from one goroutine. snapshot.TableReader is
// one.
type Table interface {
	// Blocks calls f with each entry of the index, in order; the block is reused.
	// A table without an index calls it never.
	Blocks(f func(*snapshot.Block) error) error
	// Read fills into with rows, of the columns asked for only (nil: all).
	Read(first, rows int64, columns []int, into *snapshot.Batch) error
	Close() error
}

// Input is one side.
type Input struct {
	// Name is shown; the last element of its path, never the path.
	Name     string
	Manifest *snapshot.Manifest
	// Digest is the hex SHA-256 of the manifest.
	Digest string
	// Table opens a table by its position in the manifest.
	Table func(i int) (Table, error)
}

// FromReader makes an input of an open snapshot.
func FromReader(name string, r *snapshot.Reader) Input {
	return Input{Name: name, Manifest: r.Manifest(), Digest: r.Digest(), Table: func(i int) (Table, error) { return r.Table(i) }}
}

// Output takes the differences; comparison.Writer is one.
type Output interface {
	Write(d *comparison.Difference) error
}

// Options says how to compare. The zero value compares everything, with the
// built-in normalisations.
type Options struct {
	Tool string
	// Rules are those of answers; they serve JSON columns, by the table's name as
	// route.
	Rules   *rules.Set
	Mapping *mapping.Set
	// Strict switches the normalisations off: what is not the same is a difference.
	Strict bool
	// Sample is the number of blocks that are read whatever their checksums say.
	// Default 16.
	Sample int
	// MaxPerRecord bounds the differences of one row. Default 10,000.
	MaxPerRecord int
}

const (
	defaultSample       = 16
	defaultMaxPerRecord = 10_000
)

func (o *Options) normalise() error {
	var err error
	if o.Rules == nil {
		if o.Rules, err = rules.Compile(nil); err != nil {
			return err
		}
	}
	if o.Mapping == nil {
		if o.Mapping, err = mapping.Compile(mapping.Config{}); err != nil {
			return err
		}
	}
	if o.Sample == 0 {
		o.Sample = defaultSample
	}
	if o.MaxPerRecord == 0 {
		o.MaxPerRecord = defaultMaxPerRecord
	}
	if o.Sample < 0 || o.MaxPerRecord < 1 {
		return fmt.Errorf("tables: a bound is negative")
	}
	return nil
}
