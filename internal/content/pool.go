package content

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is the largest zstd window: RFC 9659 allows HTTP no more. A frame
// that asks for more is refused before the memory is taken.
const maxWindow = 8 << 20

// decoder is a decompressor that can begin again.
type decoder interface {
	io.Reader
	Reset(io.Reader) error
}

// pool keeps decoders between bodies: a new one costs more than a small body.
// It is a cache only; nothing that a caller sees depends on what is in it.
type pool struct {
	free sync.Pool
	make func() decoder
}

func (p *pool) get(src io.Reader) (decoder, error) {
	d, ok := p.free.Get().(decoder)
	if !ok {
		d = p.make()
	}
	if err := d.Reset(src); err != nil {
		p.put(d)
		return nil, err
	}
	return d, nil
}

func (p *pool) put(d decoder) { p.free.Put(d) }

var (
	gzipReaders   = pool{make: func() decoder { return new(gzip.Reader) }}
	brotliReaders = pool{make: func() decoder { return new(brotli.Reader) }}
	zstdReaders   = pool{make: newZstd}
	zlibReaders   = pool{make: func() decoder { return new(zlibDecoder) }}
	flateReaders  = pool{make: func() decoder { return &flateDecoder{flate.NewReader(nil)} }}
)

// newZstd decodes in the caller's goroutine, so that an idle decoder holds none.
func newZstd() decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return broken{err}
	}
	return d
}

// broken stands for a decoder that could not be made.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
func (b broken) Reset(io.Reader) error    { return b.err }

// zlibDecoder makes its reader with the first stream: zlib wants to see a header.
type zlibDecoder struct{ r io.ReadCloser }

func (z *zlibDecoder) Read(p []byte) (int, error) { return z.r.Read(p) }

func (z *zlibDecoder) Reset(src io.Reader) (err error) {
	if again, ok := z.r.(zlib.Resetter); ok {
		return again.Reset(src, nil)
	}
	r, err := zlib.NewReader(src)
	if err == nil {
		z.r = r
	}
	return err
}

type flateDecoder struct{ io.ReadCloser }

func (f *flateDecoder) Reset(src io.Reader) error {
	again, ok := f.ReadCloser.(flate.Resetter)
	if !ok {
		return errors.New("flate reader cannot begin again")
	}
	return again.Reset(src, nil)
}

// corrupt turns a decoder's error into one of this package's.
func corrupt(err error) error {
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
