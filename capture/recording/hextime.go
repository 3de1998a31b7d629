package recording

// hexTime reads the 16 hex digits that s begins with, or reports that one is
// none. Every row's time is read some seven times on its way, and a branch for
// each digit, letter or figure, is one that processors guess wrong.
func hexTime(s string) (uint64, bool) {
	high, ok1 := hexWord(s)
	low, ok2 := hexWord(s[8:])
	return high<<32 | low, ok1 && ok2
}

// A digit's byte is split at these bits.
const (
	eachByte = 0x0101010101010101 // times a byte: that byte in each of eight
	lowHalf  = 0x0f * eachByte
)

// hexWord reads eight digits at once, the first in the highest byte.
func hexWord(s string) (uint64, bool) {
	_ = s[7]
	x := uint64(s[0])<<56 | uint64(s[1])<<48 | uint64(s[2])<<40 | uint64(s[3])<<32 |
		uint64(s[4])<<24 | uint64(s[5])<<16 | uint64(s[6])<<8 | uint64(s[7])
	letters := x >> 6 & eachByte                 // 'a' to 'f' have this bit, '0' to '9' do not
	v := x&lowHalf + 9*letters                   // at most 24 in each byte
	over := v>>4 | ((v+6*eachByte)>>4 ^ letters) // a letter is 10 to 15, a figure less
	ok := x == v+'0'*eachByte+('a'-'0'-10)*letters && over&eachByte == 0
	v = (v | v>>4) & 0x00ff00ff00ff00ff
	v = (v | v>>8) & 0x0000ffff0000ffff
	return (v | v>>16) & 0xffffffff, ok
}
