package httpmsg

import "strconv"

// AppendRequestHead appends the head of a request, with its empty line. Nothing
// is added, left out or put in order.
func AppendRequestHead(dst []byte, method, target, version string, headers []Header) []byte {
	dst = append(dst, method...)
	dst = append(dst, ' ')
	dst = append(dst, target...)
	dst = append(dst, " HTTP/"...)
	dst = append(dst, version...)
	dst = append(dst, "\r\n"...)
	return append(AppendHeaders(dst, headers), "\r\n"...)
}

// AppendResponseHead appends the head of a response, with its empty line.
func AppendResponseHead(dst []byte, version string, status int, reason string, headers []Header) []byte {
	dst = append(dst, "HTTP/"...)
	dst = append(dst, version...)
	dst = append(dst, ' ')
	if status < 100 {
		dst = append(dst, "00"[:2-min(status/10, 1)]...)
	}
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, reason...)
	dst = append(dst, "\r\n"...)
	return append(AppendHeaders(dst, headers), "\r\n"...)
}

// AppendHeaders appends header or trailer lines without the empty line. A line
// that was no field (empty Name) is written as it stood.
func AppendHeaders(dst []byte, headers []Header) []byte {
	for _, h := range headers {
		if h.Name != "" {
			dst = append(dst, h.Name...)
			dst = append(dst, ": "...)
		}
		dst = append(dst, h.Value...)
		dst = append(dst, "\r\n"...)
	}
	return dst
}

// AppendChunk appends data as one chunk; nothing where data is empty, since an
// empty chunk is the last.
func AppendChunk(dst, data []byte) []byte {
	if len(data) == 0 {
		return dst
	}
	dst = strconv.AppendInt(dst, int64(len(data)), 16)
	dst = append(dst, "\r\n"...)
	dst = append(dst, data...)
	return append(dst, "\r\n"...)
}

// AppendLastChunk appends the end of a chunked body.
func AppendLastChunk(dst []byte, trailers []Header) []byte {
	dst = append(dst, "0\r\n"...)
	return append(AppendHeaders(dst, trailers), "\r\n"...)
}

// Sendable reports whether h is one header line and no more when it is written:
// no NUL, and CR and LF only as folds. A value that comes from elsewhere than a
// Decoder is asked before it goes on a wire.
func Sendable(h Header) bool {
	if h.Name != "" && !IsToken(h.Name) {
		return false
	}
	for i := 0; i < len(h.Value); i++ {
		switch h.Value[i] {
		case 0:
			return false
		case '\r':
			if i+1 == len(h.Value) || h.Value[i+1] != '\n' {
				return false
			}
		case '\n':
			if i+1 == len(h.Value) || h.Value[i+1] != ' ' && h.Value[i+1] != '\t' {
				return false
			}
		}
	}
	return h.Name != "" || h.Value != ""
}
