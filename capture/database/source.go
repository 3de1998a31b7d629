package database

import (
	"context"
	"errors"
	"time"

	"parallax/capture/snapshot"
)

// Source is one store at one consistent point. Capture calls Tables once, then
// Read for each table, several at once where Options.Connections allows, and
// Recheck after each Read. Close may come at any time and ends them.
type Source interface {
	// Info says which store this is; it holds no secret.
	Info() snapshot.Source
	// Point is the consistent point that all Reads see.
	Point() snapshot.Point
	// Tables describes what is to be captured, sorted by schema and name. A column
	// of a type that cannot be captured exactly is an error that names it.
	Tables(ctx context.Context) ([]snapshot.Table, error)
	// Read streams the rows of t. The batch is reused after emit returns. Read may add
	// to t.Notes and set t.Sequences.
	Read(ctx context.Context, t *snapshot.Table, emit func(*snapshot.Batch) error) error
	// Recheck says in words what changed of t's description since the point ("" for
	// nothing): such rows cannot be relied on.
	Recheck(ctx context.Context, t *snapshot.Table) (string, error)
	Close() error
}

// Estimator is a Source that knows roughly how many rows a table has; it serves
// the progress line only.
type Estimator interface {
	Estimate(ctx context.Context, t *snapshot.Table) (rows int64, err error)
}

// Load is a Source that can tell how much the server is strained.
type Load interface {
	// Strain returns the replication lag and the number of running threads.
	Strain(ctx context.Context) (lag time.Duration, running int, err error)
}

// Options says what to capture and how carefully. The zero value captures every
// table over one connection without limits.
type Options struct {
	// Include and Exclude choose tables by name ("orders", "shop.orders"), * being
	// any text; an empty Include is all.
	Include, Exclude []string
	// Views: views are captured like tables; they need a key in Keys or are
	// multisets.
	Views bool
	// Queries are SELECT statements captured as tables of their own.
	Queries []Query
	// Keys declares the key of tables that have none, or another one, by table
	// name.
	Keys map[string][]string
	// Connections bounds what is open at once; at least 1.
	Connections int
	// Consistency asks for one way of making the consistent point; empty lets the
	// source choose the best that it may use.
	Consistency string
	// StatementTimeout ends a statement that takes longer; 0: none.
	StatementTimeout time.Duration
	// BatchRows bounds the rows of a batch. Default 4096.
	BatchRows int
	// Types declares what the texts of CSV and NDJSON files are: the name of a class
	// ("number", "wall time") by column, or by table.column, which goes first.
	Types map[string]string
	// NullText is what stands for null in CSV files, where it is not quoted; nil:
	// nothing does.
	NullText *string
}

// Query is a SELECT statement captured as a table.
type Query struct {
	Name string   `yaml:"name"`
	SQL  string   `yaml:"sql"`
	Key  []string `yaml:"key"`
}

// DefaultBatchRows is Options.BatchRows where it is 0.
const DefaultBatchRows = 4096

// Errors that a caller may test for.
var (
	// ErrType: a column's type cannot be captured exactly.
	ErrType = errors.New("unsupported column type")
	// ErrPointLost: the consistent point is gone (connection lost, server restarted);
	// what was read so far belongs to a point that cannot be returned to.
	ErrPointLost = errors.New("the consistent point is lost")
	// ErrConsistency: the way of making a consistent point that was asked for is
	// not possible here.
	ErrConsistency = errors.New("no consistent point in the way asked for")
)
