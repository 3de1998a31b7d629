package pageguard

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	pq "github.com/parquet-go/parquet-go/format"

	"parallax/internal/pagefile"
	"parallax/internal/sealed"
)

const (
	// maxPage bounds a page before compression, and what is taken for one.
	maxPage = 256 << 20
	// maxPageValues bounds a page's values: those that are equal take no bytes.
	maxPageValues = 16 << 20
	// headerWindow is read for a page's header first; maxHeader is the most.
	headerWindow, maxHeader = 4 << 10, 16 << 20
)

// Leaf is a column of the file.
type Leaf struct {
	Type   pq.Type
	Length int // of a fixed-length type
	// MaxDef is the definition level of a value; MaxRep is 1 for lists, else 0.
	MaxDef, MaxRep int
}

// Page is what Next decoded; it is valid until the next call.
type Page struct {
	// Dictionary: Values are the chunk's dictionary, and there are no slots.
	Dictionary bool
	Slots      int
	// Rep and Def hold a level a slot. Rep is nil without lists, and so is Def then
	// where no slot is null.
	Rep, Def []byte
	// Count values, which are not null, are in Values, or, where Indexes is not nil,
	// in the dictionary at these places.
	Count   int
	Values  encoding.Values
	Indexes []int32
}

// Column reads the chunks of one leaf.
type Column struct {
	Page

	leaf   Leaf
	unpack *Unpacker
	window window
	plain  []byte // a decompressed page
	header pq.PageHeader
	decoder

	codec      pq.CompressionCodec
	at, end    int64 // what is left of the chunk
	number     int   // of the next page
	left       int64 // how many values the chunk may still have
	dictionary int   // how many values it has; -1 before there is one
}

// NewColumn returns a reader of a leaf's chunks, which share an Unpacker with others
// of the same goroutine.
func NewColumn(file io.ReaderAt, leaf Leaf, u *Unpacker) *Column {
	return &Column{leaf: leaf, unpack: u, window: window{file: file}}
}

// Open begins a chunk, whose place in the file and codec the caller has checked.
func (c *Column) Open(m *pq.ColumnMetaData) {
	c.codec, c.at, c.number, c.left, c.dictionary = m.Codec, Start(m), 0, m.NumValues, -1
	c.end = c.at + m.TotalCompressedSize
}

// Start is where a chunk's pages begin.
func Start(m *pq.ColumnMetaData) int64 {
	if m.DictionaryPageOffset > 0 {
		return m.DictionaryPageOffset
	}
	return m.DataPageOffset
}

// Next decodes the next page; io.EOF after the last.
func (c *Column) Next() error {
	if c.at >= c.end {
		return io.EOF
	}
	at := c.at
	if err := c.next(); err != nil {
		return fmt.Errorf("page %d, at byte %d: %w", c.number, at, err)
	}
	c.number++
	return nil
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", sealed.ErrDamaged, fmt.Errorf(format, args...))
}

func (c *Column) next() error {
	if err := c.readHeader(); err != nil {
		return err
	}
	packed, err := c.body()
	if err != nil {
		return err
	}
	c.Page = Page{}
	switch h := &c.header; {
	case h.Type == pq.DictionaryPage && h.DictionaryPageHeader.Valid:
		return c.dictionaryPage(&h.DictionaryPageHeader.V, packed)
	case h.Type == pq.DataPage && h.DataPageHeader.Valid:
		return c.dataV1(&h.DataPageHeader.V, packed)
	case h.Type == pq.DataPageV2 && h.DataPageHeaderV2.Valid:
		return c.dataV2(&h.DataPageHeaderV2.V, packed)
	}
	return damaged("it is of type %s", c.header.Type)
}

func (c *Column) readHeader() error {
	for size := int64(headerWindow); ; size *= 16 {
		window, err := c.window.bytes(c.at, min(size, c.end-c.at), c.end)
		if err != nil {
			return err
		}
		n, err := pagefile.StructureLength(window)
		if errors.Is(err, pagefile.ErrShort) && size < c.end-c.at && size < maxHeader {
			continue
		}
		if err == nil {
			c.header = pq.PageHeader{}
			err = thrift.Unmarshal(new(thrift.CompactProtocol), window[:n], &c.header)
		}
		if err != nil {
			return damaged("its header: %w", err)
		}
		c.at += int64(n)
		return nil
	}
}

// body returns the bytes behind the header.
func (c *Column) body() ([]byte, error) {
	h := &c.header
	switch {
	case h.CompressedPageSize < 0 || int64(h.CompressedPageSize) > c.end-c.at:
		return nil, damaged("it says that it has %d bytes, and its column has %d more", h.CompressedPageSize, c.end-c.at)
	case h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage:
		return nil, damaged("it says that it has %d bytes before compression; at most %d are read", h.UncompressedPageSize, maxPage)
	}
	b, err := c.packed(int64(h.CompressedPageSize))
	if err != nil {
		return nil, err
	}
	if h.CRC != 0 && crc32.ChecksumIEEE(b) != uint32(h.CRC) {
		return nil, damaged("its CRC is %08x where the header says %08x", crc32.ChecksumIEEE(b), uint32(h.CRC))
	}
	c.at += int64(len(b))
	return b, nil
}

// packed reads a page's n bytes. Large ones that are of no use once they are
// decompressed lie in memory that all columns share.
func (c *Column) packed(n int64) ([]byte, error) {
	compressed, said := c.header.DataPageHeaderV2.V.IsCompressed.Get()
	if n <= readAhead || c.codec == pq.Uncompressed || said && !compressed {
		return c.window.bytes(c.at, n, c.end)
	}
	c.unpack.packed = grown(c.unpack.packed, n)
	_, err := c.window.file.ReadAt(c.unpack.packed, c.at)
	return c.unpack.packed, err
}

func (c *Column) dictionaryPage(d *pq.DictionaryPageHeader, packed []byte) error {
	switch {
	case d.NumValues < 0 || d.NumValues > maxPageValues:
		return damaged("a dictionary of %d values; at most %d are read", d.NumValues, maxPageValues)
	case d.Encoding != pq.Plain && d.Encoding != oldDictionary:
		return damaged("a dictionary in the encoding %s", d.Encoding)
	case c.dictionary >= 0:
		return damaged("a second dictionary")
	}
	b, err := c.unpack.unpack(&c.plain, c.codec, packed, c.header.UncompressedPageSize)
	if err != nil {
		return err
	}
	c.Dictionary, c.dictionary = true, int(d.NumValues)
	return c.decode(b, pq.Plain, c.dictionary)
}
