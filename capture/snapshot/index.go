package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/pagefile"
	"parallax/internal/sealed"
	"parallax/internal/store"
)

// indexLeaves are the columns of a table's index: one row a block.
func indexLeaves(columns int) (*parquet.Schema, []pagefile.Leaf) {
	names := []string{"first_row", "rows", "last_key", "keys_sum"}
	nodes := []parquet.Node{parquet.Int(64), parquet.Int(64), parquet.Leaf(parquet.ByteArrayType), parquet.Leaf(parquet.FixedLenByteArrayType(16))}
	leaves := []pagefile.Leaf{
		{Name: names[0], Type: format.Int64, Required: true}, {Name: names[1], Type: format.Int64, Required: true},
		{Name: names[2], Type: format.ByteArray, Required: true}, {Name: names[3], Type: format.FixedLenByteArray, Width: 16, Required: true},
	}
	for i := range columns {
		name := fmt.Sprintf("column_%d_sum", i)
		names, nodes = append(names, name), append(nodes, parquet.Leaf(parquet.FixedLenByteArrayType(16)))
		leaves = append(leaves, pagefile.Leaf{Name: name, Type: format.FixedLenByteArray, Width: 16, Required: true})
	}
	return parquet.NewSchema("block", newGroup(names, nodes)), leaves
}

// indexRows bounds a page and row group of the index.
const indexRows = 4096

func writeIndex(s store.Store, name string, blocks []Block, columns int) (Part, error) {
	out, err := sealed.Create(s, name)
	if err != nil {
		return Part{}, err
	}
	if err := writeBlocks(out, blocks, columns); err != nil {
		return Part{}, errors.Join(err, out.Discard())
	}
	file, chunks, err := out.Commit()
	return Part{File: file, Chunks: chunks, Rows: int64(len(blocks))}, err
}

func writeBlocks(out *sealed.Writer, blocks []Block, columns int) error {
	schema, leaves := indexLeaves(columns)
	f, err := pagefile.NewFile(out, schema, leaves, createdBy)
	if err != nil {
		return err
	}
	e, err := pagefile.NewEncoder()
	if err != nil {
		return err
	}
	for len(blocks) > 0 {
		n := min(indexRows, len(blocks))
		chunks, err := encodeBlocks(e, leaves, blocks[:n])
		if err != nil {
			return err
		}
		if err := f.Append(int64(n), chunks); err != nil {
			return err
		}
		blocks = blocks[n:]
	}
	return f.Finish()
}

func encodeBlocks(e *pagefile.Encoder, leaves []pagefile.Leaf, blocks []Block) ([]*pagefile.Chunk, error) {
	pages := make([]pagefile.Page, len(leaves))
	for i := range blocks {
		b := &blocks[i]
		pages[0].Int(b.First)
		pages[1].Int(b.Rows)
		pages[2].Bytes(b.LastKey)
		pages[3].Fixed(AppendSum(nil, b.Keys))
		for k := range b.Columns {
			pages[4+k].Fixed(AppendSum(nil, b.Columns[k]))
		}
	}
	chunks := make([]*pagefile.Chunk, len(leaves))
	for i := range leaves {
		chunks[i] = &pagefile.Chunk{}
		if err := e.Add(chunks[i], &leaves[i], &pages[i]); err != nil {
			return nil, err
		}
	}
	return chunks, nil
}

// Blocks calls f with each entry of the index, in order; the block is reused. It
// checks that they follow each other without a gap.
func (t *TableReader) Blocks(f func(*Block) error) (err error) {
	defer damageOf(t.entry.Index.Name, &err)
	r, err := sealed.Open(t.folder, t.entry.Index.File, t.entry.Index.Chunks)
	if err != nil {
		return err
	}
	defer r.Close()
	file, err := openParquet(r, &t.entry.Index, len(t.entry.Columns)+4)
	if err != nil {
		return err
	}
	b := &Block{Columns: make([]Sum, len(t.entry.Columns))}
	var next int64
	for _, g := range file.RowGroups() {
		if err := blocksOf(g, b, &next, f); err != nil {
			return err
		}
	}
	if next != t.entry.Rows {
		return fmt.Errorf("%s: the blocks have %d rows, the table %d: %w", t.entry.Index.Name, next, t.entry.Rows, ErrDamaged)
	}
	return nil
}

func blocksOf(g parquet.RowGroup, b *Block, next *int64, f func(*Block) error) error {
	rows := int(g.NumRows())
	leaves := make([]values, len(g.ColumnChunks()))
	for i, c := range g.ColumnChunks() {
		if err := leaves[i].whole(c, rows); err != nil {
			return err
		}
	}
	for row := range rows {
		b.First, b.Rows = leaves[0].ints[row], leaves[1].ints[row]
		if b.First != *next || b.Rows < 1 {
			return fmt.Errorf("a block of %d rows from %d, after row %d: %w", b.Rows, b.First, *next, ErrDamaged)
		}
		*next += b.Rows
		b.LastKey = leaves[2].bytes(row)
		b.Keys = sumAt(leaves[3].bytes(row))
		for k := range b.Columns {
			b.Columns[k] = sumAt(leaves[4+k].bytes(row))
		}
		if err := f(b); err != nil {
			return err
		}
	}
	return nil
}

func sumAt(b []byte) Sum {
	return Sum{Hi: binary.BigEndian.Uint64(b), Lo: binary.BigEndian.Uint64(b[8:])}
}
