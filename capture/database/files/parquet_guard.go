package files

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	pq "github.com/parquet-go/parquet-go/format"

	"parallax/capture/snapshot"
	"parallax/internal/pagefile"
)

const (
	// maxPage bounds a page before compression, and what is taken for one.
	maxPage = 256 << 20
	// maxPageValues bounds a page's values: those that are equal take no bytes.
	maxPageValues = 16 << 20
	// headerWindow is read for a page's header first; maxHeader is the most.
	headerWindow, maxHeader = 4 << 10, 16 << 20
)

// guard goes through the pages of a column chunk before the library does: what a
// page says of itself, how much its bytes become and how many values they stand
// for is held against the file's size and the bounds above. Most pages are read and
// decompressed twice for that.
type guard struct {
	file   io.ReaderAt
	ahead  []byte // the file's bytes from from on, as far as they were read
	from   int64
	packed []byte
	plain  []byte
	zstd   *zstd.Decoder
}

func (g *guard) close() {
	if g.zstd != nil {
		g.zstd.Close()
	}
}

// chunk checks all pages of one.
func (g *guard) chunk(m *pq.ColumnMetaData, l *leaf) error {
	at := startOf(m)
	end := at + m.TotalCompressedSize
	values := m.NumValues
	for page := 0; at < end; page++ {
		h, n, err := g.header(at, end)
		if err == nil {
			err = g.page(h, at+int64(n), end, m.Codec, l, &values)
		}
		if err != nil {
			return fmt.Errorf("page %d, at byte %d: %w", page, at, err)
		}
		at += int64(n) + int64(h.CompressedPageSize)
	}
	return nil
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", snapshot.ErrDamaged, fmt.Errorf(format, args...))
}

// bytes returns n bytes of the file at a place, of a chunk that ends at end; they are
// valid until the next call.
func (g *guard) bytes(at, n, end int64) ([]byte, error) {
	if at < g.from || at+n > g.from+int64(len(g.ahead)) {
		g.from, g.ahead = at, grown(g.ahead, min(max(n, parquetBuffer), end-at))
		if _, err := g.file.ReadAt(g.ahead, at); err != nil {
			g.ahead = g.ahead[:0]
			return nil, err
		}
	}
	return g.ahead[at-g.from:][:n], nil
}

// header reads the header at a place, and how many bytes it takes.
func (g *guard) header(at, end int64) (*pq.PageHeader, int, error) {
	for size := int64(headerWindow); ; size *= 16 {
		window, err := g.bytes(at, min(size, end-at), end)
		if err != nil {
			return nil, 0, err
		}
		n, err := pagefile.StructureLength(window)
		if errors.Is(err, pagefile.ErrShort) && size < end-at && size < maxHeader {
			continue
		}
		if err != nil {
			return nil, 0, damaged("its header: %w", err)
		}
		h := new(pq.PageHeader)
		var compact thrift.CompactProtocol
		if err := thrift.Unmarshal(&compact, window[:n], h); err != nil {
			return nil, 0, damaged("its header: %w", err)
		}
		return h, n, nil
	}
}

// grown returns a buffer of n bytes, b where it is large enough.
func grown(b []byte, n int64) []byte {
	if int64(cap(b)) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// page checks one; left is how many values the chunk may still have.
func (g *guard) page(h *pq.PageHeader, at, end int64, codec pq.CompressionCodec, l *leaf, left *int64) error {
	switch {
	case h.CompressedPageSize < 0 || int64(h.CompressedPageSize) > end-at:
		return damaged("it says that it has %d bytes, and its column has %d more", h.CompressedPageSize, end-at)
	case h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage:
		return damaged("it says that it has %d bytes before compression; at most %d are read", h.UncompressedPageSize, maxPage)
	}
	var err error
	if g.packed, err = g.bytes(at, int64(h.CompressedPageSize), end); err != nil {
		return err
	}
	switch h.Type {
	case pq.DictionaryPage:
		n := h.DictionaryPageHeader.V.NumValues
		if n < 0 || n > maxPageValues {
			return damaged("a dictionary of %d values; at most %d are read", n, maxPageValues)
		}
		return g.decompress(codec, g.packed, h.UncompressedPageSize)
	case pq.DataPage:
		return g.dataV1(h, codec, l, left)
	case pq.DataPageV2:
		return g.dataV2(h, codec, l, left)
	}
	return damaged("it is of type %s", h.Type)
}

func take(n int32, left *int64) error {
	if n < 0 || n > maxPageValues || int64(n) > *left {
		return damaged("it says that it has %d values, and its column has %d more; at most %d are read of a page", n, *left, maxPageValues)
	}
	*left -= int64(n)
	return nil
}

func (g *guard) dataV1(h *pq.PageHeader, codec pq.CompressionCodec, l *leaf, left *int64) error {
	d := &h.DataPageHeader.V
	if err := take(d.NumValues, left); err != nil {
		return err
	}
	decompress := g.decompress
	if l.maxDef == 0 && l.repDef == 0 {
		decompress = func(codec pq.CompressionCodec, packed []byte, size int32) error {
			return g.decompressFor(d.Encoding, codec, packed, size)
		}
	}
	if err := decompress(codec, g.packed, h.UncompressedPageSize); err != nil {
		return err
	}
	b, n := g.plain, int(d.NumValues)
	for _, level := range []struct {
		there    bool
		encoding pq.Encoding
		most     int
	}{{l.repDef > 0, d.RepetitionLevelEncoding, 1}, {l.maxDef > 0, d.DefinitionLevelEncoding, l.maxDef}} {
		if !level.there {
			continue
		}
		if level.encoding != pq.RLE {
			return damaged("levels in the encoding %s", level.encoding)
		}
		if len(b) < 4 || int64(binary.LittleEndian.Uint32(b)) > int64(len(b)-4) {
			return damaged("levels of more bytes than it has")
		}
		size := int(binary.LittleEndian.Uint32(b))
		if err := countRuns(b[4:4+size], widthOf(level.most), n); err != nil {
			return err
		}
		b = b[4+size:]
	}
	return checkValues(b, d.Encoding, n)
}

func (g *guard) dataV2(h *pq.PageHeader, codec pq.CompressionCodec, l *leaf, left *int64) error {
	d := &h.DataPageHeaderV2.V
	if err := take(d.NumValues, left); err != nil {
		return err
	}
	rep, def := int64(d.RepetitionLevelsByteLength), int64(d.DefinitionLevelsByteLength)
	if rep < 0 || def < 0 || rep+def > int64(len(g.packed)) || rep+def > int64(h.UncompressedPageSize) {
		return damaged("levels of %d and %d bytes in a page of %d", rep, def, len(g.packed))
	}
	if d.NumNulls < 0 || d.NumNulls > d.NumValues {
		return damaged("%d nulls among %d values", d.NumNulls, d.NumValues)
	}
	n := int(d.NumValues)
	if l.repDef > 0 {
		if err := countRuns(g.packed[:rep], 1, n); err != nil {
			return err
		}
	}
	if l.maxDef > 0 {
		if err := countRuns(g.packed[rep:rep+def], widthOf(l.maxDef), n); err != nil {
			return err
		}
	}
	if compressed, ok := d.IsCompressed.Get(); ok && !compressed {
		codec = pq.Uncompressed
	}
	if err := g.decompressFor(d.Encoding, codec, g.packed[rep+def:], h.UncompressedPageSize-int32(rep+def)); err != nil {
		return err
	}
	return checkValues(g.plain, d.Encoding, n)
}

// decompressFor leaves out what nobody looks at: plain values stand for no more than
// their bytes, of which snappy says how many they become, and zstd in one frame.
func (g *guard) decompressFor(encoding pq.Encoding, codec pq.CompressionCodec, packed []byte, size int32) error {
	if encoding == pq.Plain && codec == pq.Snappy {
		g.plain = g.plain[:0]
		return snappySays(packed, size)
	}
	if (encoding == pq.Plain || encoding == pq.ByteStreamSplit) && codec == pq.Zstd && zstdSays(packed, size) {
		g.plain = g.plain[:0]
		return nil
	}
	return g.decompress(codec, packed, size)
}

// zstdSays reports whether packed is one frame that says that it becomes size bytes;
// a decoder holds it to that.
func zstdSays(packed []byte, size int32) bool {
	var h zstd.Header
	if h.Decode(packed) != nil || h.Skippable || !h.HasFCS || h.FrameContentSize != uint64(size) || h.DictionaryID != 0 {
		return false
	}
	const raw, repeated, compressed = 0, 1, 2
	for at := h.HeaderSize; at+3 <= len(packed); {
		head := int(packed[at]) | int(packed[at+1])<<8 | int(packed[at+2])<<16
		last, kind, n := head&1 == 1, head>>1&3, head>>3
		switch kind {
		case repeated:
			n = 1
		case raw, compressed:
		default:
			return false
		}
		if at += 3 + n; last {
			if h.HasCheckSum {
				at += 4
			}
			return at == len(packed)
		}
	}
	return false
}

// zstdRoom is what a decoder wants behind the last byte.
const zstdRoom = 64

func snappySays(packed []byte, size int32) error {
	if n, err := snappy.DecodedLen(packed); err != nil || n != int(size) {
		return damaged("snappy of %d bytes where the header says %d (%v)", n, size, err)
	}
	return nil
}

// decompress fills plain with exactly size bytes.
func (g *guard) decompress(codec pq.CompressionCodec, packed []byte, size int32) (err error) {
	switch {
	case codec == pq.Uncompressed:
		g.plain = append(g.plain[:0], packed...)
	case codec == pq.Snappy:
		if err := snappySays(packed, size); err != nil {
			return err
		}
		g.plain, err = snappy.Decode(grown(g.plain, int64(size)), packed)
	case len(packed) == 0 && size == 0:
		g.plain = g.plain[:0]
	case codec == pq.Zstd:
		err = g.unzstd(packed, size)
	case codec == pq.Gzip:
		err = g.gunzip(packed, size)
	}
	if err != nil {
		return damaged("%s: %w", codec, err)
	}
	if len(g.plain) != int(size) {
		return damaged("%d bytes where the header says %d", len(g.plain), size)
	}
	return nil
}

func (g *guard) unzstd(packed []byte, size int32) (err error) {
	if g.zstd == nil {
		if g.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecodeAllCapLimit(true)); err != nil {
			return err
		}
	}
	// With room to spare the decoder copies without looking where the end is.
	g.plain = grown(g.plain, int64(size)+zstdRoom)
	g.plain, err = g.zstd.DecodeAll(packed, g.plain[:0:int(size)+zstdRoom])
	return err
}

func (g *guard) gunzip(packed []byte, size int32) error {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	g.plain = grown(g.plain, int64(size))
	if _, err := io.ReadFull(z, g.plain); err != nil {
		return err
	}
	var one [1]byte
	if n, err := z.Read(one[:]); n > 0 || err != io.EOF {
		return fmt.Errorf("more than the %d bytes that the header says (%v)", size, err)
	}
	return nil
}
