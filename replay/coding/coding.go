// Package coding undoes and redoes the content codings that a replay has to
// look into: bodies that hold carried values, and bodies that redaction decoded.
//
// Terms: the codings are those of the Content-Encoding header, in order.
//
// Steps: Of lists them, Decode undoes them from the last to the first, Encode
// applies them from the first to the last.
//
// Limits: at most two layers, and a cap on the output of each. The encoded
// bytes are valid, and not those that the recorded client made.
package coding

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"parallax/internal/httpmsg"
)

const maxLayers = 2

// ErrTooLarge: the output would be longer than the cap.
var ErrTooLarge = errors.New("decoded body is too large")

// Of returns the content codings of a message, without identity.
func Of(headers []httpmsg.Header) []string {
	var names []string
	for _, h := range headers {
		if !strings.EqualFold(h.Name, "Content-Encoding") {
			continue
		}
		for part := range strings.SplitSeq(h.Value, ",") {
			part = strings.ToLower(strings.TrimSpace(part))
			if part != "" && part != "identity" {
				names = append(names, part)
			}
		}
	}
	return names
}

// Decode undoes codings; the result is at most limit bytes.
func Decode(codings []string, body []byte, limit int64) ([]byte, error) {
	if len(codings) > maxLayers {
		return nil, fmt.Errorf("%d content codings, at most %d are undone", len(codings), maxLayers)
	}
	for i := len(codings) - 1; i >= 0; i-- {
		var err error
		if body, err = decodeOne(codings[i], body, limit); err != nil {
			return nil, fmt.Errorf("content coding %s: %w", codings[i], err)
		}
	}
	return body, nil
}

func decodeOne(name string, body []byte, limit int64) ([]byte, error) {
	r, err := newReader(name, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	out, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(out)) > limit {
		err = ErrTooLarge
	}
	return out, err
}

func newReader(name string, r io.Reader) (io.ReadCloser, error) {
	switch name {
	case "gzip", "x-gzip":
		return gzip.NewReader(r)
	case "deflate":
		return zlib.NewReader(r)
	case "br":
		return io.NopCloser(brotli.NewReader(r)), nil
	case "zstd":
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return nil, errors.New("unknown")
}

// Encode applies codings.
func Encode(codings []string, body []byte) ([]byte, error) {
	for _, name := range codings {
		var out bytes.Buffer
		w, err := newWriter(name, &out)
		if err != nil {
			return nil, fmt.Errorf("content coding %s: %w", name, err)
		}
		if _, err = w.Write(body); err == nil {
			err = w.Close()
		}
		if err != nil {
			return nil, fmt.Errorf("content coding %s: %w", name, err)
		}
		body = out.Bytes()
	}
	return body, nil
}

func newWriter(name string, w io.Writer) (io.WriteCloser, error) {
	switch name {
	case "gzip", "x-gzip":
		return gzip.NewWriter(w), nil
	case "deflate":
		return zlib.NewWriter(w), nil
	case "br":
		return brotli.NewWriter(w), nil
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}
	return nil, errors.New("unknown")
}
