package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"parallax/capture/snapshot"
)

// noteChange compares a table's definition with that of the point. Read calls it
// while its metadata lock still stands: an ALTER that waits for that lock changes
// nothing of what was read.
func (s *source) noteChange(ctx context.Context, t *snapshot.Table) error {
	return s.noteOr(ctx, t, "")
}

// noteOr notes otherwise where the catalogue shows no change: emptying a table
// (TRUNCATE) leaves no trace in it.
func (s *source) noteOr(ctx context.Context, t *snapshot.Table, otherwise string) error {
	changed, err := s.change(ctx, t)
	if err != nil {
		return err
	}
	if changed == "" {
		changed = otherwise
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after[t.Name] = changed
	return nil
}

// Recheck says what changed between the point and the end of the table's Read, or
// until now where it was not read to its end.
func (s *source) Recheck(ctx context.Context, t *snapshot.Table) (string, error) {
	s.mu.Lock()
	changed, known := s.after[t.Name]
	s.mu.Unlock()
	if known || t.From == "query" {
		return changed, nil
	}
	return s.change(ctx, t)
}

func (s *source) change(ctx context.Context, t *snapshot.Table) (string, error) {
	if t.From == "query" {
		return "", nil
	}
	now, err := loadCatalogue(ctx, s.db, s.mariadb, s.schema, t.Name)
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", t.From, t.FullName(), err)
	}
	return difference(s.catalogue[t.Name], now[t.Name]), nil
}

// difference says in words how a definition changed.
func difference(was, is *entry) string {
	switch {
	case was == nil:
		return "it was not there at the point"
	case is == nil:
		return "it was dropped or renamed"
	}
	var said []string
	for _, c := range was.columns {
		said = append(said, columnChange(&c, is)...)
	}
	for _, c := range is.columns {
		if was.column(c.name) == nil {
			said = append(said, fmt.Sprintf("column %q was added", c.name))
		}
	}
	if fmt.Sprint(was.indexes) != fmt.Sprint(is.indexes) {
		said = append(said, "its unique indexes changed")
	}
	if was.engine != is.engine {
		said = append(said, "its engine changed from "+was.engine+" to "+is.engine)
	}
	if len(said) == 0 && was.created != is.created {
		said = append(said, "it was altered or made anew at "+is.created+" UTC")
	}
	return strings.Join(said, "; ")
}

func columnChange(was *columnEntry, e *entry) []string {
	is := e.column(was.name)
	switch {
	case is == nil:
		return []string{fmt.Sprintf("column %q was dropped or renamed", was.name)}
	case was.declared != is.declared:
		return []string{fmt.Sprintf("column %q changed from %s to %s", was.name, was.declared, is.declared)}
	case *was != *is:
		return []string{fmt.Sprintf("column %q is declared otherwise", was.name)}
	}
	return nil
}

func (e *entry) column(name string) *columnEntry {
	i := slices.IndexFunc(e.columns, func(c columnEntry) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return &e.columns[i]
}
