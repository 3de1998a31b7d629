package pcapfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// read returns all packets and the error at the end.
func read(data []byte, o Options) ([]Packet, error) {
	r, err := New(bytes.NewReader(data), o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []Packet
	for {
		var p Packet
		if err := r.Next(&p); err != nil {
			return out, err
		}
		p.Data = bytes.Clone(p.Data)
		out = append(out, p)
	}
}

var samples = []sample{
	{time: 1700000000_123456000, data: "first"},
	{time: 1700000001_000001000, data: "second packet", wire: 1500},
	{time: 1600000000_000000000, data: ""},
}

func packetsOf(link uint16, samples []sample) []Packet {
	var out []Packet
	for i, s := range samples {
		out = append(out, Packet{Number: int64(i + 1), Time: s.time, Data: []byte(s.data), Length: int(s.length()), Link: link})
	}
	return out
}

func expect(t *testing.T, data []byte, want []Packet) {
	t.Helper()
	got, err := read(data, Options{})
	if !errors.Is(err, io.EOF) {
		t.Fatalf("ended with %v", err)
	}
	for i := range got {
		if len(got[i].Data) == 0 {
			got[i].Data = []byte{}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packets (-want +got):\n%s", diff)
	}
}

func TestPcap(t *testing.T) {
	for _, magic := range []uint32{0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			t.Run(fmt.Sprintf("%x %v", magic, order), func(t *testing.T) {
				// The upper bits say that frames end in 4 bytes of checksum.
				expect(t, classic(order, magic, 0x24000071, samples), packetsOf(113, samples))
			})
		}
	}
}

func TestCompressed(t *testing.T) {
	plain := classic(binary.LittleEndian, 0xa1b2c3d4, 1, samples)
	var gz, zs bytes.Buffer
	zw := gzip.NewWriter(&gz)
	zw.Write(plain[:30])
	zw.Close()
	zw.Reset(&gz) // a second member, as concatenation makes
	zw.Write(plain[30:])
	zw.Close()
	sw, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	sw.Write(plain)
	sw.Close()
	skippable := append([]byte("\x50\x2a\x4d\x18\x03\x00\x00\x00abc"), zs.Bytes()...)
	for name, data := range map[string][]byte{
		"gzip": gz.Bytes(), "zstd": zs.Bytes(), "zstd behind a skippable frame": skippable, "zstd --long": zstdLong(plain),
	} {
		t.Run(name, func(t *testing.T) { expect(t, data, packetsOf(1, samples)) })
	}
}

// zstdLong is data in a frame with a window of 128 MiB, the greatest that zstd
// reads without being told.
func zstdLong(data []byte) []byte {
	const windowLog, rawBlock, last = 27, 0 << 1, 1
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3}
	block := binary.LittleEndian.AppendUint32(nil, uint32(len(data))<<3|rawBlock|last)
	return append(append(frame, block[:3]...), data...)
}

// TestPcapng reads two sections of different byte order, with interfaces of
// different clocks, and all blocks that hold packets.
func TestPcapng(t *testing.T) {
	var file bytes.Buffer
	little := &ng{order: binary.LittleEndian}
	little.section().
		iface(1, 0).
		iface(113, 0, option{optionTsResol, []byte{9}}, option{optionTsOffset, binary.LittleEndian.AppendUint64(nil, 1000)}).
		iface(101, 0, option{optionTsResol, []byte{0x80 | 10}}).
		iface(1, 4, option{optionTsResol, []byte{12}}).
		block(5, make([]byte, 8)). // statistics
		enhanced(0, 1700000000_123456, sample{data: "micro"}).
		enhanced(1, 1700000000_123456789, sample{data: "nano", wire: 60}).
		enhanced(2, 1700000000<<10|512, sample{data: "binary"}).
		enhanced(3, 1700000_123456789012, sample{data: "pico"}).
		old(0, 1700000000_000001, sample{data: "old"})
	file.Write(little.Bytes())
	big := &ng{order: binary.BigEndian}
	big.section().iface(101, 0).
		enhanced(0, 1, sample{data: "big"}).
		simple(sample{data: "simple"}).
		block(0x0badcafe, make([]byte, 3<<20)). // larger than the buffer
		simple(sample{data: "after"})
	file.Write(big.Bytes())
	want := []Packet{
		{Time: 1700000000_123456000, Data: []byte("micro"), Length: 5, Link: 1},
		{Time: 1700001000_123456789, Data: []byte("nano"), Length: 60, Link: 113},
		{Time: 1700000000_500000000, Data: []byte("binary"), Length: 6, Link: 101},
		{Time: 1700000_123456789, Data: []byte("pico"), Length: 4, Link: 1},
		{Time: 1700000000_000001000, Data: []byte("old"), Length: 3, Link: 1},
		{Time: 1000, Data: []byte("big"), Length: 3, Link: 101},
		{Time: 1000, Data: []byte("simple"), Length: 6, Link: 101},
		{Time: 1000, Data: []byte("after"), Length: 5, Link: 101},
	}
	for i := range want {
		want[i].Number = int64(i + 1)
	}
	expect(t, file.Bytes(), want)
}

// TestTruncated cuts files at every byte: the packets before the cut come out
// and the error says how many there were.
func TestTruncated(t *testing.T) {
	n := &ng{order: binary.LittleEndian}
	n.section().iface(1, 0)
	for i, s := range samples {
		n.enhanced(0, uint64(i), s)
	}
	for name, data := range map[string][]byte{
		"pcap": classic(binary.BigEndian, 0xa1b2c3d4, 1, samples), "pcapng": n.Bytes(),
	} {
		ends := map[int]bool{}
		whole := 0
		for cut := range data {
			got, err := read(data[:cut], Options{})
			switch {
			case errors.Is(err, io.EOF):
				ends[cut] = true
			case errors.Is(err, ErrTruncated):
				if want := fmt.Sprintf("truncated after packet %d, at byte ", len(got)); !strings.HasPrefix(err.Error(), want) {
					t.Errorf("%s cut at %d: %v, want %q", name, cut, err, want)
				}
			case cut >= 4 || !errors.Is(err, ErrNotCapture):
				t.Errorf("%s cut at %d: %v", name, cut, err)
			}
			if len(got) < whole {
				t.Errorf("%s cut at %d: %d packets, one less than with fewer bytes", name, cut, len(got))
			}
			whole = len(got)
		}
		if len(ends) < len(samples) || whole != len(samples)-1 && whole != len(samples) {
			t.Errorf("%s: clean ends at %v, %d packets in the end", name, ends, whole)
		}
	}
}

// TestHostile gives lengths that no file of this size can have.
func TestHostile(t *testing.T) {
	head := classic(binary.LittleEndian, 0xa1b2c3d4, 1, nil)
	huge := words(binary.LittleEndian, head, 0, 0, 0x70000000, 0x70000000)
	section := func() *ng { return (&ng{order: binary.LittleEndian}).section() }
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"a packet of 1.75 GiB", "damaged after packet 0, at byte 24: packet of 1879048192 bytes, more than 262144", huge},
		{"no interface", "packet of interface 0 of 0", section().enhanced(0, 0, sample{data: "x"}).Bytes()},
		{"a block of 8 bytes", "block of type 6 with 8 bytes", append(section().Bytes(), 6, 0, 0, 0, 8, 0, 0, 0)},
		{"a block of 4 GiB", "truncated after packet 0", append(section().Bytes(), 9, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff)},
		{"a packet longer than its block", "packet of 99 bytes in a block of 36",
			append(section().iface(1, 0).Bytes(), words(binary.LittleEndian, nil, 6, 36, 0, 0, 0, 99, 99, 0, 36)...)},
		{"no byte order", "section without a byte order mark", append([]byte("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00"), make([]byte, 20)...)},
		{"other bytes", ErrNotCapture.Error(), []byte("GET / HTTP/1.1\r\n")},
		{"nothing", "it has 0 bytes", nil},
		{"gzip of nothing", "it has 0 bytes", gzipped(nil)},
		{"cut gzip", "truncated after packet 0", gzipped(head[:20])[:20]},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := read(c.data, Options{})
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
				t.Errorf("%d bytes allocated for a file of %d", grown, len(c.data))
			}
		})
	}
}

func gzipped(p []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(p)
	w.Flush()
	w.Close()
	return b.Bytes()
}

func TestDamagedGzip(t *testing.T) {
	data := gzipped(classic(binary.LittleEndian, 0xa1b2c3d4, 1, samples))
	data[len(data)-6] ^= 1 // its checksum
	got, err := read(data, Options{})
	if !errors.Is(err, ErrDamaged) || len(got) != len(samples) {
		t.Errorf("%d packets, %v", len(got), err)
	}
}

func TestClock(t *testing.T) {
	for _, c := range []struct {
		resolution byte
		ticks      uint64
		offset     int64
		want       int64
	}{
		{6, 1, 0, 1000},
		{0, 2, 0, 2e9},
		{9, 7, -1, 7 - 1e9},
		{12, 1999, 0, 1},
		{30, 1 << 63, 0, 0},
		{127, 1 << 63, 0, 0},
		{0x80, 3, 0, 3e9},
		{0x80 | 1, 3, 0, 15e8},
		{0x80 | 63, 1 << 63, 0, 1e9},
		{0x80 | 127, math.MaxUint64, 0, 0},
		{0, math.MaxUint64, 0, math.MaxInt64},
		{6, 1, math.MaxInt64, math.MaxInt64},
	} {
		if got := newClock(c.resolution).nanoseconds(c.ticks, c.offset); got != c.want {
			t.Errorf("resolution %#x, %d ticks, offset %d s: %d ns, want %d", c.resolution, c.ticks, c.offset, got, c.want)
		}
	}
}

// FuzzReader: whatever the bytes, reading ends, with an error that has a place,
// and no packet is longer than allowed.
func FuzzReader(f *testing.F) {
	f.Add(classic(binary.LittleEndian, 0xa1b2c3d4, 1, samples))
	f.Add(classic(binary.BigEndian, 0xa1b23c4d, 113, samples))
	n := &ng{order: binary.BigEndian}
	f.Add(n.section().iface(1, 0).enhanced(0, 5, samples[0]).simple(samples[1]).old(0, 9, samples[1]).Bytes())
	f.Add(gzipped(classic(binary.LittleEndian, 0xa1b2c3d4, 1, samples)))
	f.Fuzz(func(t *testing.T, data []byte) {
		const longest = 1 << 12
		got, err := read(data, Options{MaxPacket: longest})
		if err == nil {
			t.Fatal("no error at the end")
		}
		for i, p := range got {
			if len(p.Data) > longest || p.Length < len(p.Data) || p.Number != int64(i+1) {
				t.Fatalf("packet %+v", p)
			}
		}
	})
}
