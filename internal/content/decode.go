package content

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The ways in which decoding fails; errors.Is tells them apart.
var (
	// ErrTooLarge: a limit on output, ratio, window or layers was reached.
	ErrTooLarge = errors.New("over the limit")
	// ErrUnsupported: the encoding is not one of gzip, deflate, br, zstd.
	ErrUnsupported = errors.New("unsupported content encoding")
	// ErrCorrupt: the bytes are not what the encoding says, or end too early.
	ErrCorrupt = errors.New("corrupt content encoding")
)

// Limits bound what a body may decode to. The zero value is the default.
type Limits struct {
	// Output is the largest decoded body, and the largest result of any layer,
	// in bytes: 64 MiB by default.
	Output int64
	// Ratio bounds the output of a layer to Ratio times the length of the
	// encoded body, once the output is over RatioFrom: 1,000 by default.
	Ratio int64
	// Layers is the largest number of encodings: 2 by default.
	Layers int
}

// RatioFrom is the output, in bytes, up to which no ratio is too high.
const RatioFrom = 1 << 20

func (l Limits) withDefaults() Limits {
	if l.Output <= 0 {
		l.Output = 64 << 20
	}
	if l.Ratio <= 0 {
		l.Ratio = 1000
	}
	if l.Layers <= 0 {
		l.Layers = 2
	}
	return l
}

// allowed returns the largest output for an encoded body of n bytes.
func (l Limits) allowed(n int) int64 {
	if int64(n) > l.Output/l.Ratio {
		return l.Output
	}
	return min(l.Output, max(RatioFrom, int64(n)*l.Ratio))
}

// Encodings returns the layers named by the values of the Content-Encoding
// headers of a message, in the order in which they were applied: lower case,
// without identity, x-gzip as gzip and x-compress and others as they stand.
func Encodings(values []string) []string {
	var layers []string
	for _, value := range values {
		for name := range strings.SplitSeq(value, ",") {
			switch name = strings.ToLower(strings.Trim(name, " \t")); name {
			case "", "identity":
			case "x-gzip":
				layers = append(layers, "gzip")
			default:
				layers = append(layers, name)
			}
		}
	}
	return layers
}

// Decode undoes the layers that the values of the Content-Encoding headers
// name. Where there is none to undo it returns body itself; otherwise the
// result is the caller's.
func Decode(values []string, body []byte, l Limits) ([]byte, error) {
	l = l.withDefaults()
	layers := Encodings(values)
	if len(body) == 0 || len(layers) == 0 {
		return body, nil
	}
	if len(layers) > l.Layers {
		return nil, fmt.Errorf("%d content encodings, at most %d: %w", len(layers), l.Layers, ErrTooLarge)
	}
	allowed := l.allowed(len(body))
	var err error
	for i := len(layers) - 1; i >= 0; i-- {
		if body, err = decodeLayer(layers[i], body, allowed); err != nil {
			return nil, fmt.Errorf("content encoding %q, layer %d of %d: %w", layers[i], i+1, len(layers), err)
		}
	}
	return body, nil
}

func decodeLayer(name string, body []byte, allowed int64) ([]byte, error) {
	switch name {
	case "gzip":
		return inflateWith(&gzipReaders, body, allowed)
	case "br":
		return inflateWith(&brotliReaders, body, allowed)
	case "zstd":
		return inflateWith(&zstdReaders, body, allowed)
	case "deflate":
		return decodeDeflate(body, allowed)
	}
	return nil, ErrUnsupported
}

// decodeDeflate reads zlib's format, which is what the word means, and the raw
// stream that several servers send. A raw stream may by chance begin like a
// zlib header; its checksum then fails, so both are tried.
func decodeDeflate(body []byte, allowed int64) ([]byte, error) {
	out, err := inflateWith(&zlibReaders, body, allowed)
	if err == nil || errors.Is(err, ErrTooLarge) {
		return out, err
	}
	raw, rawErr := inflateWith(&flateReaders, body, allowed)
	if rawErr == nil || errors.Is(rawErr, ErrTooLarge) {
		return raw, rawErr
	}
	return nil, err
}

// inflateWith reads all of body through a reader of p, at most allowed bytes.
func inflateWith(p *pool, body []byte, allowed int64) ([]byte, error) {
	src := bytes.NewReader(body)
	r, err := p.get(src)
	if err != nil {
		return nil, corrupt(err)
	}
	defer p.put(r)
	out, err := readAtMost(r, len(body), allowed)
	if err != nil {
		return nil, err
	}
	if src.Len() > 0 {
		return nil, fmt.Errorf("%w: %d bytes after its end", ErrCorrupt, src.Len())
	}
	return out, nil
}

// readAtMost counts what it reads itself: the decoders' own limits do not hold
// for streams.
func readAtMost(r io.Reader, encoded int, allowed int64) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(int(min(allowed, int64(encoded)*4)) + bytes.MinRead)
	n, err := out.ReadFrom(io.LimitReader(r, allowed+1))
	if n > allowed {
		return nil, fmt.Errorf("more than %d bytes from %d: %w", allowed, encoded, ErrTooLarge)
	}
	if err != nil {
		return nil, corrupt(err)
	}
	return out.Bytes(), nil
}
