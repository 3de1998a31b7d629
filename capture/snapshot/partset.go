package snapshot

import (
	"errors"
	"fmt"

	"parallax/internal/pagefile"
	"parallax/internal/sealed"
	"parallax/internal/store"
)

// createdBy stands in every file; it does not depend on the program's version,
// so that the same rows give the same bytes.
func createdBy() string {
	return fmt.Sprintf("parallax-snapshot version %d.%d (build 0)", FormatMajor, FormatMinor)
}

// partSet writes row groups into part files and blocks into the index.
type partSet struct {
	store  store.Store
	dir    string // "tables/t-0001"
	limit  int64
	layout *layout
	codec  *pagefile.Codec

	open  *openFile
	made  int // parts begun, for names
	parts []Part
	index *indexWriter
	block Block // the block at hand
}

// openFile is a Parquet file being written.
type openFile struct {
	out   *sealed.Writer
	pages *pagefile.Writer
	rows  int64
	bytes int64
}

func createFile(s store.Store, base, name string, leaves []pagefile.Leaf) (*openFile, error) {
	out, err := sealed.Create(s, base+".parquet", base+".chunks", chunkBytes)
	if err != nil {
		return nil, err
	}
	return &openFile{out: out, pages: pagefile.NewWriter(out, name, createdBy(), leaves)}, nil
}

func (f *openFile) append(rows int64, chunks []*pagefile.Chunk) error {
	f.rows += rows
	return f.pages.Append(rows, chunks)
}

func (f *openFile) finish() (Part, error) {
	if err := f.pages.Finish(); err != nil {
		return Part{}, errors.Join(fmt.Errorf("%s: %w", f.out.Name(), err), f.out.Discard())
	}
	file, chunks, err := f.out.Commit()
	return Part{File: File(file), Rows: f.rows, Chunks: File(chunks), ChunkBytes: chunkBytes}, err
}

// append commits an encoded row group and its blocks.
func (s *partSet) append(g *group) error {
	if g.batch.Rows > 0 {
		if err := s.rows(g); err != nil {
			return err
		}
	}
	for i := range g.segments {
		if err := s.segment(&g.segments[i]); err != nil {
			return err
		}
	}
	if s.open == nil || s.open.bytes < s.limit && !s.open.pages.Full() {
		return nil
	}
	return s.endPart()
}

func (s *partSet) rows(g *group) error {
	if s.open == nil {
		base := fmt.Sprintf("%s/part-%05d", s.dir, s.made)
		f, err := createFile(s.store, base, "rows", s.layout.leaves)
		if err != nil {
			return err
		}
		s.open, s.made = f, s.made+1
	}
	s.open.bytes += g.bytes
	return s.open.append(int64(g.batch.Rows), g.chunks)
}

func (s *partSet) segment(g *segment) error {
	b := &s.block
	if b.Columns == nil {
		b.Columns = make([]Sum, len(g.columns))
	}
	b.Rows += int64(g.rows)
	b.Keys.Add(g.keys)
	for i := range g.columns {
		b.Columns[i].Add(g.columns[i])
	}
	if !g.ends {
		return nil
	}
	b.LastKey = g.lastKey
	if err := s.index.add(b); err != nil {
		return err
	}
	b.First, b.Rows, b.Keys = b.First+b.Rows, 0, Sum{}
	clear(b.Columns)
	return nil
}

func (s *partSet) endPart() error {
	if s.open == nil {
		return nil
	}
	f := s.open
	s.open = nil
	p, err := f.finish()
	if err == nil {
		s.parts = append(s.parts, p)
	}
	return err
}

// drop gives up the files that are open.
func (s *partSet) drop() error {
	var errs []error
	if s.open != nil {
		errs = append(errs, s.open.out.Discard())
		s.open = nil
	}
	return errors.Join(append(errs, s.index.drop())...)
}
