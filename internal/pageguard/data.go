package pageguard

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/parquet-go/parquet-go/encoding/rle"
	pq "github.com/parquet-go/parquet-go/format"
)

// take counts n values off what the chunk may still have.
func (c *Column) take(n int32) (int, error) {
	if n < 0 || n > maxPageValues || int64(n) > c.left {
		return 0, damaged("it says that it has %d values, and its column has %d more; at most %d are read of a page", n, c.left, maxPageValues)
	}
	c.left -= int64(n)
	return int(n), nil
}

// dataV1: levels, each behind its length, and values are compressed together.
func (c *Column) dataV1(d *pq.DataPageHeader, packed []byte) error {
	n, err := c.take(d.NumValues)
	if err != nil {
		return err
	}
	b, err := c.unpack.unpack(&c.plain, c.codec, packed, c.header.UncompressedPageSize)
	if err != nil {
		return err
	}
	rep, b, err := levelsV1(b, c.leaf.MaxRep, d.RepetitionLevelEncoding)
	if err != nil {
		return err
	}
	def, b, err := levelsV1(b, c.leaf.MaxDef, d.DefinitionLevelEncoding)
	if err != nil {
		return err
	}
	if err := c.slots(n, rep, def); err != nil {
		return err
	}
	return c.decode(b, d.Encoding, c.Count)
}

// levelsV1 returns the bytes of levels, where there are any, and those behind them.
func levelsV1(b []byte, most int, encoding pq.Encoding) (levels, rest []byte, err error) {
	if most == 0 {
		return nil, b, nil
	}
	if encoding != pq.RLE {
		return nil, nil, damaged("levels in the encoding %s", encoding)
	}
	if len(b) < 4 || int64(binary.LittleEndian.Uint32(b)) > int64(len(b)-4) {
		return nil, nil, damaged("levels of more bytes than it has")
	}
	end := 4 + int(binary.LittleEndian.Uint32(b))
	return b[4:end], b[end:], nil
}

// dataV2: levels are not compressed, and their lengths are in the header.
func (c *Column) dataV2(d *pq.DataPageHeaderV2, packed []byte) error {
	n, err := c.take(d.NumValues)
	if err != nil {
		return err
	}
	rep, def := int64(d.RepetitionLevelsByteLength), int64(d.DefinitionLevelsByteLength)
	if rep < 0 || def < 0 || rep+def > int64(len(packed)) || rep+def > int64(c.header.UncompressedPageSize) {
		return damaged("levels of %d and %d bytes in a page of %d", rep, def, len(packed))
	}
	if err := c.slots(n, packed[:rep], packed[rep:rep+def]); err != nil {
		return err
	}
	if len(c.Rep) > 0 && c.Rep[0] != 0 {
		return damaged("it begins within a row")
	}
	// Writers that keep no statistics say that there are no nulls.
	if nulls := n - c.Count; d.NumNulls != 0 && int(d.NumNulls) != nulls {
		return damaged("%d nulls where the header says %d", nulls, d.NumNulls)
	}
	codec := c.codec
	if compressed, ok := d.IsCompressed.Get(); ok && !compressed {
		codec = pq.Uncompressed
	}
	b, err := c.unpack.unpack(&c.plain, codec, packed[rep+def:], c.header.UncompressedPageSize-int32(rep+def))
	if err != nil {
		return err
	}
	return c.decode(b, d.Encoding, c.Count)
}

// slots decodes the levels of n slots and counts those that hold a value.
func (c *Column) slots(n int, rep, def []byte) (err error) {
	c.Slots, c.Count = n, n
	if c.leaf.MaxRep > 0 {
		if c.rep, err = levels(c.rep, rep, c.leaf.MaxRep, n); err != nil {
			return err
		}
		c.Rep = c.rep
	}
	if c.leaf.MaxDef == 0 {
		return nil
	}
	if c.def, err = levels(c.def, def, c.leaf.MaxDef, n); err != nil {
		return err
	}
	c.Count = bytes.Count(c.def, []byte{byte(c.leaf.MaxDef)})
	if c.Rep != nil || c.Count < n {
		c.Def = c.def
	}
	return nil
}

// levels decodes n levels of at most most.
func levels(dst, b []byte, most, n int) ([]byte, error) {
	runs := rle.Encoding{BitWidth: bits.Len(uint(most))}
	if err := checkRuns(b, runs.BitWidth, n); err != nil {
		return dst, err
	}
	dst, err := runs.DecodeLevels(dst, b)
	if err != nil || len(dst) < n {
		return dst, damaged("%d levels of %d slots (%v)", len(dst), n, err)
	}
	dst = dst[:n]
	known := 0
	for level := range most + 1 {
		known += bytes.Count(dst, []byte{byte(level)})
	}
	if known < n {
		return dst, damaged("levels beyond %d", most)
	}
	return dst, nil
}
