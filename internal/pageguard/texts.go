package pageguard

import (
	"encoding/binary"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/bytestreamsplit"
	pq "github.com/parquet-go/parquet-go/format"
)

// texts decodes n values of any length.
func (d *decoder) texts(e pq.Encoding, b []byte, n int) (encoding.Values, error) {
	var data []byte
	var err error
	switch {
	case e == pq.Plain:
		data, err = d.plainTexts(b, n)
	case e == pq.DeltaLengthByteArray:
		data, err = d.lengthTexts(b, n)
	case e == pq.DeltaByteArray:
		data, err = d.prefixTexts(b, n)
	default:
		err = damaged("texts in the encoding %s", e)
	}
	return encoding.ByteArrayValues(data, d.offsets), err
}

// plainTexts stand each behind its length.
func (d *decoder) plainTexts(b []byte, n int) ([]byte, error) {
	out, offsets := grown(d.bytes, int64(len(b)))[:0], append(d.offsets[:0], 0)
	for range n {
		if len(b) < 4 || int64(binary.LittleEndian.Uint32(b)) > int64(len(b)-4) {
			return nil, damaged("a text that ends early")
		}
		end := 4 + int(binary.LittleEndian.Uint32(b))
		out, b = append(out, b[4:end]...), b[end:]
		offsets = append(offsets, uint32(len(out)))
	}
	d.bytes, d.offsets = out, offsets
	if len(b) > 0 {
		return nil, damaged("%d bytes behind its last text", len(b))
	}
	return out, nil
}

// lengthTexts stand back to back behind all lengths; they stay where they are.
func (d *decoder) lengthTexts(b []byte, n int) ([]byte, error) {
	var sum int
	var err error
	if d.suffixes, sum, b, err = lengths(d.suffixes, b, n); err != nil {
		return nil, err
	}
	if sum != len(b) {
		return nil, damaged("texts of %d bytes in %d", sum, len(b))
	}
	offsets, end := append(d.offsets[:0], 0), uint32(0)
	for _, size := range d.suffixes {
		end += uint32(size)
		offsets = append(offsets, end)
	}
	d.offsets = offsets
	return b, nil
}

// prefixTexts begin each with so many bytes of the one before. How long they become
// is known before memory is taken.
func (d *decoder) prefixTexts(b []byte, n int) ([]byte, error) {
	var shared, own int
	var err error
	if d.prefixes, shared, b, err = lengths(d.prefixes, b, n); err != nil {
		return nil, fmt.Errorf("prefixes: %w", err)
	}
	if d.suffixes, own, b, err = lengths(d.suffixes, b, n); err != nil {
		return nil, fmt.Errorf("suffixes: %w", err)
	}
	if own != len(b) || own+shared > maxPage {
		return nil, damaged("texts of %d and %d bytes in %d; at most %d are read of a page", shared, own, len(b), maxPage)
	}
	return d.joinTexts(b, own+shared)
}

func (d *decoder) joinTexts(b []byte, size int) ([]byte, error) {
	out, offsets, last := grown(d.bytes, int64(size))[:0], append(d.offsets[:0], 0), 0
	for i, own := range d.suffixes {
		start, shared := len(out), int(d.prefixes[i])
		if shared > start-last {
			return nil, damaged("a prefix of %d bytes of a text of %d", shared, start-last)
		}
		out = append(append(out, out[last:last+shared]...), b[:own]...)
		b, last = b[own:], start
		offsets = append(offsets, uint32(len(out)))
	}
	d.bytes, d.offsets = out, offsets
	return out, nil
}

// fixed decodes n values of one length.
func (d *decoder) fixed(e pq.Encoding, b []byte, n, size int) (encoding.Values, error) {
	var err error
	switch {
	case size < 1:
		err = damaged("values of %d bytes", size)
	case e == pq.Plain:
	case e == pq.ByteStreamSplit:
		var split bytestreamsplit.Encoding
		d.bytes, err = split.DecodeFixedLenByteArray(d.bytes, b, size)
		b = d.bytes
	case e == pq.DeltaByteArray:
		b, err = d.fixedTexts(b, n, size)
	default:
		err = damaged("values in the encoding %s", e)
	}
	if err == nil && int64(len(b)) != int64(n)*int64(size) {
		err = damaged("%d bytes of %d values of %d", len(b), n, size)
	}
	return encoding.FixedLenByteArrayValues(b, size), err
}

// fixedTexts are prefixTexts of one length.
func (d *decoder) fixedTexts(b []byte, n, size int) ([]byte, error) {
	b, err := d.prefixTexts(b, n)
	if err != nil {
		return nil, err
	}
	for i, end := range d.offsets {
		if int64(end) != int64(i)*int64(size) {
			return nil, damaged("a value that has not %d bytes", size)
		}
	}
	return b, nil
}
