package pagefile

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Codec compresses pages with encoders whose window fits a page: those of
// parquet-go keep 4 MiB windows and some 10 MiB each. The zero value is ready and
// may be used from several goroutines.
type Codec struct {
	encoders sync.Pool // of *zstd.Encoder
	decoders sync.Pool // of *zstd.Decoder
}

const zstdWindow = 512 << 10

// Encode appends src, compressed, to dst.
func (c *Codec) Encode(dst, src []byte) ([]byte, error) {
	e, ok := c.encoders.Get().(*zstd.Encoder)
	if !ok {
		var err error
		e, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
		if err != nil {
			return nil, err
		}
	}
	defer c.encoders.Put(e)
	return e.EncodeAll(src, dst), nil
}

// decode returns the size bytes that src holds.
func (c *Codec) decode(dst, src []byte, size int) ([]byte, error) {
	if err := checkFrame(src, size); err != nil {
		return nil, err
	}
	d, ok := c.decoders.Get().(*zstd.Decoder)
	if !ok {
		var err error
		if d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage)); err != nil {
			return nil, err
		}
	}
	defer c.decoders.Put(d)
	out, err := d.DecodeAll(src, dst[:0])
	if err == nil && len(out) != size {
		err = fmt.Errorf("%d bytes where the page's header says %d", len(out), size)
	}
	return out, err
}

// checkFrame looks at a frame's own size before memory is taken for it.
func checkFrame(src []byte, size int) error {
	var h zstd.Header
	if err := h.Decode(src); err != nil {
		return err
	}
	if h.HasFCS && h.FrameContentSize != uint64(size) {
		return fmt.Errorf("a frame of %d bytes where the page's header says %d", h.FrameContentSize, size)
	}
	return nil
}
