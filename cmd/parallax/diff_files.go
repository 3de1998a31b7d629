package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"parallax/capture/database"
	"parallax/capture/database/files"
	"parallax/capture/snapshot"
	"parallax/diff/tables"
)

// areParquet reports whether both sides are Parquet files, which compare without
// snapshots: every row is read.
func areParquet(old, new string) bool { return isParquet(old) && isParquet(new) }

func isParquet(name string) bool {
	return strings.HasPrefix(name, "parquet:") || strings.EqualFold(filepath.Ext(name), ".parquet")
}

// fileSide is a side made of files: sorted by key, without an index.
type fileSide struct {
	src    database.Source
	tables []snapshot.Table
}

// openFileSide lists the tables; their rows are counted by the files' footers.
func openFileSide(ctx context.Context, dsn string, keys map[string][]string) (*fileSide, tables.Input, error) {
	src, err := files.Open(ctx, dsn, database.Options{Keys: keys, Connections: 1})
	if err != nil {
		return nil, tables.Input{}, usageError{err}
	}
	list, err := src.Tables(ctx)
	if err != nil {
		return nil, tables.Input{}, joinErrors(usageError{err}, src.Close())
	}
	s := &fileSide{src, list}
	m := &snapshot.Manifest{Source: src.Info(), Point: src.Point(), Redaction: snapshot.Redaction{Profile: "off"}, BlockRows: snapshot.DefaultBlockRows}
	counter, _ := src.(database.Estimator)
	for i := range list {
		entry := snapshot.TableEntry{Table: list[i]}
		if counter != nil {
			if entry.Rows, err = counter.Estimate(ctx, &list[i]); err != nil {
				return nil, tables.Input{}, joinErrors(err, src.Close())
			}
		}
		m.Tables = append(m.Tables, entry)
	}
	name := filepath.Base(strings.TrimPrefix(dsn, "parquet:"))
	return s, tables.Input{Name: name, Manifest: m, Table: func(i int) (tables.Table, error) { return &fileTable{ctx, s, i}, nil }}, nil
}

// fileTable reads one file from its beginning to its end.
type fileTable struct {
	ctx  context.Context
	side *fileSide
	i    int
}

// Blocks calls nothing: there is no index.
func (t *fileTable) Blocks(func(*snapshot.Block) error) error { return nil }

func (t *fileTable) Read(int64, int64, []int, *snapshot.Batch) error {
	return errors.New("rows of a file without an index are read from the first to the last")
}

var errEnough = errors.New("enough")

// Batches yields all columns, whatever is asked for.
func (t *fileTable) Batches([]int) iter.Seq2[*snapshot.Batch, error] {
	return func(yield func(*snapshot.Batch, error) bool) {
		err := t.side.src.Read(t.ctx, &t.side.tables[t.i], func(b *snapshot.Batch) error {
			if !yield(b, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

func runDiffFiles(ctx context.Context, o diffOptions, s streams) error {
	old, a, err := openFileSide(ctx, o.Old, o.Keys)
	if err != nil {
		return err
	}
	defer old.src.Close()
	new, b, err := openFileSide(ctx, o.New, o.Keys)
	if err != nil {
		return err
	}
	defer new.src.Close()
	if len(old.tables) == 1 && len(new.tables) == 1 { // two files are the two sides of one table, whatever they are called
		b.Manifest.Tables[0].Name = a.Manifest.Tables[0].Name
	}
	options, err := tableOptions(o)
	if err != nil {
		return err
	}
	summary, err := tables.Run(ctx, o.Out, a, b, options)
	if errors.Is(err, tables.ErrOrder) {
		return fmt.Errorf("%w\nhint: the files are not in the order of their key: parallax capture database FILE --key TABLE=COLUMN -o FOLDER sorts them", err)
	}
	if err != nil {
		return tablesError(err)
	}
	return o.finish(summary, s)
}

func readKeys(c *cli.Context, flag string) (map[string][]string, error) {
	keys := map[string][]string{}
	for _, text := range c.StringSlice(flag) {
		table, columns, ok := strings.Cut(text, "=")
		if !ok || table == "" || columns == "" {
			return nil, usagef("--%s %q: want TABLE=COLUMN,COLUMN", flag, text)
		}
		keys[table] = strings.Split(columns, ",")
	}
	return keys, nil
}
