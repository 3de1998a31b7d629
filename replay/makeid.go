package replay

import (
	"encoding/binary"

	"parallax/capture/recording"
)

// makeID is recording.MakeID without its formatting, as every row needs one; a
// test holds them equal.
func makeID(firstAt int64, session string, sequence uint32) recording.ID {
	var b [34]byte
	putHex(b[0:], uint32(uint64(firstAt)>>32))
	putHex(b[8:], uint32(firstAt))
	b[16], b[25] = '-', '-'
	copy(b[17:25], "00000000")
	if len(session) >= 8 {
		copy(b[17:25], session)
	}
	putHex(b[26:], sequence)
	return recording.ID(b[:])
}

// putHex writes eight hex digits, all at once.
func putHex(b []byte, v uint32) {
	const each = 0x0101010101010101
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	letters := (x + 6*each) >> 4 & each // 10 to 15
	binary.BigEndian.PutUint64(b, x+'0'*each+('a'-'0'-10)*letters)
}
