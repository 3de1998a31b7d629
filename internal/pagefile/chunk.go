package pagefile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// maxPage bounds a page before compression, as its header does.
const maxPage = math.MaxInt32

// Page is a stretch of rows of one leaf.
type Page struct {
	Rows, Nulls int
	// Def holds a level a row: 1 where there is a value. It is not looked at where
	// Nulls is 0.
	Def []byte
	// Values are the encoded values that are not null.
	Values []byte
	// Least and Most are the bounds of a bounded leaf's page, where it has values.
	Least, Most int64
}

// Chunk collects a leaf's pages in one row group. It is used by one goroutine.
type Chunk struct {
	leaf  *Leaf
	codec *Codec

	bytes  []byte
	raw    int64 // bytes before compression, with headers
	places []format.PageLocation
	bounds []bounds
	nulls  int64
	rows   int64

	levels    []byte
	header    bytes.Buffer
	thriftOut thrift.CompactProtocol
}

type bounds struct {
	least, most int64
	nulls       int64
	none        bool
}

// NewChunk returns an empty chunk of a leaf.
func NewChunk(leaf *Leaf, codec *Codec) *Chunk { return &Chunk{leaf: leaf, codec: codec} }

// keptBytes bounds the buffers that are kept: one large value must not stay.
const keptBytes = 8 << 20

func (c *Chunk) reset() {
	if cap(c.bytes) > keptBytes {
		c.bytes = nil
	}
	c.bytes, c.places, c.bounds = c.bytes[:0], nil, c.bounds[:0]
	c.raw, c.nulls, c.rows = 0, 0, 0
}

// Add encodes and compresses a page; it keeps nothing of p.
func (c *Chunk) Add(p *Page) error {
	if p.Rows == 0 {
		return nil
	}
	if err := c.encodeLevels(p); err != nil {
		return err
	}
	if len(c.levels)+len(p.Values) > maxPage-1024 {
		return fmt.Errorf("a page of %d bytes is too large", len(p.Values))
	}
	start := len(c.bytes)
	packed, err := c.codec.Encode(slices.Grow(c.bytes, headerRoom)[:start+headerRoom], p.Values)
	if err != nil {
		return fmt.Errorf("compress page: %w", err)
	}
	// The header's size is known only now: values were compressed behind room for
	// it and move to their place.
	body := packed[start+headerRoom:]
	if err := c.writeHeader(p, body); err != nil {
		return err
	}
	c.place(packed, start, body)
	c.account(p, start)
	return nil
}

// headerRoom is more than header and levels of most pages take, so that the
// values move only forward.
const headerRoom = 256

func (c *Chunk) place(packed []byte, start int, body []byte) {
	head := c.header.Bytes()
	n := len(head) + len(c.levels)
	if n > headerRoom {
		packed = slices.Grow(packed, n)
		body = packed[start+headerRoom : len(packed) : len(packed)]
	}
	whole := packed[:start+n+len(body)]
	copy(whole[start+n:], body)
	copy(whole[start:], head)
	copy(whole[start+len(head):], c.levels)
	c.bytes = whole
}

func (c *Chunk) encodeLevels(p *Page) (err error) {
	c.levels = c.levels[:0]
	if c.leaf.Required {
		return nil
	}
	if p.Nulls == 0 || p.Nulls == p.Rows { // one run
		level := byte(1)
		if p.Nulls > 0 {
			level = 0
		}
		c.levels = append(binary.AppendUvarint(c.levels, uint64(p.Rows)<<1), level)
		return nil
	}
	levels := rle.Encoding{BitWidth: 1}
	c.levels, err = levels.EncodeLevels(c.levels, p.Def[:p.Rows])
	return err
}

func (c *Chunk) writeHeader(p *Page, body []byte) error {
	sum := crc32.Update(crc32.ChecksumIEEE(c.levels), crc32.IEEETable, body)
	h := format.PageHeader{
		Type:                 format.DataPageV2,
		UncompressedPageSize: int32(len(c.levels) + len(p.Values)),
		CompressedPageSize:   int32(len(c.levels) + len(body)),
		CRC:                  int32(sum),
	}
	h.DataPageHeaderV2.Valid = true
	h.DataPageHeaderV2.V = format.DataPageHeaderV2{
		NumValues: int32(p.Rows), NumNulls: int32(p.Nulls), NumRows: int32(p.Rows),
		Encoding:                   c.leaf.Encoding,
		DefinitionLevelsByteLength: int32(len(c.levels)),
		IsCompressed:               thrift.New(true),
		Statistics:                 format.Statistics{NullCount: int64(p.Nulls)},
	}
	c.header.Reset()
	return thrift.NewEncoder(c.thriftOut.NewWriter(&c.header)).Encode(&h)
}

func (c *Chunk) account(p *Page, start int) {
	c.places = append(c.places, format.PageLocation{
		Offset: int64(start), CompressedPageSize: int32(len(c.bytes) - start), FirstRowIndex: c.rows,
	})
	c.raw += int64(c.header.Len() + len(c.levels) + len(p.Values))
	c.nulls += int64(p.Nulls)
	c.rows += int64(p.Rows)
	if c.leaf.Bounded {
		c.bounds = append(c.bounds, bounds{p.Least, p.Most, int64(p.Nulls), p.Nulls == p.Rows})
	}
}
