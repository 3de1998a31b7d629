package redact

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// The caps of decoding a body.
const (
	maxLayers  = 3
	maxDecoded = 64 << 20
	maxRatio   = 2000
	// freeRatio is the output below which the ratio does not matter.
	freeRatio = 1 << 20
	// keepBuffer is the largest buffer that is kept for the next body.
	keepBuffer = 1 << 20
)

var (
	errOverLimit = errors.New("over a limit")
	errCoding    = errors.New("unknown content coding")
)

// decoder undoes content codings into buffers that it reuses: what it returns is
// valid until the next call.
type decoder struct {
	buffers [maxLayers]bytes.Buffer
	gzip    *gzip.Reader
	brotli  *brotli.Reader
	zstd    *zstd.Decoder
}

// all undoes codings, the last one first. It returns what could be decoded, and
// ruleCount or the rule that says why that is not all of it. The end of a
// truncated body is no reason, but for zstd, whose last block stays unread.
func (d *decoder) all(codings []string, body []byte, truncated bool) ([]byte, rule) {
	if len(codings) > maxLayers {
		return nil, overLimit
	}
	why := ruleCount
	for i := len(codings) - 1; i >= 0; i-- {
		buf := &d.buffers[i]
		if buf.Reset(); buf.Cap() > keepBuffer {
			*buf = bytes.Buffer{}
		}
		err := d.one(buf, codings[i], body)
		body = buf.Bytes()
		switch {
		case errors.Is(err, errOverLimit):
			why = overLimit
		case err != nil && !(truncated && codings[i] != "zstd" && errors.Is(err, io.ErrUnexpectedEOF)):
			why = notDecoded
		}
	}
	return body, why
}

// one undoes one coding and, on an error, has written what came before it. Bare
// deflate may by chance begin like zlib: then both are tried.
func (d *decoder) one(dst *bytes.Buffer, coding string, body []byte) error {
	err := d.with(dst, coding, body)
	if coding != "deflate" || !looksLikeZlib(body) || err == nil || errors.Is(err, errOverLimit) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	var bare bytes.Buffer
	if d.with(&bare, "bare deflate", body) == nil {
		*dst = bare
		return nil
	}
	return err
}

func (d *decoder) with(dst *bytes.Buffer, coding string, body []byte) error {
	src := bytes.NewReader(body)
	r, err := d.reader(coding, body, src)
	if err != nil {
		return err
	}
	if err := drain(dst, r, len(body)); err != nil {
		return err
	}
	if src.Len() > 0 {
		return fmt.Errorf("%d bytes after the end of %s", src.Len(), coding)
	}
	return nil
}

// drain copies within the caps.
func drain(dst *bytes.Buffer, r io.Reader, size int) error {
	limit := min(maxDecoded, max(freeRatio, int64(size)*maxRatio))
	n, err := dst.ReadFrom(io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		dst.Truncate(int(limit))
		return errOverLimit
	}
	return err
}

func (d *decoder) reader(coding string, body []byte, src *bytes.Reader) (io.Reader, error) {
	switch coding {
	case "gzip", "x-gzip":
		return d.gzipReader(src)
	case "deflate", "bare deflate":
		if coding == "deflate" && looksLikeZlib(body) {
			return zlib.NewReader(src)
		}
		return flate.NewReader(src), nil
	case "br":
		if d.brotli == nil {
			d.brotli = brotli.NewReader(src)
			return d.brotli, nil
		}
		return d.brotli, d.brotli.Reset(src)
	case "zstd":
		return d.zstdReader(src)
	}
	return nil, fmt.Errorf("%w %q", errCoding, coding)
}

func (d *decoder) gzipReader(src *bytes.Reader) (io.Reader, error) {
	if d.gzip == nil {
		d.gzip = new(gzip.Reader)
	}
	return d.gzip, d.gzip.Reset(src)
}

// looksLikeZlib: "deflate" means zlib's format, and bare deflate is often sent.
func looksLikeZlib(body []byte) bool {
	return len(body) >= 2 && body[0]&0x0f == 8 && (uint(body[0])<<8|uint(body[1]))%31 == 0
}

func (d *decoder) zstdReader(src *bytes.Reader) (io.Reader, error) {
	if d.zstd == nil {
		z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
		d.zstd = z
		return z, err
	}
	return d.zstd, d.zstd.Reset(src)
}
