package snapshot

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/pagefile"
	"parallax/internal/store"
)

// The index's leaves before those of the columns.
const (
	indexFirst = iota
	indexRows
	indexLastKey
	indexKeys
	indexSums // one a column from here on
)

const sumBytes = 16

// indexLeaves are the index's columns: `sum_` and the column's name for each
// column.
func indexLeaves(columns []Column) []pagefile.Leaf {
	count := pagefile.Leaf{Type: format.Int64, Encoding: format.DeltaBinaryPacked, Required: true, Bounded: true,
		Logical: &format.IntType{BitWidth: 64, IsSigned: true}, Converted: pagefile.ConvertedTo(deprecated.Int64)}
	sum := pagefile.Leaf{Type: format.FixedLenByteArray, Length: sumBytes, Required: true}
	key := pagefile.Leaf{Name: "last_key", Type: format.ByteArray, Encoding: format.DeltaLengthByteArray, Required: true}
	leaves := []pagefile.Leaf{count, count, key, sum}
	leaves[indexFirst].Name, leaves[indexRows].Name, leaves[indexKeys].Name = "first", "rows", "keys"
	for _, name := range leafNames(columns) {
		sum.Name = "sum_" + name.natural
		leaves = append(leaves, sum)
	}
	return leaves
}

// indexWriter writes a table's blocks.
type indexWriter struct {
	file   *openFile
	chunks []*pagefile.Chunk

	first, rows []int64
	keys        []byte
	ends        []uint32
	sums        [][]byte // by leaf, from indexKeys on
	grouped     int64    // blocks and bytes of the row group at hand
	bytes       int64
	blocks      int64
	values      []byte
}

func newIndexWriter(s store.Store, dir string, columns []Column, codec *pagefile.Codec) (*indexWriter, error) {
	leaves := indexLeaves(columns)
	f, err := createFile(s, dir+"/index", "blocks", leaves)
	if err != nil {
		return nil, err
	}
	w := &indexWriter{file: f, ends: []uint32{0}, sums: make([][]byte, len(leaves)-indexKeys)}
	for i := range leaves {
		w.chunks = append(w.chunks, pagefile.NewChunk(&leaves[i], codec))
	}
	return w, nil
}

// indexPageRows and indexPageBytes end the pages of the index, indexGroupBytes
// its row groups.
const (
	indexPageRows   = 4096
	indexPageBytes  = 4 << 20
	indexGroupBytes = 8 << 20
)

func (w *indexWriter) add(b *Block) error {
	w.first, w.rows = append(w.first, b.First), append(w.rows, b.Rows)
	w.keys = append(w.keys, b.LastKey...)
	w.ends = append(w.ends, uint32(len(w.keys)))
	w.sums[0] = AppendSum(w.sums[0], b.Keys)
	for i := range b.Columns {
		w.sums[i+1] = AppendSum(w.sums[i+1], b.Columns[i])
	}
	w.blocks++
	if n := len(w.rows); n < indexPageRows && n*sumBytes*len(w.sums)+len(w.keys) < indexPageBytes {
		return nil
	}
	return w.page()
}

// page ends the pages of all leaves.
func (w *indexWriter) page() error {
	n := len(w.rows)
	if n == 0 {
		return nil
	}
	w.bytes += int64(n*sumBytes*(len(w.sums)+1) + len(w.keys))
	w.grouped += int64(n)
	if err := errors.Join(w.countPage(indexFirst, w.first), w.countPage(indexRows, w.rows), w.keyPage(n)); err != nil {
		return err
	}
	for i, sums := range w.sums {
		if err := w.chunks[indexKeys+i].Add(&pagefile.Page{Rows: n, Values: sums}); err != nil {
			return err
		}
		w.sums[i] = sums[:0]
	}
	w.first, w.rows, w.keys, w.ends = w.first[:0], w.rows[:0], w.keys[:0], w.ends[:1]
	if w.bytes < indexGroupBytes {
		return nil
	}
	return w.group()
}

func (w *indexWriter) countPage(leaf int, counts []int64) (err error) {
	var packed delta.BinaryPackedEncoding
	if w.values, err = packed.EncodeInt64(w.values, counts); err != nil {
		return err
	}
	return w.chunks[leaf].Add(&pagefile.Page{Rows: len(counts), Values: w.values, Least: slices.Min(counts), Most: slices.Max(counts)})
}

func (w *indexWriter) keyPage(n int) (err error) {
	var lengths delta.LengthByteArrayEncoding
	if w.values, err = lengths.EncodeByteArray(w.values, w.keys, w.ends); err != nil {
		return err
	}
	return w.chunks[indexLastKey].Add(&pagefile.Page{Rows: n, Values: w.values})
}

func (w *indexWriter) group() error {
	n := w.grouped
	if w.grouped, w.bytes = 0, 0; n == 0 {
		return nil
	}
	return w.file.append(n, w.chunks)
}

func (w *indexWriter) finish() (Part, error) {
	err := w.page()
	if err == nil {
		err = w.group()
	}
	if err != nil {
		return Part{}, err
	}
	f := w.file
	w.file = nil
	return f.finish()
}

func (w *indexWriter) drop() error {
	if w == nil || w.file == nil {
		return nil
	}
	f := w.file
	w.file = nil
	return f.out.Discard()
}

// sumOf is the inverse of AppendSum.
func sumOf(b []byte) Sum {
	return Sum{Hi: binary.BigEndian.Uint64(b), Lo: binary.BigEndian.Uint64(b[8:])}
}
