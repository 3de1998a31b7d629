// Package buckets lays durations out in fixed buckets, so that counts by bucket
// of different runs and machines add up.
//
// A bucket is an eighth of a power of two of microseconds, and a microsecond
// below eight of them: the layout of HDR histograms with three bits of precision.
// What is read back is exact to within 12.5 %.
package buckets

import "math/bits"

const subBits = 3

// Of returns the bucket of a duration of us microseconds; negative ones are 0.
func Of(us int64) int {
	if us < 1<<subBits {
		return int(max(us, 0))
	}
	exp := bits.Len64(uint64(us)) - subBits - 1
	return (exp+1)<<subBits | int(us>>exp)&(1<<subBits-1)
}

// Upper returns the largest number of microseconds in bucket i.
func Upper(i int) int64 {
	if i < 1<<subBits {
		return int64(i)
	}
	exp := i>>subBits - 1
	return (int64(1<<subBits|i&(1<<subBits-1))+1)<<exp - 1
}
