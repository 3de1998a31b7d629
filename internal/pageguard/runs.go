package pageguard

import "encoding/binary"

// padding is how many values a writer may add to fill a group of bits up.
const padding = 1024

// checkRuns refuses runs (Parquet's RLE) that stand for more than n values. It steps
// as the library does, for which an empty run has no value behind it: else bytes
// that were taken for a value here would be a run there.
func checkRuns(b []byte, width, n int) error {
	total := uint64(0)
	for len(b) > 0 {
		head, size := binary.Uvarint(b)
		if size <= 0 {
			return damaged("a run without a length")
		}
		b = b[size:]
		count, bytes := head>>1, uint64(width+7)/8
		if count == 0 {
			continue
		}
		if head&1 == 1 { // groups of eight
			if count > uint64(n)+padding || count > uint64(len(b)) && width > 0 {
				return damaged("a run of %d groups in %d bytes, which are more than %d values", count, len(b), n)
			}
			count, bytes = count*8, count*uint64(width)
		}
		if total += count; count > uint64(n)+padding || total > uint64(n)+padding || bytes > uint64(len(b)) {
			return damaged("runs of more than %d values, or bytes", n)
		}
		b = b[bytes:]
	}
	return nil
}
