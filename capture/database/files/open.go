package files

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// reader reads the files of one format.
type reader interface {
	// describe fills in columns and key; the table has its name.
	describe(ctx context.Context, f *file, t *snapshot.Table) error
	read(ctx context.Context, f *file, t *snapshot.Table, emit func(*snapshot.Batch) error) error
}

// file is one file as it was found.
type file struct {
	path string
	info os.FileInfo
}

type source struct {
	o      database.Options
	format format
	reader reader
	files  map[string]*file // by table
	names  []string
	point  snapshot.Point
	detail string

	life context.Context // ends with Close
	stop context.CancelFunc
}

// Open finds the files: PATH or a glob whose extension tells the format, or
// parquet:PATH, csv:PATH, ndjson:PATH.
func Open(_ context.Context, dsn string, o database.Options) (database.Source, error) {
	f, paths, err := find(dsn)
	if err != nil {
		return nil, err
	}
	switch {
	case len(o.Queries) > 0:
		return nil, fmt.Errorf("files: query %q: files cannot be queried: %w", o.Queries[0].Name, database.ErrPlan)
	case o.Consistency != "":
		return nil, fmt.Errorf("files: %q: files are read as they are: %w", o.Consistency, database.ErrConsistency)
	case o.BatchRows <= 0:
		o.BatchRows = database.DefaultBatchRows
	}
	s := &source{o: o, format: f, files: map[string]*file{}}
	s.life, s.stop = context.WithCancel(context.Background())
	s.reader = s.newReader()
	return s, s.add(paths)
}

func (s *source) newReader() reader {
	switch s.format {
	case parquetFormat:
		return &parquetReader{batchRows: s.o.BatchRows}
	case csvFormat:
		return &csvReader{o: s.o}
	}
	return &ndjsonReader{o: s.o}
}

func (s *source) add(paths []string) error {
	var bases []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("files: %w", err)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("files: %s is not a file", path)
		}
		name := tableName(path)
		if old := s.files[name]; old != nil {
			return fmt.Errorf("files: %s and %s are both table %q: %w", old.path, path, name, database.ErrPlan)
		}
		s.files[name] = &file{path: path, info: info}
		s.names, bases = append(s.names, name), append(bases, filepath.Base(path))
	}
	slices.Sort(s.names)
	s.detail = strings.Join(bases[:min(len(bases), 10)], ", ")
	if len(bases) > 10 {
		s.detail += fmt.Sprintf(" and %d more", len(bases)-10)
	}
	s.point = snapshot.Point{Method: "files as found", At: time.Now().UnixNano(),
		Caveats: []string{"nothing keeps files from changing; their size and time are looked at again after each table"}}
	return nil
}

func (s *source) Info() snapshot.Source {
	return snapshot.Source{Engine: string(s.format), Detail: s.detail}
}

func (s *source) Point() snapshot.Point { return s.point }

func (s *source) Tables(ctx context.Context) (tables []snapshot.Table, err error) {
	ctx, cancel := s.living(ctx)
	defer cancel()
	for _, name := range s.names {
		if !s.o.Wanted("", name) {
			continue
		}
		t := snapshot.Table{Name: name, From: "file", KeyFrom: "none is declared for the file"}
		if t.Key = s.key(name); len(t.Key) > 0 {
			t.KeyFrom = "declared"
		}
		if err := s.reader.describe(ctx, s.files[name], &t); err != nil {
			return nil, fmt.Errorf("%s: %w", s.files[name].path, err)
		}
		tables = append(tables, t)
	}
	return tables, checkTypes(&s.o, tables)
}

func (s *source) key(table string) []string {
	if key, ok := s.o.Keys[table]; ok {
		return key
	}
	return s.o.Keys["*"]
}

func (s *source) Read(ctx context.Context, t *snapshot.Table, emit func(*snapshot.Batch) error) error {
	ctx, cancel := s.living(ctx)
	defer cancel()
	f := s.files[t.Name]
	if f == nil {
		return fmt.Errorf("files: there is no table %q", t.Name)
	}
	open := func(b *snapshot.Batch) error { // the context hears of Close a moment later
		if err := s.life.Err(); err != nil {
			return err
		}
		return emit(b)
	}
	if err := s.reader.read(ctx, f, t, open); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

// living ends a context with the source, too.
func (s *source) living(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(s.life, cancel)
	return ctx, func() { release(); cancel() }
}

// Recheck looks whether the file is the one that was found.
func (s *source) Recheck(_ context.Context, t *snapshot.Table) (string, error) {
	f := s.files[t.Name]
	if f == nil {
		return "", fmt.Errorf("files: there is no table %q", t.Name)
	}
	now, err := os.Stat(f.path)
	switch {
	case err != nil:
		return "the file is gone", nil
	case !os.SameFile(now, f.info):
		return "another file took its place", nil
	case now.Size() != f.info.Size() || !now.ModTime().Equal(f.info.ModTime()):
		return "the file changed", nil
	}
	return "", nil
}

func (s *source) Close() error {
	s.stop()
	return nil
}
