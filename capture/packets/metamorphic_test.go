package packets

import (
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/packets/frame"
	"parallax/capture/recording"
	"parallax/scripts/genpcap/traffic"
)

// A change is made to a capture that changes nothing of what was said: the same
// exchanges must come out.

// wrappings change the file around the packets, which keep their bytes.
func wrappings(t testing.TB, packets []wirePacket) map[string][]byte {
	little, big := binary.LittleEndian, binary.BigEndian
	out := map[string][]byte{
		"pcapng":             pcapngFile(little, packets),
		"pcapng, big endian": pcapngFile(big, packets),
		"pcapng in zstd":     zstandard(t, pcapngFile(little, packets)),
	}
	links := map[uint16]bool{}
	for _, p := range packets {
		links[p.link] = true
	}
	if len(links) == 1 {
		out["pcap"] = classicFile(little, false, packets)
		out["pcap, big endian"] = classicFile(big, false, packets)
		out["pcap, nanoseconds"] = classicFile(little, true, packets)
		out["pcap, nanoseconds, big endian"] = classicFile(big, true, packets)
		out["pcap in gzip"] = gzipped(t, classicFile(little, true, packets))
	}
	return out
}

// headers change what stands before IP.
func headers(ip []wirePacket) map[string][]wirePacket {
	const macs = "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
	before := func(fixed string) func([]byte) []byte {
		return func(ip []byte) []byte { return append([]byte(fixed), etherType(ip)...) }
	}
	return map[string][]wirePacket{
		"raw":      ip,
		"ethernet": linked(ip, 1, before(macs)),
		"vlan":     linked(ip, 1, before(macs+"\x81\x00\x00\x07")),
		"qinq":     linked(ip, 1, before(macs+"\x88\xa8\x00\x01\x81\x00\x00\x07")),
		"cooked":   linked(ip, 113, before("\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00")),
		"cooked 2": linked(ip, 276, func(ip []byte) []byte {
			return append(etherType(ip), "\x00\x00\x00\x00\x00\x01\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00"...)
		}),
		"pppoe": linked(ip, 1, func(ip []byte) []byte {
			h := append([]byte(macs), 0x88, 0x64, 0x11, 0, 0, 1)
			h = binary.BigEndian.AppendUint16(h, uint16(len(ip)+2))
			if ip[0]>>4 == 6 {
				return append(h, 0x00, 0x57)
			}
			return append(h, 0x00, 0x21)
		}),
		"no length": offloaded(ip),
		"fragments": fragmented(ip, 64, false), "fragments, last first": fragmented(ip, 512, true),
	}
}

// offloaded sets IP's length to 0, as segmentation offload leaves it.
func offloaded(ip []wirePacket) []wirePacket {
	var out []wirePacket
	for _, p := range ip {
		p.data = slices.Clone(p.data)
		at := 2
		if p.data[0]>>4 == 6 {
			at = 4
		}
		p.data[at], p.data[at+1] = 0, 0
		out = append(out, p)
	}
	return out
}

// fragmented cuts whole IPv4 packets into fragments of size bytes.
func fragmented(ip []wirePacket, size int, backwards bool) []wirePacket {
	var out []wirePacket
	for n, p := range ip {
		if p.data[0]>>4 != 4 || p.length != len(p.data) || len(p.data) <= 20+size {
			out = append(out, p)
			continue
		}
		var pieces []wirePacket
		for at := 20; at < len(p.data); at += size {
			end := min(at+size, len(p.data))
			b := append(slices.Clone(p.data[:20]), p.data[at:end]...)
			offset := uint16((at - 20) / 8)
			if end < len(p.data) {
				offset |= 1 << 13
			}
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
			binary.BigEndian.PutUint16(b[4:], uint16(n))
			binary.BigEndian.PutUint16(b[6:], offset)
			pieces = append(pieces, wirePacket{p.time, p.link, b, len(b)})
		}
		if backwards {
			slices.Reverse(pieces)
		}
		out = append(out, pieces...)
	}
	return out
}

// rewritings change the segments.
func rewritings(segments []segment) map[string][]segment {
	out := map[string][]segment{
		"pieces of 1":       pieces(segments, 1),
		"pieces of 7":       pieces(segments, 7),
		"pieces of 300":     pieces(segments, 300),
		"joined":            joined(segments),
		"twice":             each(segments, func(s segment) []segment { return []segment{s, s} }),
		"swapped":           swapped(segments),
		"ports":             each(segments, otherPorts),
		"numbers wrap":      renumbered(segments, 0xffffff00),
		"numbers wrap soon": renumbered(segments, 0xfffffffe),
		"numbers from half": renumbered(segments, 0x7ffffffe),
		"without resets":    without(segments, func(s *segment) bool { return s.RST }),
		"without ends":      withoutFlags(segments),
		"without bare acks": without(segments, func(s *segment) bool {
			return len(s.Payload) == 0 && s.Cut == 0 && !s.SYN && !s.FIN && !s.RST
		}),
	}
	return out
}

func each(segments []segment, f func(segment) []segment) []segment {
	var out []segment
	for _, s := range segments {
		out = append(out, f(s)...)
	}
	return out
}

func without(segments []segment, drop func(*segment) bool) []segment {
	return slices.DeleteFunc(slices.Clone(segments), func(s segment) bool { return drop(&s) })
}

// withoutFlags drops FIN and RST, and the packets that were no more than that.
func withoutFlags(segments []segment) []segment {
	return each(segments, func(s segment) []segment {
		if s.RST || s.FIN && len(s.Payload) == 0 {
			return nil
		}
		s.FIN = false
		return []segment{s}
	})
}

// pieces splits payloads into segments of at most n bytes.
func pieces(segments []segment, n int) []segment {
	return each(segments, func(s segment) []segment {
		var out []segment
		for len(s.Payload) > n {
			first := s
			first.Payload, first.Cut, first.FIN, first.RST = s.Payload[:n], 0, false, false
			out = append(out, first)
			s.Seq += uint32(n)
			if s.SYN {
				s.Seq++
			}
			s.Payload, s.SYN = s.Payload[n:], false
		}
		return append(out, s)
	})
}

// joined makes one segment of neighbours that follow each other, as receive
// offload does.
func joined(segments []segment) []segment {
	const longest = 60000
	var out []segment
	for _, s := range segments {
		if len(out) > 0 && follows(&out[len(out)-1], &s) && len(out[len(out)-1].Payload) < longest {
			last := &out[len(out)-1]
			last.Payload = append(slices.Clone(last.Payload), s.Payload...)
			last.FIN, last.Cut = s.FIN, s.Cut
			continue
		}
		out = append(out, s)
	}
	return out
}

func follows(a, b *segment) bool {
	return a.Src == b.Src && a.Dst == b.Dst && a.Ack == b.Ack && a.ACK && b.ACK && a.Cut == 0 &&
		!a.SYN && !b.SYN && !a.FIN && !a.RST && !b.RST && len(a.Payload) > 0 && len(b.Payload) > 0 &&
		a.Seq+uint32(len(a.Payload)) == b.Seq
}

// swapped exchanges neighbours; the times stay where they are.
func swapped(segments []segment) []segment {
	out := slices.Clone(segments)
	for i := 0; i+1 < len(out); i += 2 {
		a, b := out[i], out[i+1]
		a.time, b.time = b.time, a.time
		out[i], out[i+1] = b, a
	}
	return out
}

// portMask turns every port into another one, so that no port is where HTTP is
// expected and the order of the two ends is another one.
const portMask = 0xd5a5

func otherPorts(s segment) []segment {
	s.Src.Port ^= portMask
	s.Dst.Port ^= portMask
	return []segment{s}
}

// renumbered moves each direction so that its first number is start.
func renumbered(segments []segment, start uint32) []segment {
	type direction struct{ from, to frame.Addr }
	shift := map[direction]uint32{}
	for _, s := range segments {
		d := direction{s.Src, s.Dst}
		if _, known := shift[d]; !known {
			shift[d] = start - s.Seq
		}
		back := direction{s.Dst, s.Src}
		if _, known := shift[back]; !known && s.ACK && s.Ack != 0 {
			shift[back] = start - s.Ack
		}
	}
	return each(segments, func(s segment) []segment {
		s.Seq += shift[direction{s.Src, s.Dst}]
		if s.ACK && s.Ack != 0 {
			s.Ack += shift[direction{s.Dst, s.Src}]
		}
		return []segment{s}
	})
}

// said is what must stay: the exchanges, each in one text, in any order.
func said(t *testing.T, data []byte) []string {
	t.Helper()
	out, _, err := readAll(t, data, Options{})
	if err != nil {
		t.Logf("the capture ends with: %v", err)
	}
	var texts []string
	for _, ex := range out {
		texts = append(texts, exchangeTextOf(ex))
	}
	sort.Strings(texts)
	return texts
}

func exchangeTextOf(ex *recording.Exchange) string {
	v := viewOf(ex)
	return fmt.Sprintf("%s>%s %s %s %d %v req %q %d %.8s resp %q %d %.8s (%s)", ex.Client, ex.Server,
		v.Method, v.Target, v.Status, v.Interim, v.ReqHeaders, v.ReqLen, v.ReqHash, v.RespHeaders, v.RespLen, v.RespHash, ex.Incomplete)
}

// metamorphic reads a capture in all its changed forms.
func metamorphic(t *testing.T, data []byte) {
	packets := packetsOf(t, data)
	want := said(t, data)
	same := func(name string, data []byte, edit func(string) string) {
		t.Helper()
		got := said(t, data)
		expect := want
		if edit != nil {
			expect = slices.Clone(want)
			for _, list := range [][]string{expect, got} {
				for i := range list {
					list[i] = edit(list[i])
				}
				sort.Strings(list)
			}
		}
		if diff := cmp.Diff(expect, got); diff != "" {
			t.Errorf("%s: other exchanges (-before +after):\n%s", name, diff)
		}
	}
	files := wrappings(t, packets)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		same(name, files[name], nil)
	}
	segments := segmentsOf(packets)
	links := headers(raw(segments))
	for _, name := range slices.Sorted(maps.Keys(links)) {
		same(name, pcapngFile(binary.LittleEndian, links[name]), nil)
	}
	changed := rewritings(segments)
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		same(name, pcapngFile(binary.LittleEndian, raw(changed[name])), tolerated(name))
	}
}

// tolerated says what a change may change after all.
func tolerated(name string) func(string) string {
	switch name {
	case "ports":
		return func(s string) string { _, rest, _ := strings.Cut(s, " "); return rest }
	case "without resets", "without ends":
		return func(s string) string { s, _, _ = strings.Cut(s, " ("); return s }
	}
	return nil
}

// TestMetamorphicOracle changes the oracle's captures.
func TestMetamorphicOracle(t *testing.T) {
	for file, lines := range readTruth(t) {
		if grade := gradeOf(lines); grade != "A" && grade != "B" {
			continue
		}
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(oracleFolder, "captures", file))
			if err != nil {
				t.Fatal(err)
			}
			metamorphic(t, data)
		})
	}
}

func gradeOf(lines []truthLine) string {
	for _, l := range lines {
		if l.Proto == "file" {
			return l.Grade
		}
	}
	return ""
}

// TestMetamorphic changes captures of the generator and of conversations.
func TestMetamorphic(t *testing.T) {
	t.Run("generated", func(t *testing.T) {
		data, _ := generate(t, traffic.Options{Exchanges: 60, Lanes: 4, PerConnection: 8})
		metamorphic(t, data)
	})
	for name, k := range oddConversations() {
		t.Run(name, func(t *testing.T) { metamorphic(t, k.file(k.packets)) })
	}
}
