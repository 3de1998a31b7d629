package recording

import (
	"errors"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/pagefile"
	"parallax/internal/sealed"
)

// part is an opened part file.
type part struct {
	name   string
	bytes  *sealed.Reader
	file   *parquet.File
	leaves map[string][]int // a column's leaves by its name
}

// openPart opens the i-th part for one user, who closes it.
func (r *Reader) openPart(i int) (*part, error) {
	entry := &r.manifest.Files[i]
	bytes, err := openChecked(r.folder, entry)
	if err != nil {
		return nil, err
	}
	p := &part{name: entry.Name, bytes: bytes}
	if err := p.open(entry, r.cols); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", entry.Name, err), bytes.Close())
	}
	return p, nil
}

func (p *part) open(entry *Part, cols []column) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: the Parquet reader failed on the footer: %v", ErrDamaged, v)
		}
	}()
	if err := pagefile.CheckFooter(p.bytes, entry.Size); err != nil {
		return err
	}
	p.file, err = parquet.OpenFile(p.bytes, entry.Size,
		parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err := p.checkCounts(entry); err != nil {
		return err
	}
	if err := p.checkCodecs(); err != nil {
		return err
	}
	return p.findColumns(cols)
}

// checkCounts compares the row counts of manifest, footer and row groups; each
// column's count is checked as it is read.
func (p *part) checkCounts(entry *Part) error {
	var sum int64
	for _, g := range p.file.Metadata().RowGroups {
		sum += g.NumRows
	}
	if footer := p.file.NumRows(); footer != entry.Rows || sum != footer {
		return fmt.Errorf("%w: the manifest says %d rows, the footer %d, the row groups %d", ErrDamaged, entry.Rows, footer, sum)
	}
	return nil
}

// checkCodecs refuses codecs that no writer of this format uses, since every
// codec is code that outside bytes reach.
func (p *part) checkCodecs() error {
	allowed := []format.CompressionCodec{format.Zstd, format.Snappy, format.Uncompressed}
	for i, g := range p.file.Metadata().RowGroups {
		for _, c := range g.Columns {
			if !slices.Contains(allowed, c.MetaData.Codec) {
				return fmt.Errorf("row group %d: column %v: codec %s is not accepted (zstd, snappy, none)", i, c.MetaData.PathInSchema, c.MetaData.Codec)
			}
		}
	}
	return nil
}

// findColumns maps the columns to the file's leaves. A column that the file
// lacks is newer than the file, except those that identify a row.
func (p *part) findColumns(cols []column) error {
	p.leaves = map[string][]int{}
	want := schemaOf(cols)
	for _, col := range cols {
		for _, path := range col.leaves() {
			got, ok := p.file.Schema().Lookup(path...)
			if !ok {
				continue
			}
			ours, _ := want.Lookup(path...)
			if got.Node.Type().Kind() != ours.Node.Type().Kind() ||
				got.MaxDefinitionLevel != ours.MaxDefinitionLevel || got.MaxRepetitionLevel != ours.MaxRepetitionLevel {
				return fmt.Errorf("column %v: another type than the format's: %w", path, ErrDamaged)
			}
			p.leaves[col.name] = append(p.leaves[col.name], got.ColumnIndex)
		}
		if n := len(p.leaves[col.name]); n != 0 && n != len(col.leaves()) {
			return fmt.Errorf("column %q lacks a part: %w", col.name, ErrDamaged)
		}
	}
	if p.leaves[idColumn] == nil || p.leaves[replaysColumn] == nil {
		return fmt.Errorf("no column %q: %w", idColumn, ErrDamaged)
	}
	return nil
}
