package pageguard

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	pq "github.com/parquet-go/parquet-go/format"
)

// Unpacker decompresses pages, for one goroutine. The zero value is ready.
type Unpacker struct {
	zstd *zstd.Decoder
	gzip *gzip.Reader
	// packed holds a large page until it is decompressed.
	packed []byte
}

// Close releases what the decompressors hold.
func (u *Unpacker) Close() {
	if u.zstd != nil {
		u.zstd.Close()
	}
}

// unpack returns the size bytes that packed stands for: packed itself where it is not
// compressed, else the buffer, which it may replace.
func (u *Unpacker) unpack(buffer *[]byte, codec pq.CompressionCodec, packed []byte, size int32) (plain []byte, err error) {
	switch {
	case codec == pq.Uncompressed || len(packed) == 0 && size == 0:
		plain = packed
	case codec == pq.Snappy:
		plain, err = unsnappy(buffer, packed, size)
	case codec == pq.Zstd:
		plain, err = u.unzstd(buffer, packed, size)
	case codec == pq.Gzip:
		plain, err = u.gunzip(buffer, packed, size)
	default:
		err = fmt.Errorf("it is not accepted")
	}
	if err != nil {
		return nil, damaged("%s: %w", codec, err)
	}
	if len(plain) != int(size) {
		return nil, damaged("%d bytes where the header says %d", len(plain), size)
	}
	return plain, nil
}

func unsnappy(buffer *[]byte, packed []byte, size int32) ([]byte, error) {
	if n, err := snappy.DecodedLen(packed); err != nil || n != int(size) {
		return nil, fmt.Errorf("snappy of %d bytes where the header says %d (%v)", n, size, err)
	}
	*buffer = grown(*buffer, int64(size))
	return snappy.Decode(*buffer, packed)
}

// zstdRoom is what a decoder wants behind the last byte: with room to spare it copies
// without looking where the end is.
const zstdRoom = 64

func (u *Unpacker) unzstd(buffer *[]byte, packed []byte, size int32) (_ []byte, err error) {
	if u.zstd == nil {
		if u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecodeAllCapLimit(true)); err != nil {
			return nil, err
		}
	}
	*buffer = grown(*buffer, int64(size)+zstdRoom)
	return u.zstd.DecodeAll(packed, (*buffer)[:0:int(size)+zstdRoom])
}

func (u *Unpacker) gunzip(buffer *[]byte, packed []byte, size int32) (_ []byte, err error) {
	if u.gzip == nil {
		u.gzip = new(gzip.Reader)
	}
	if err := u.gzip.Reset(bytes.NewReader(packed)); err != nil {
		return nil, err
	}
	*buffer = grown(*buffer, int64(size))
	if _, err := io.ReadFull(u.gzip, *buffer); err != nil {
		return nil, err
	}
	var one [1]byte
	if n, err := u.gzip.Read(one[:]); n > 0 || err != io.EOF {
		return nil, fmt.Errorf("more than the %d bytes that the header says (%v)", size, err)
	}
	return *buffer, nil
}
