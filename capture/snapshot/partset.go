package snapshot

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"

	"parallax/internal/pagefile"
	"parallax/internal/sealed"
	"parallax/internal/store"
)

const (
	createdBy = "parallax"
	// pageBytes is the size from which on a page ends at the next block's border,
	// maxPageBytes that at which it ends anyway.
	pageBytes    = 64 << 10
	maxPageBytes = 1 << 20
)

// partSet writes rows in order into part files: pages that end at blocks' borders
// where they can, row groups encoded side by side and committed in order.
type partSet struct {
	store  *store.Folder
	folder string // of the table, with a slash
	table  *Table
	cols   []physical
	leaves []pagefile.Leaf
	schema *parquet.Schema
	o      *Options

	open  *group
	queue chan *group // in the order of rows; the committer waits for each
	slots chan struct{}
	ended chan error
	parts []Part
	cell  []byte
}

func newPartSet(s *store.Folder, folder string, t *Table, o *Options) (*partSet, error) {
	cols, err := layoutOf(t)
	if err != nil {
		return nil, err
	}
	p := &partSet{store: s, folder: folder, table: t, cols: cols, o: o}
	p.schema, p.leaves = schemaOf(cols)
	p.open = p.newGroup()
	return p, nil
}

// group is a row group on its way: pages, then chunks.
type group struct {
	rows    int64
	bytes   int64
	current []pagefile.Page   // by leaf, being filled
	pages   [][]pagefile.Page // by leaf, full
	chunks  []*pagefile.Chunk
	encoded chan error
}

func (p *partSet) newGroup() *group {
	return &group{current: make([]pagefile.Page, len(p.leaves)), pages: make([][]pagefile.Page, len(p.leaves)), encoded: make(chan error, 1)}
}

// add takes the rows from to to of a batch.
func (p *partSet) add(b *Batch, from, to int) error {
	const step = 1024 // rows between two looks at the bounds
	for ; from < to; from += step {
		end := min(from+step, to)
		leaf := 0
		for i := range p.cols {
			if err := p.column(&p.cols[i], &b.Columns[i], leaf, from, end); err != nil {
				return err
			}
			if leaf++; p.cols[i].other.Name != "" {
				leaf++
			}
		}
		p.open.rows += int64(end - from)
		p.endPages(maxPageBytes)
		if p.open.bytes >= 2*p.o.RowGroupBytes {
			if err := p.endGroup(); err != nil {
				return err
			}
		}
	}
	return nil
}

// column adds cells to a column's page and to its sibling's.
func (p *partSet) column(c *physical, v *Vector, leaf, from, to int) error {
	page := &p.open.current[leaf]
	var other *pagefile.Page
	if c.other.Name != "" {
		other = &p.open.current[leaf+1]
	}
	before := page.Size()
	for cur := v.From(from); cur.Row < to; cur.Next() {
		class, cell := cur.Class(), v.Bytes(cur.Row)
		switch {
		case class == v.Class && c.appendCell(page, cell):
		case class == Null:
			page.Null()
		case other == nil:
			return fmt.Errorf("table %s, column %q: %s %.80q does not fit a column of %s, which does not declare that it may hold others",
				p.table.FullName(), c.column.Name, class, AppendText(nil, class, cell), c.column.Class)
		default:
			page.Null()
			p.cell = AppendTagged(p.cell[:0], class, cell)
			other.Bytes(p.cell)
			p.open.bytes += int64(len(p.cell))
			continue
		}
		if other != nil {
			other.Null()
		}
	}
	p.open.bytes += int64(page.Size() - before)
	return nil
}

// endPages ends the pages of at least this size.
func (p *partSet) endPages(size int) {
	g := p.open
	for i := range g.current {
		if g.current[i].Size() >= size {
			g.pages[i] = append(g.pages[i], g.current[i])
			g.current[i] = pagefile.Page{}
		}
	}
}

// border is told where a block ends.
func (p *partSet) border() error {
	p.endPages(pageBytes)
	if p.open.bytes >= p.o.RowGroupBytes {
		return p.endGroup()
	}
	return nil
}

// endGroup sends the open row group on its way.
func (p *partSet) endGroup() error {
	g := p.open
	if g.rows == 0 {
		return nil
	}
	for i := range g.current {
		if g.current[i].Rows > 0 {
			g.pages[i] = append(g.pages[i], g.current[i])
		}
	}
	g.current = nil
	p.start()
	select {
	case p.slots <- struct{}{}:
	case err := <-p.ended:
		p.ended <- err
		return orFailed(err)
	}
	go func() { g.encoded <- p.encode(g) }()
	p.queue <- g
	p.open = p.newGroup()
	return nil
}

func orFailed(err error) error {
	if err == nil {
		err = errors.New("snapshot: the parts were ended")
	}
	return err
}

func (p *partSet) start() {
	if p.queue != nil {
		return
	}
	p.queue, p.slots, p.ended = make(chan *group, p.o.Encoders), make(chan struct{}, p.o.Encoders+1), make(chan error, 1)
	go func() { p.ended <- p.commit() }()
}

// encode makes chunks of a group's pages.
func (p *partSet) encode(g *group) error {
	e, err := pagefile.NewEncoder()
	if err != nil {
		return err
	}
	for i := range g.pages {
		c := &pagefile.Chunk{}
		for k := range g.pages[i] {
			if err := e.Add(c, &p.leaves[i], &g.pages[i][k]); err != nil {
				return err
			}
			g.pages[i][k] = pagefile.Page{}
		}
		g.chunks = append(g.chunks, c)
	}
	return nil
}

// commit writes encoded groups in order. After a failure it takes the others and
// drops them, so that nobody waits for ever.
func (p *partSet) commit() (failed error) {
	var open *openPart
	for g := range p.queue {
		err := <-g.encoded
		if failed == nil && err == nil {
			open, err = p.append(open, g)
		}
		if failed = errors.Join(failed, err); failed != nil && open != nil {
			failed, open = errors.Join(failed, open.out.Discard()), nil
		}
		<-p.slots
	}
	if failed == nil && open != nil {
		failed = p.endPart(open)
	}
	return failed
}

// openPart is a part file being written.
type openPart struct {
	out  *sealed.Writer
	file *pagefile.File
	rows int64
	raw  int64
}

func (p *partSet) append(open *openPart, g *group) (*openPart, error) {
	if open == nil {
		out, err := sealed.Create(p.store, fmt.Sprintf("%spart-%05d.parquet", p.folder, len(p.parts)))
		if err != nil {
			return nil, err
		}
		file, err := pagefile.NewFile(out, p.schema, p.leaves, createdBy)
		if err != nil {
			return nil, errors.Join(err, out.Discard())
		}
		open = &openPart{out: out, file: file}
	}
	if err := open.file.Append(g.rows, g.chunks); err != nil {
		return open, err
	}
	open.rows, open.raw = open.rows+g.rows, open.raw+g.bytes
	if open.raw < p.o.PartBytes {
		return open, nil
	}
	return nil, p.endPart(open)
}

func (p *partSet) endPart(open *openPart) error {
	if err := open.file.Finish(); err != nil {
		return errors.Join(err, open.out.Discard())
	}
	file, chunks, err := open.out.Commit()
	if err == nil {
		p.parts = append(p.parts, Part{File: file, Chunks: chunks, Rows: open.rows})
	}
	return err
}

// close writes what is left and returns the parts; the set can then be used for
// other rows.
func (p *partSet) close() ([]Part, error) {
	if err := p.endGroup(); err != nil {
		return nil, err
	}
	if p.queue == nil {
		return []Part{}, nil
	}
	close(p.queue)
	err := <-p.ended
	parts := p.parts
	p.queue, p.parts = nil, nil
	return parts, err
}

// discard ends everything and removes the finished parts.
func (p *partSet) discard() error {
	if p.queue == nil {
		return nil
	}
	close(p.queue)
	<-p.ended // what failed was said before
	p.queue = nil
	var err error
	for _, f := range p.parts {
		err = errors.Join(err, p.store.Remove(f.Name), p.store.Remove(f.Chunks.Name))
	}
	return err
}
