package pageguard

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/encoding/delta"
)

// deltas is what the header of DELTA_BINARY_PACKED says.
type deltas struct {
	block, minis, values int
	rest                 []byte
}

func deltaHeader(b []byte, n int) (deltas, error) {
	var numbers [3]uint64
	for i := range numbers {
		v, size := binary.Uvarint(b)
		if size <= 0 || v > 1<<31 {
			return deltas{}, damaged("deltas without a header")
		}
		numbers[i], b = v, b[size:]
	}
	_, size := binary.Varint(b)
	d := deltas{block: int(numbers[0]), minis: int(numbers[1]), values: int(numbers[2])}
	switch {
	case size <= 0 || d.minis < 1 || d.block < 1 || d.block%128 != 0 || d.block > maxPageValues || d.block/d.minis%32 != 0 || d.block < d.minis:
		return d, damaged("deltas in blocks of %d and %d", d.block, d.minis)
	case d.values != n:
		return d, damaged("deltas of %d values where there are %d", d.values, n)
	}
	d.rest = b[size:]
	return d, nil
}

// checkDeltas goes over n numbers of so many bits without unpacking them, and returns
// what stands behind. The library fills deltas that end early up with zeros or with
// what lies in memory.
func checkDeltas(b []byte, n, most int) (rest []byte, err error) {
	d, err := deltaHeader(b, n)
	if err != nil {
		return nil, err
	}
	b = d.rest
	for left := n - 1; left > 0; {
		_, size := binary.Varint(b)
		if size <= 0 || len(b)-size < d.minis {
			return nil, damaged("deltas that end early")
		}
		widths := b[size : size+d.minis]
		if b, left, err = d.checkBlock(widths, b[size+d.minis:], left, most); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// checkBlock steps over one block. The last numbers of all may lack what would fill
// their block up.
func (d *deltas) checkBlock(widths, b []byte, left, most int) ([]byte, int, error) {
	per := d.block / d.minis
	for _, width := range widths {
		if left <= 0 {
			break
		}
		now := min(per, left)
		if int(width) > most || (now*int(width)+7)/8 > len(b) {
			return nil, 0, damaged("deltas that end early, or of %d bits", width)
		}
		b = b[min(per*int(width)/8, len(b)):]
		left -= now
	}
	return b, left, nil
}

// lengths unpacks n lengths, and returns their sum and what stands behind them.
func lengths(dst []int32, b []byte, n int) (_ []int32, sum int, rest []byte, err error) {
	if rest, err = checkDeltas(b, n, 32); err != nil {
		return dst, 0, nil, err
	}
	var packed delta.BinaryPackedEncoding
	if dst, err = packed.DecodeInt32(dst, b); err != nil || len(dst) != n {
		return dst, 0, nil, damaged("%d lengths of %d (%v)", len(dst), n, err)
	}
	signs := int32(0)
	for _, v := range dst {
		sum, signs = sum+int(v), signs|v
	}
	if signs < 0 || sum > maxPage {
		return dst, 0, nil, damaged("lengths beyond %d", maxPage)
	}
	return dst, sum, rest, nil
}
