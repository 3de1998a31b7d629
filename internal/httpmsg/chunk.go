package httpmsg

import "math"

// maxChunkLine is the longest size line, with its extension.
const maxChunkLine = 4 << 10

// chunkLine is a size line read so far: hex digits, then white space or an
// extension, then the line end.
type chunkLine struct {
	size   int64
	length int
	digits bool // at least one was read
	rest   bool // the digits are over
	cr     bool // the last byte was CR
}

// next takes one byte. It says whether the line is over, and "" or what is
// wrong.
func (c *chunkLine) next(b byte) (done bool, fault string) {
	c.length++
	switch {
	case b == '\n':
		if !c.digits {
			return false, "a chunk without a size"
		}
		return true, ""
	case c.cr:
		return false, "a CR within a chunk's size line"
	case b == '\r':
		c.cr = true
	case c.rest:
	case b == ';' || b == ' ' || b == '\t':
		c.rest = true
	default:
		return false, c.digit(b)
	}
	return false, ""
}

func (c *chunkLine) digit(b byte) string {
	var v int64
	switch {
	case b >= '0' && b <= '9':
		v = int64(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		v = int64(b|0x20-'a') + 10
	default:
		return "a chunk's size is not hexadecimal"
	}
	if c.size > (math.MaxInt64-v)/16 {
		return "a chunk's size is beyond 63 bits"
	}
	c.size, c.digits = c.size*16+v, true
	return ""
}

func (d *Decoder) readChunkSize(p []byte) (int, error) {
	for i, b := range p {
		done, fault := d.chunk.next(b)
		switch {
		case fault != "":
			return 0, d.fail(ErrMalformed, d.offset+int64(i), "body", fault)
		case d.chunk.length > maxChunkLine:
			return 0, d.fail(ErrTooLarge, d.offset+int64(i), "body", "a chunk's size line is too long")
		case done:
			d.beginChunk()
			return i + 1, nil
		}
	}
	return len(p), nil
}

func (d *Decoder) beginChunk() {
	if !d.chunk.cr {
		d.head.Anomalies |= BareLF
	}
	d.remaining = d.chunk.size
	d.chunk = chunkLine{}
	d.state = inChunkData
	if d.remaining == 0 {
		d.state, d.scan = inTrailers, lineScan{}
	}
}

func (d *Decoder) readChunkEnd(p []byte) (int, error) {
	for i, b := range p {
		switch {
		case b == '\n':
			if !d.chunk.cr {
				d.head.Anomalies |= BareLF
			}
			d.state, d.chunk = inChunkSize, chunkLine{}
			return i + 1, nil
		case b == '\r' && !d.chunk.cr:
			d.chunk.cr = true
		default:
			return 0, d.fail(ErrMalformed, d.offset+int64(i), "body", "no line end after a chunk")
		}
	}
	return len(p), nil
}

func (d *Decoder) readTrailers(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	at := d.offset - int64(len(d.buf))
	n, raw, err := d.collect(p, d.limits.Fields, "trailers", at)
	if raw != nil {
		d.trailers = d.head.parseFields(nil, string(raw), 0, d.scan.lines)
		d.state = atEnd
	}
	return n, err
}
