package snapshot

import (
	"errors"
	"fmt"

	"parallax/internal/pagefile"
	"parallax/internal/sealed"
	"parallax/internal/store"
)

// partFile is an opened Parquet file of the snapshot.
type partFile struct {
	bytes *sealed.Reader
	pages *pagefile.Reader
}

// openPart opens a file for one user, who closes it.
func openPart(s store.Store, p *Part, leaves []pagefile.Leaf, codec *pagefile.Codec) (*partFile, error) {
	bytes, err := sealed.Open(s, sealed.File(p.File), sealed.File(p.Chunks), p.chunkBytes())
	if err != nil {
		return nil, err
	}
	pages, err := pagefile.Open(bytes, p.Size, leaves, codec)
	if err == nil && pages.Rows() != p.Rows {
		err = fmt.Errorf("%w: the manifest says %d rows, the footer %d", ErrDamaged, p.Rows, pages.Rows())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", p.Name, err), bytes.Close())
	}
	// The columns of a row group are read side by side, and a page's last chunk is
	// the next one's first: none should be hashed twice.
	bytes.Keep(int(min(max(pages.LargestGroup()/bytes.ChunkBytes()+2, sealed.DefaultKept), int64(2*len(leaves)), mostKept)))
	return &partFile{bytes: bytes, pages: pages}, nil
}

const mostKept = 64

// parts reads the rows of a table's part files, of which one is open at a time.
type parts struct {
	store  store.Store
	entry  *TableEntry
	layout *layout
	codec  *pagefile.Codec
	starts []int64 // the first row of each part, and the rows of all at the end

	at      int // the open part
	file    *partFile
	columns []*columnReader // by column, those that were asked for
}

func newParts(s store.Store, e *TableEntry, codec *pagefile.Codec) *parts {
	p := &parts{store: s, entry: e, layout: newLayout(e.Columns), codec: codec, starts: []int64{0}}
	for i := range e.Files {
		p.starts = append(p.starts, p.starts[i]+e.Files[i].Rows)
	}
	return p
}

func (p *parts) rows() int64 { return p.starts[len(p.starts)-1] }

// open makes the i-th part the open one.
func (p *parts) open(i int) error {
	if p.file != nil && p.at == i {
		return nil
	}
	if err := p.close(); err != nil {
		return err
	}
	file, err := openPart(p.store, &p.entry.Files[i], p.layout.leaves, p.codec)
	if err != nil {
		return err
	}
	p.at, p.file, p.columns = i, file, make([]*columnReader, len(p.layout.fields))
	return nil
}

func (p *parts) close() error {
	if p.file == nil {
		return nil
	}
	file := p.file
	p.file, p.columns = nil, nil
	return file.bytes.Close()
}

// read appends the rows from up to, without to, of the columns to a batch.
func (p *parts) read(into *Batch, columns []int, from, to int64) error {
	for from < to {
		i := p.partOf(from)
		if err := p.open(i); err != nil {
			return err
		}
		end := min(to, p.starts[i+1])
		for _, c := range columns {
			if err := p.column(c).read(&into.Columns[c], from-p.starts[i], end-p.starts[i]); err != nil {
				return fmt.Errorf("%s: %w", p.entry.Files[i].Name, err)
			}
		}
		into.Rows += int(end - from)
		from = end
	}
	return nil
}

func (p *parts) partOf(row int64) int {
	lo, hi := 0, len(p.starts)-2
	for lo < hi {
		if mid := (lo + hi + 1) / 2; p.starts[mid] <= row {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

func (p *parts) column(i int) *columnReader {
	if p.columns[i] == nil {
		p.columns[i] = newColumnReader(&p.layout.fields[i], p.file.pages)
	}
	return p.columns[i]
}
