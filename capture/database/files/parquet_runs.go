package files

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	pq "github.com/parquet-go/parquet-go/format"
)

// widthOf is the number of bits that levels to most take.
func widthOf(most int) int { return bits.Len(uint(most)) }

// padding is how many values a writer may add to fill a group of bits up.
const padding = 1024

// countRuns refuses runs (Parquet's RLE) that stand for more than n values.
func countRuns(b []byte, width, n int) error {
	total := uint64(0)
	for len(b) > 0 {
		head, size := binary.Uvarint(b)
		if size <= 0 {
			return damaged("a run without a length")
		}
		b = b[size:]
		count, bytes := head>>1, uint64(width+7)/8
		if head&1 == 1 { // groups of eight
			if count > uint64(len(b)) && width > 0 {
				return damaged("a run of %d groups in %d bytes", count, len(b))
			}
			count, bytes = count*8, count*uint64(width)
		}
		if total += count; total > uint64(n)+padding || bytes > uint64(len(b)) {
			return damaged("runs of more than %d values, or bytes", n)
		}
		b = b[bytes:]
	}
	return nil
}

// oldDictionary is how writers before version 2 name the encoding RLEDictionary.
const oldDictionary = pq.Encoding(2)

// checkValues refuses encoded values that stand for more than n, or for more bytes
// than a page may have.
func checkValues(b []byte, encoding pq.Encoding, n int) error {
	switch encoding {
	case pq.Plain, pq.ByteStreamSplit, pq.DeltaLengthByteArray, pq.DeltaBinaryPacked, pq.DeltaByteArray, pq.RLEDictionary, oldDictionary, pq.RLE:
	default:
		return damaged("values in the encoding %s", encoding)
	}
	if len(b) == 0 {
		return nil
	}
	switch encoding {
	case pq.RLEDictionary, oldDictionary:
		if b[0] > 32 {
			return damaged("indexes of %d bits", b[0])
		}
		return countRuns(b[1:], int(b[0]), n)
	case pq.RLE: // truth values, behind their length
		if len(b) < 4 {
			return damaged("runs without a length")
		}
		return countRuns(b[4:], 1, n)
	case pq.DeltaBinaryPacked, pq.DeltaLengthByteArray:
		_, err := deltaHeader(b, n)
		return err
	case pq.DeltaByteArray:
		return checkPrefixes(b, n)
	}
	return nil
}

// deltaBlock is what the header of DELTA_BINARY_PACKED says.
type deltaBlock struct {
	block, minis, values int
	first                int64
	rest                 []byte
}

func deltaHeader(b []byte, n int) (deltaBlock, error) {
	var numbers [3]uint64
	for i := range numbers {
		v, size := binary.Uvarint(b)
		if size <= 0 || v > 1<<31 {
			return deltaBlock{}, damaged("deltas without a header")
		}
		numbers[i], b = v, b[size:]
	}
	first, size := binary.Varint(b)
	d := deltaBlock{int(numbers[0]), int(numbers[1]), int(numbers[2]), first, nil}
	switch {
	case size <= 0 || d.minis < 1 || d.block < 1 || d.block%128 != 0 || d.block > maxPageValues || d.block/d.minis%32 != 0 || d.block < d.minis:
		return d, damaged("deltas in blocks of %d and %d", d.block, d.minis)
	case d.values > n:
		return d, damaged("deltas of %d values where there are %d", d.values, n)
	}
	d.rest = b[size:]
	return d, nil
}

// checkPrefixes adds up how long the texts of DELTA_BYTE_ARRAY become, each of which
// begins as the one before.
func checkPrefixes(b []byte, n int) error {
	prefixes, b, err := deltaSum(b, n)
	if err != nil {
		return fmt.Errorf("prefixes: %w", err)
	}
	suffixes, _, err := deltaSum(b, n)
	if err != nil {
		return fmt.Errorf("suffixes: %w", err)
	}
	if total := prefixes + suffixes; total > maxPage {
		return damaged("texts of %d bytes; at most %d are read of a page", total, maxPage)
	}
	return nil
}

// deltaSum adds up lengths in DELTA_BINARY_PACKED, and returns what stands behind.
func deltaSum(b []byte, n int) (sum int64, rest []byte, err error) {
	d, err := deltaHeader(b, n)
	if err != nil {
		return 0, nil, err
	}
	value := d.first
	add := func() error {
		if sum += value; value < 0 || value > maxPage || sum > maxPage {
			return damaged("lengths beyond %d", maxPage)
		}
		return nil
	}
	if d.values > 0 {
		if err := add(); err != nil {
			return 0, nil, err
		}
	}
	b = d.rest
	for left := d.values - 1; left > 0; {
		least, size := binary.Varint(b)
		if size <= 0 || len(b) < size+d.minis {
			return 0, nil, damaged("deltas that end early")
		}
		widths := b[size : size+d.minis]
		b = b[size+d.minis:]
		for _, width := range widths {
			if left <= 0 {
				break
			}
			per := d.block / d.minis
			bytes := per * int(width) / 8
			if width > 64 || bytes > len(b) {
				return 0, nil, damaged("deltas that end early")
			}
			for i := range min(per, left) {
				value += least + int64(bitsAt(b, i*int(width), int(width)))
				if err := add(); err != nil {
					return 0, nil, err
				}
			}
			left -= min(per, left)
			b = b[bytes:]
		}
	}
	return sum, b, nil
}

// bitsAt reads a number of width bits, least bit first.
func bitsAt(b []byte, at, width int) (v uint64) {
	for done := 0; done < width; {
		byteAt, shift := (at+done)/8, (at+done)%8
		v |= uint64(b[byteAt]>>shift) << done
		done += 8 - shift
	}
	if width < 64 {
		v &= 1<<width - 1
	}
	return v
}
