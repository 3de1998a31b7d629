// Package pcapfile reads the packets of a capture file: pcap in its four
// magics and both byte orders, pcapng with any number of sections and
// interfaces, either of them inside gzip or zstd, told apart by their first
// bytes.
//
// Terms: a packet's captured bytes may be fewer than its length on the wire
// (the snap length cut it); a link type says what its first byte is.
//
// Steps: New looks at the first bytes and reads the file's header; Next hands
// out one packet after the other without copying it.
//
// Limits: a captured length over Options.MaxPacket is damage, said before
// anything is allocated for it; a gzip or zstd file is checked by its own
// checksums only; a zstd window over 128 MiB is refused, as zstd itself does
// unless told otherwise. Where the file ends or is damaged in the middle of a
// packet, all packets before it have been handed out and the error says how many
// and at which byte.
package pcapfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The reasons why reading ends early. All carry the packet and the byte.
var (
	// ErrTruncated: the file ends in the middle of a header or a packet.
	ErrTruncated = errors.New("truncated")
	// ErrDamaged: the bytes cannot be what the format says.
	ErrDamaged = errors.New("damaged")
	// ErrNotCapture: the first bytes are of no known capture format.
	ErrNotCapture = errors.New("not a capture file (pcap or pcapng, also in gzip or zstd)")
)

// Packet is one captured packet.
type Packet struct {
	// Number counts the file's packets from 1.
	Number int64
	// Time is in nanoseconds since 1970.
	Time int64
	// Data are the captured bytes, valid until the next call of Next.
	Data []byte
	// Length is the packet's length on the wire.
	Length int
	// Link is the link type (the LINKTYPE_ registry's number).
	Link uint16
}

// Options are the limits of a Reader; the zero value is the default.
type Options struct {
	// MaxPacket is the longest captured packet believed, 256 KiB by default.
	MaxPacket int
}

const (
	defaultMaxPacket = 256 << 10
	bufferSize       = 1 << 20
	// blockSlack is what stands in front of a packet in the buffer.
	blockSlack    = 64
	maxZstdWindow = 128 << 20
)

// format reads one file format; the Reader gives it the buffer.
type format interface {
	next(r *Reader, p *Packet) error
}

// Reader reads one capture file.
type Reader struct {
	buf       *bufio.Reader
	maxPacket int
	format    format
	packets   int64
	// offset is the byte, after decompression, at which the next header begins.
	offset int64
	// held is the length of what Next handed out and has not yet left.
	held  int
	close func()
	err   error
}

// New reads the header of the capture in r. Close must be called at the end.
func New(r io.Reader, o Options) (*Reader, error) {
	maxPacket := o.MaxPacket
	if maxPacket <= 0 {
		maxPacket = defaultMaxPacket
	}
	size := max(bufferSize, maxPacket+blockSlack)
	rd := &Reader{buf: bufio.NewReaderSize(r, size), maxPacket: maxPacket, close: func() {}}
	if err := rd.decompress(size); err != nil {
		return nil, err
	}
	if err := rd.open(); err != nil {
		rd.Close()
		return nil, err
	}
	return rd, nil
}

// Close releases the decompressor. It does not close the reader given to New.
func (r *Reader) Close() { r.close() }

// decompress puts a decompressor in front of the buffer when the first bytes
// ask for one.
func (r *Reader) decompress(size int) error {
	magic, _ := r.buf.Peek(4)
	switch {
	case len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b:
		z, err := gzip.NewReader(r.buf)
		if err != nil {
			return fmt.Errorf("gzip header: %w", err)
		}
		r.buf = bufio.NewReaderSize(z, size)
	case len(magic) == 4 && (string(magic) == "\x28\xb5\x2f\xfd" || string(magic[1:]) == "\x2a\x4d\x18"):
		z, err := zstd.NewReader(r.buf, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderMaxMemory(maxZstdWindow))
		if err != nil {
			return fmt.Errorf("zstd header: %w", err)
		}
		r.close = z.Close
		r.buf = bufio.NewReaderSize(z, size)
	}
	return nil
}

// open chooses the format by its magic and reads the file's header.
func (r *Reader) open() error {
	magic, err := r.buf.Peek(4)
	if len(magic) < 4 {
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("read first bytes: %w", err)
		}
		return fmt.Errorf("%w: it has %d bytes", ErrNotCapture, len(magic))
	}
	if string(magic) == "\x0a\x0d\x0d\x0a" {
		r.format = &pcapng{}
		return nil
	}
	f, err := openPcap(r, magic)
	if err != nil {
		return err
	}
	r.format = f
	return nil
}

// Next fills p with the next packet. It returns io.EOF at a clean end; every
// error is final and is returned again by later calls.
func (r *Reader) Next(p *Packet) error {
	if r.err != nil {
		return r.err
	}
	if err := r.drop(); err != nil {
		r.err = err
		return err
	}
	if err := r.format.next(r, p); err != nil {
		r.err = err
		return err
	}
	r.packets++
	p.Number = r.packets
	return nil
}

// drop leaves what the last call handed out.
func (r *Reader) drop() error {
	n := r.held
	r.held = 0
	return r.skip(n, "end of packet")
}

// peek returns the next n bytes, which stay in the buffer. At the clean end of
// the file it returns io.EOF where clean is set.
func (r *Reader) peek(n int, clean bool, what string) ([]byte, error) {
	b, err := r.buf.Peek(n)
	if err == nil {
		return b, nil
	}
	if len(b) == 0 && clean && errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	return nil, r.ended(err, what)
}

// skip leaves n bytes.
func (r *Reader) skip(n int, what string) error {
	done, err := r.buf.Discard(n)
	r.offset += int64(done)
	if err != nil {
		return r.ended(err, what)
	}
	return nil
}

// ended turns the reader's error into one that says how far it came.
func (r *Reader) ended(err error, what string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w after packet %d, at byte %d: in the %s", ErrTruncated, r.packets, r.offset, what)
	}
	return fmt.Errorf("%w after packet %d, at byte %d: in the %s: %w", ErrDamaged, r.packets, r.offset, what, err)
}

// damaged says what cannot be.
func (r *Reader) damaged(format string, args ...any) error {
	return fmt.Errorf("%w after packet %d, at byte %d: %s", ErrDamaged, r.packets, r.offset, fmt.Sprintf(format, args...))
}
