package content

import (
	"bytes"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Encode applies the layers that the values of the Content-Encoding headers
// name, in their order: what Decode undoes. Where there is none it returns body
// itself. An empty body stays empty.
func Encode(values []string, body []byte) ([]byte, error) {
	if len(body) == 0 {
		return body, nil
	}
	for _, name := range Encodings(values) {
		encoded, err := encodeLayer(name, body)
		if err != nil {
			return nil, fmt.Errorf("content encoding %q: %w", name, err)
		}
		body = encoded
	}
	return body, nil
}

func encodeLayer(name string, body []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := encoder(name, &out)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func encoder(name string, out io.Writer) (io.WriteCloser, error) {
	switch name {
	case "gzip":
		return gzip.NewWriter(out), nil
	case "deflate":
		return zlib.NewWriter(out), nil
	case "br":
		return brotli.NewWriterLevel(out, 5), nil
	case "zstd":
		return zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(maxWindow))
	}
	return nil, ErrUnsupported
}
