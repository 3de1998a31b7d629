package pageguard

import "io"

// readAhead is read at once of a chunk, where it has that much.
const readAhead = 256 << 10

// window holds the file's bytes from from on, as far as they were read.
type window struct {
	file  io.ReaderAt
	ahead []byte
	from  int64
}

// bytes returns n bytes of the file at a place, of a chunk that ends at end; they are
// valid until the next call.
func (w *window) bytes(at, n, end int64) ([]byte, error) {
	if at < w.from || at+n > w.from+int64(len(w.ahead)) {
		w.from, w.ahead = at, grown(w.ahead, min(max(n, readAhead), end-at))
		if _, err := w.file.ReadAt(w.ahead, at); err != nil {
			w.ahead = w.ahead[:0]
			return nil, err
		}
	}
	return w.ahead[at-w.from:][:n], nil
}

// keptBytes bounds the memory that is kept: one large page must not stay.
const keptBytes = 8 << 20

// grown returns a buffer of n bytes, b where it is large enough and not far too large.
func grown(b []byte, n int64) []byte {
	if have := int64(cap(b)); have < n || have > keptBytes && have/8 > n {
		return make([]byte, n)
	}
	return b[:n]
}
