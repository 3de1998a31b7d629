package database

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parallax/capture/snapshot"
)

// fakeSource is a store of tables that have so many batches of ten rows.
type fakeSource struct {
	tables  []snapshot.Table
	batches int
	// before is asked before a table's batch is given; an error ends the Read.
	before func(ctx context.Context, table string, batch int) error
	strain func() (time.Duration, int, error)
	change map[string]string
}

func newFake(batches int, names ...string) *fakeSource {
	f := &fakeSource{batches: batches}
	for _, n := range names {
		f.tables = append(f.tables, snapshot.Table{Name: n, From: "table", Key: []string{"id"},
			Columns: []snapshot.Column{{Name: "id", Class: snapshot.Number}}})
	}
	return f
}

func (f *fakeSource) Info() snapshot.Source                            { return snapshot.Source{Engine: "fake"} }
func (f *fakeSource) Point() snapshot.Point                            { return snapshot.Point{Method: "fake", Position: "1"} }
func (f *fakeSource) Tables(context.Context) ([]snapshot.Table, error) { return f.tables, nil }
func (f *fakeSource) Close() error                                     { return nil }

func (f *fakeSource) Recheck(_ context.Context, t *snapshot.Table) (string, error) {
	return f.change[t.Name], nil
}

func (f *fakeSource) Read(ctx context.Context, t *snapshot.Table, emit func(*snapshot.Batch) error) error {
	b := snapshot.NewBatch(t.Columns)
	for i := range f.batches {
		if f.before != nil {
			if err := f.before(ctx, t.Name, i); err != nil {
				return err
			}
		}
		b.Reset()
		for row := range 10 {
			b.Columns[0].Append(snapshot.Number, snapshot.AppendInt(nil, int64(i*10+row)))
			b.Rows++
		}
		if err := emit(b); err != nil {
			return fmt.Errorf("in other words: %v", err)
		}
		if t.Notes == nil {
			t.Notes = map[string]int64{}
		}
		t.Notes["batches"]++
	}
	return nil
}

// strainedSource is a fakeSource with a Load.
type strainedSource struct{ *fakeSource }

func (f strainedSource) Strain(context.Context) (time.Duration, int, error) { return f.strain() }

// fakeSink keeps what was closed.
type fakeSink struct {
	mu     sync.Mutex
	order  []string
	rows   map[string]int
	closed map[string]TableClosing
	write  func(table string) error
}

func newSink() *fakeSink {
	return &fakeSink{rows: map[string]int{}, closed: map[string]TableClosing{}}
}

func (s *fakeSink) Table(t *snapshot.Table) (TableSink, error) {
	s.order = append(s.order, t.Name)
	return &fakeTable{s: s, name: t.Name}, nil
}

type fakeTable struct {
	s    *fakeSink
	name string
	rows int
}

func (t *fakeTable) Write(b *snapshot.Batch) error {
	t.rows += b.Rows
	if t.s.write != nil {
		return t.s.write(t.name)
	}
	return nil
}

func (t *fakeTable) Close(c TableClosing) error {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	t.s.rows[t.name], t.s.closed[t.name] = t.rows, c
	return nil
}

func (t *fakeTable) Abort() error { t.rows = -1; return nil }
