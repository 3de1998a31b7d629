package recording

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/pagefile"
)

// leafWriter takes the slots of one leaf and makes data pages (version 2) of
// them. The library's own writer takes each value by a box of 24 bytes; here
// it is appended to the page's bytes.
type leafWriter struct {
	leaf *leaf
	page openPage
	done donePages
}

// openPage is the page being filled: a level a slot, and the values that are
// not null.
type openPage struct {
	rep, def []byte
	data     []byte  // texts and bytes as PLAIN has them; a byte a bool
	ints     []int64 // integers
	nulls    int
	rows     int
	least    []byte
	most     []byte
}

// donePages are the finished pages of a column chunk. Offsets count from its
// beginning.
type donePages struct {
	bytes         []byte
	raw           int64 // bytes before compression, with headers
	places        []format.PageLocation
	index         format.ColumnIndex // of bounded leaves
	values, nulls int64
	rows          int64
}

func (l *leafWriter) null() {
	l.page.def = append(l.page.def, 0)
	l.page.nulls++
	if l.leaf.repeated {
		l.page.rep = append(l.page.rep, 0)
	}
}

// present begins a slot that holds a value; rep is 1 within a list.
func (l *leafWriter) present(rep byte) {
	l.page.def = append(l.page.def, 1)
	if l.leaf.repeated {
		l.page.rep = append(l.page.rep, rep)
	}
}

func (l *leafWriter) text(v string, rep byte) {
	l.present(rep)
	l.page.data = append(binary.LittleEndian.AppendUint32(l.page.data, uint32(len(v))), v...)
	if l.leaf.bounded {
		l.page.bound(v)
	}
}

func (l *leafWriter) int(v int64) {
	l.present(0)
	l.page.ints = append(l.page.ints, v)
}

func (l *leafWriter) fixed(b []byte) {
	l.present(0)
	l.page.data = append(l.page.data, b...)
}

func (l *leafWriter) bool(v bool) {
	l.present(0)
	var b byte
	if v {
		b = 1
	}
	l.page.data = append(l.page.data, b)
}

// nulls adds n rows without a value.
func (l *leafWriter) nulls(n int) {
	p := &l.page
	p.nulls += n
	p.def = append(p.def, make([]byte, n)...)
	if l.leaf.repeated {
		p.rep = append(p.rep, make([]byte, n)...)
	}
}

// again adds a list of n elements whose values stand in the page already.
func (l *leafWriter) again(at extent, n int) {
	p := &l.page
	p.data = append(p.data, p.data[at.from:at.to]...)
	for i := range n {
		p.rep = append(p.rep, byte(min(i, 1)))
		p.def = append(p.def, 1)
	}
}

func (p *openPage) bound(v string) {
	if len(p.def)-p.nulls == 1 || v < string(p.least) {
		p.least = append(p.least[:0], v...)
	}
	if v > string(p.most) {
		p.most = append(p.most[:0], v...)
	}
}

func (p *openPage) size() int { return len(p.data) + 8*len(p.ints) + len(p.def) + len(p.rep) }

// flush ends the page.
func (l *leafWriter) flush(s *pageScratch) error {
	if l.page.rows == 0 {
		return nil
	}
	if err := s.encode(l.leaf, &l.page); err != nil {
		return err
	}
	l.done.add(l.leaf, &l.page, s)
	l.page.reset()
	return nil
}

func (p *openPage) reset() {
	*p = openPage{rep: p.rep[:0], def: p.def[:0], data: emptied(p.data), ints: p.ints[:0],
		least: p.least[:0], most: p.most[:0]}
}

// keptBytes bounds the buffers that are kept for the next page: one large body
// must not stay.
const keptBytes = 4 << 20

func emptied(b []byte) []byte {
	if cap(b) > keptBytes {
		return nil
	}
	return b[:0]
}

func (d *donePages) add(of *leaf, p *openPage, s *pageScratch) {
	start := len(d.bytes)
	for _, b := range [...][]byte{s.header.Bytes(), s.rep, s.def, s.packed} {
		d.bytes = append(d.bytes, b...)
	}
	d.places = append(d.places, format.PageLocation{
		Offset: int64(start), CompressedPageSize: int32(len(d.bytes) - start), FirstRowIndex: d.rows,
	})
	d.raw += int64(len(d.bytes) - start + s.rawSize - len(s.packed))
	d.values += int64(len(p.def))
	d.nulls += int64(p.nulls)
	d.rows += int64(p.rows)
	if of.bounded {
		d.index.NullPages = append(d.index.NullPages, p.nulls == len(p.def))
		d.index.NullCounts = append(d.index.NullCounts, int64(p.nulls))
		d.index.MinValues = append(d.index.MinValues, bytes.Clone(p.least))
		d.index.MaxValues = append(d.index.MaxValues, bytes.Clone(p.most))
	}
}

// reset empties the pages; what they held was written.
func (d *donePages) reset() { *d = donePages{bytes: emptied(d.bytes)} }

// pageScratch is the memory in which one page is encoded.
type pageScratch struct {
	codec     *pagefile.Codec
	values    []byte
	rep, def  []byte
	packed    []byte
	rawSize   int // of values
	header    bytes.Buffer
	thriftOut thrift.CompactProtocol
}

func (s *pageScratch) encode(of *leaf, p *openPage) (err error) {
	raw, err := s.plain(of, p)
	if err != nil {
		return err
	}
	if s.packed, err = s.codec.Encode(emptied(s.packed), raw); err != nil {
		return fmt.Errorf("compress page: %w", err)
	}
	levels := rle.Encoding{BitWidth: 1}
	if s.def, err = levels.EncodeLevels(s.def[:0], p.def); err != nil {
		return err
	}
	s.rep = s.rep[:0]
	if of.repeated {
		if s.rep, err = levels.EncodeLevels(s.rep, p.rep); err != nil {
			return err
		}
	}
	s.rawSize = len(raw)
	return s.writeHeader(of, p)
}

// plain returns the values as the leaf's encoding has them.
func (s *pageScratch) plain(of *leaf, p *openPage) (raw []byte, err error) {
	switch of.kind {
	case intColumn, timeColumn:
		var binaryPacked delta.BinaryPackedEncoding
		s.values, err = binaryPacked.EncodeInt64(s.values[:0], p.ints)
		return s.values, err
	case boolColumn:
		s.values = appendBits(s.values[:0], p.data)
		return s.values, nil
	}
	return p.data, nil
}

// appendBits packs bytes that are 0 or 1, the first in the lowest bit.
func appendBits(dst, bools []byte) []byte {
	for i, b := range bools {
		if i%8 == 0 {
			dst = append(dst, 0)
		}
		dst[len(dst)-1] |= b << (i % 8)
	}
	return dst
}

func (s *pageScratch) writeHeader(of *leaf, p *openPage) error {
	sum := crc32.NewIEEE()
	for _, b := range [...][]byte{s.rep, s.def, s.packed} {
		sum.Write(b)
	}
	levels := len(s.rep) + len(s.def)
	if levels+max(s.rawSize, len(s.packed)) > math.MaxInt32 {
		return fmt.Errorf("a page of %d bytes is too large", levels+s.rawSize)
	}
	h := format.PageHeader{
		Type:                 format.DataPageV2,
		UncompressedPageSize: int32(levels + s.rawSize),
		CompressedPageSize:   int32(levels + len(s.packed)),
		CRC:                  int32(sum.Sum32()),
	}
	h.DataPageHeaderV2.Valid = true
	h.DataPageHeaderV2.V = format.DataPageHeaderV2{
		NumValues: int32(len(p.def)), NumNulls: int32(p.nulls), NumRows: int32(p.rows),
		Encoding:                   of.encoding,
		DefinitionLevelsByteLength: int32(len(s.def)),
		RepetitionLevelsByteLength: int32(len(s.rep)),
		IsCompressed:               thrift.New(true),
		Statistics:                 format.Statistics{NullCount: int64(p.nulls)},
	}
	s.header.Reset()
	return thrift.NewEncoder(s.thriftOut.NewWriter(&s.header)).Encode(&h)
}
