package pagefile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"sort"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Column reads one leaf. The page that was loaded last is decoded in its fields,
// which are valid until the next Load.
type Column struct {
	// First is the page's first row, counted from the file's beginning; Rows their
	// number.
	First int64
	Rows  int
	// Def holds a level a row, 1 where there is a value; nil: each row has one.
	Def []byte
	// Values are the values that are not null, in the leaf's typed form.
	Values

	file             *Reader
	leaf             int
	packed, unpacked []byte
	raw              []byte // the encoded values, in one of the two
	levels           []byte
}

// Values are the decoded values of a page; the field of the leaf's type is set.
type Values struct {
	Count int
	Int32 []int32
	Int64 []int64
	// Bytes holds values of variable length back to back, with Offsets between
	// them, or those of fixed length, floats, and the bits of booleans as PLAIN has
	// them.
	Bytes   []byte
	Offsets []uint32
}

// Column returns a reader of a leaf.
func (r *Reader) Column(leaf int) *Column { return &Column{file: r, leaf: leaf} }

// Load makes the page that holds row current.
func (c *Column) Load(row int64) (err error) {
	if row >= c.First && row < c.First+int64(c.Rows) {
		return nil
	}
	defer func() {
		if err != nil {
			c.Rows = 0
			err = fmt.Errorf("column %q: row %d: %w", c.file.leaves[c.leaf].Name, row, err)
		}
	}()
	defer recovered(&err)
	if row < 0 || row >= c.file.Rows() {
		return fmt.Errorf("the file has %d rows", c.file.Rows())
	}
	group := sort.Search(len(c.file.starts)-1, func(i int) bool { return c.file.starts[i+1] > row })
	places, err := c.file.pages(group, c.leaf)
	if err != nil {
		return err
	}
	in := row - c.file.starts[group]
	page := sort.Search(len(places), func(i int) bool { return places[i].FirstRowIndex > in }) - 1
	until := c.file.meta.RowGroups[group].NumRows
	if page+1 < len(places) {
		until = places[page+1].FirstRowIndex
	}
	c.First, c.Rows = c.file.starts[group]+places[page].FirstRowIndex, int(until-places[page].FirstRowIndex)
	return c.read(places[page], c.file.meta.RowGroups[group].Columns[c.leaf].MetaData.Codec)
}

// emptied returns a buffer of n bytes that is used again, unless it is far too
// large for it.
func emptied(b []byte, n int) []byte {
	if cap(b) > keptBytes && n < keptBytes {
		b = nil
	}
	return slices.Grow(b[:0], n)[:n]
}

func (c *Column) read(place format.PageLocation, codec format.CompressionCodec) error {
	c.packed = emptied(c.packed, int(place.CompressedPageSize))
	if _, err := c.file.at.ReadAt(c.packed, place.Offset); err != nil {
		return err
	}
	h, body, err := c.header()
	if err != nil {
		return err
	}
	v2 := &h.DataPageHeaderV2.V
	n := int(v2.DefinitionLevelsByteLength)
	if n < 0 || n > len(body) || h.UncompressedPageSize < v2.DefinitionLevelsByteLength {
		return damaged("%d bytes of levels", n)
	}
	if err := c.readLevels(body[:n], int(v2.NumNulls)); err != nil {
		return err
	}
	c.raw = body[n:]
	if codec == format.Zstd {
		c.unpacked, err = c.file.codec.decode(emptied(c.unpacked, 0), body[n:], int(h.UncompressedPageSize)-n)
		if err != nil {
			return damaged("%v", err)
		}
		c.raw = c.unpacked
	}
	return c.decode()
}

func (c *Column) header() (*format.PageHeader, []byte, error) {
	in := bytes.NewReader(c.packed)
	h := new(format.PageHeader)
	if err := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(in)).Decode(h); err != nil {
		return nil, nil, damaged("page header: %v", err)
	}
	body := c.packed[len(c.packed)-in.Len():]
	v2 := &h.DataPageHeaderV2.V
	if h.Type != format.DataPageV2 || !h.DataPageHeaderV2.Valid || int(h.CompressedPageSize) != len(body) ||
		int(v2.NumRows) != c.Rows || int(v2.NumValues) != c.Rows || v2.Encoding != c.file.leaves[c.leaf].Encoding ||
		v2.RepetitionLevelsByteLength != 0 {
		return nil, nil, damaged("a page of %d rows of type %s and encoding %s, want %d rows", v2.NumRows, h.Type, v2.Encoding, c.Rows)
	}
	if int32(crc32.ChecksumIEEE(body)) != h.CRC {
		return nil, nil, damaged("the page's CRC is wrong")
	}
	return h, body, nil
}

func (c *Column) readLevels(b []byte, nulls int) (err error) {
	c.Count, c.Def = c.Rows-nulls, nil
	if nulls < 0 || nulls > c.Rows || nulls > 0 && c.file.leaves[c.leaf].Required {
		return damaged("%d nulls in %d rows", nulls, c.Rows)
	}
	if c.file.leaves[c.leaf].Required || nulls == 0 {
		return nil
	}
	levels := rle.Encoding{BitWidth: 1}
	if c.levels, err = levels.DecodeLevels(c.levels, b); err != nil {
		return damaged("%v", err)
	}
	if len(c.levels) < c.Rows {
		return damaged("%d levels for %d rows", len(c.levels), c.Rows)
	}
	c.Def = c.levels[:c.Rows]
	if n := bytes.Count(c.Def, []byte{1}); n != c.Count {
		return damaged("%d values where the header says %d", n, c.Count)
	}
	return nil
}

func (c *Column) decode() (err error) {
	leaf := &c.file.leaves[c.leaf]
	var ints delta.BinaryPackedEncoding
	var texts delta.LengthByteArrayEncoding
	switch leaf.Type {
	case format.Int32:
		if err := c.checkDelta(); err != nil || c.Count == 0 {
			return err
		}
		c.Int32, err = ints.DecodeInt32(c.Int32, c.raw)
		return c.counted(len(c.Int32), err)
	case format.Int64:
		if err := c.checkDelta(); err != nil || c.Count == 0 {
			return err
		}
		c.Int64, err = ints.DecodeInt64(c.Int64, c.raw)
		return c.counted(len(c.Int64), err)
	case format.ByteArray:
		if err := c.checkDelta(); err != nil || c.Count == 0 {
			c.Bytes, c.Offsets = c.Bytes[:0], append(c.Offsets[:0], 0)
			return err
		}
		c.Bytes, c.Offsets, err = texts.DecodeByteArray(c.Bytes, c.raw, c.Offsets)
		if err == nil {
			err = c.checkOffsets()
		}
		return c.counted(len(c.Offsets)-1, err)
	}
	c.Bytes = c.raw
	if want := leaf.plainSize(c.Count); len(c.Bytes) != want {
		return damaged("%d bytes of values, want %d", len(c.Bytes), want)
	}
	return nil
}

func (c *Column) counted(n int, err error) error {
	if err == nil && n != c.Count {
		err = fmt.Errorf("%d values, want %d", n, c.Count)
	}
	if err != nil {
		return damaged("%v", err)
	}
	return nil
}

// checkDelta compares the number of values that a delta encoding begins with
// before memory is taken for them.
func (c *Column) checkDelta() error {
	b := c.raw
	var v uint64
	for range 3 { // size of blocks, number in them, number of values
		n := 0
		if v, n = binary.Uvarint(b); n <= 0 {
			return damaged("no head of a delta encoding")
		}
		b = b[n:]
	}
	if v != uint64(c.Count) {
		return damaged("%d values, want %d", v, c.Count)
	}
	return nil
}

func (c *Column) checkOffsets() error {
	if !slices.IsSorted(c.Offsets) || int(c.Offsets[len(c.Offsets)-1]) != len(c.Bytes) {
		return damaged("lengths of values beyond their page")
	}
	return nil
}

func (l *Leaf) plainSize(n int) int {
	switch l.Type {
	case format.Boolean:
		return (n + 7) / 8
	case format.Float:
		return 4 * n
	case format.Double:
		return 8 * n
	}
	return l.Length * n
}
