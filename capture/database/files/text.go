package files

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const (
	// maxRecord bounds one record of a text file, however large the file is.
	maxRecord = 64 << 20
	// maxColumns bounds what a header, or all lines together, may name.
	maxColumns = 10_000
	// maxWindow bounds the memory that a zstd file can ask for.
	maxWindow  = 128 << 20
	textBuffer = 256 << 10
)

var errRecord = errors.New("the record is too large")

// textFile is an open text file, decompressed where its name says so, without a
// byte order mark.
type textFile struct {
	*bufio.Reader
	close []func() error
}

func openText(path string) (*textFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &textFile{close: []func() error{f.Close}}
	in, err := t.decompress(f, strings.ToLower(filepath.Ext(path)))
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	t.Reader = bufio.NewReaderSize(in, textBuffer)
	if bom, _ := t.Peek(3); string(bom) == "\ufeff" {
		_, err = t.Discard(3)
	}
	return t, err
}

func (t *textFile) decompress(f *os.File, ext string) (io.Reader, error) {
	switch ext {
	case ".gz":
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		t.close = append(t.close, z.Close)
		return z, nil
	case ".zst":
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		t.close = append(t.close, func() error { z.Close(); return nil })
		return z, nil
	}
	return f, nil
}

// Close closes what was opened, the last first.
func (t *textFile) Close() error {
	var errs []error
	for i := len(t.close) - 1; i >= 0; i-- {
		errs = append(errs, t.close[i]())
	}
	return errors.Join(errs...)
}
