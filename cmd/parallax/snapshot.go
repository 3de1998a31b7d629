package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"parallax/capture/database"
	"parallax/capture/redact"
	"parallax/capture/snapshot"
	"parallax/internal/sanitise"
)

// snapshotSink hands tables through the redaction to a snapshot's writer.
type snapshotSink struct {
	w        *snapshot.Writer
	redactor *redact.Redactor
}

func (s snapshotSink) Table(t *snapshot.Table) (database.TableSink, error) {
	rows := s.redactor.Table(t)
	w, err := s.w.Table(rows.Describe())
	if err != nil {
		return nil, err
	}
	return &tableSink{rows: rows, w: w}, nil
}

// tableSink redacts before the first byte reaches sorter and disk.
type tableSink struct {
	rows *redact.Rows
	w    *snapshot.TableWriter
}

func (s *tableSink) Write(b *snapshot.Batch) error {
	redacted, err := s.rows.Apply(b)
	if err != nil {
		return err
	}
	return s.w.Write(redacted)
}

func (s *tableSink) Close(c database.TableClosing) error {
	return s.w.Close(snapshot.TableClosing{Invalid: c.Invalid, Point: c.Point, Sequences: c.Sequences, Notes: c.Notes})
}

func (s *tableSink) Abort() error { return s.w.Abort() }

// openSnapshot opens dir; one that is not finished is refused with a hint.
func openSnapshot(dir string, partial bool) (*snapshot.Reader, error) {
	r, err := snapshot.Open(dir, snapshot.OpenOptions{Partial: partial})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return r, nil
}

func catSnapshot(ctx context.Context, o catOptions, out io.Writer) error {
	r, err := openSnapshot(o.Dir, o.Partial)
	if err != nil {
		return err
	}
	defer r.Close()
	for i := range r.Manifest().Tables {
		if err := catTable(ctx, r, i, out); err != nil {
			return err
		}
	}
	return nil
}

func catTable(ctx context.Context, r *snapshot.Reader, i int, out io.Writer) error {
	t, err := r.Table(i)
	if err != nil {
		return err
	}
	table := &r.Manifest().Tables[i].Table
	var line, text []byte
	for b, err := range t.Batches(nil) {
		if err != nil {
			return err
		}
		for row := range b.Rows {
			text = snapshot.AppendRowJSON(text[:0], table, b, row)
			line = append(sanitise.JSON(line[:0], bytes.TrimSuffix(text, []byte{'\n'})), '\n')
			if _, err := out.Write(line); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// statsOfSnapshot is the JSON form.
type statsOfSnapshot struct {
	Schema int `json:"schema"`
	*snapshot.Manifest
}

func runSnapshotStats(o statsOptions, s streams) error {
	r, err := openSnapshot(o.Dir, o.Partial)
	if err != nil {
		return err
	}
	defer r.Close()
	m := r.Manifest()
	if o.JSON {
		return printJSON(s.out, statsOfSnapshot{1, m})
	}
	fmt.Fprintf(s.out, "snapshot of %s %s %s, redaction %s %s\n", m.Source.Engine, safeText(m.Source.Version), safeText(m.Source.Detail), m.Redaction.Profile, m.Redaction.KeyID)
	printPoint(s.out, &m.Point)
	fmt.Fprintf(s.out, "\n%-40s %12s %10s %8s  %s\n", "table", "rows", "blocks", "columns", "key")
	for i := range m.Tables {
		printTableStats(s.out, &m.Tables[i])
	}
	fmt.Fprintln(s.out)
	printLedger(s.out, &m.Ledger)
	return nil
}

func printTableStats(w io.Writer, t *snapshot.TableEntry) {
	key := t.KeyFrom
	if len(t.Key) > 0 {
		key = fmt.Sprintf("%v, %s", t.Key, t.KeyFrom)
	}
	fmt.Fprintf(w, "%-40s %12d %10d %8d  %s\n", safeText(t.FullName()), t.Rows, t.Blocks, len(t.Columns), safeText(key))
	if t.Invalid != "" {
		fmt.Fprintf(w, "    INVALID: %s\n", safeText(t.Invalid))
	}
}
