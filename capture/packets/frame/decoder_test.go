package frame

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "\n", "", "\t", "").Replace(s))
	if err != nil {
		panic(err)
	}
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// tcpBytes is a segment from port 40000 to 80 with the payload "hello".
func tcpBytes() []byte {
	return append(unhex("9c40 0050 01020304 05060708 5018 ffff 0000 0000"), "hello"...)
}

// ipv4Bytes puts a payload into IPv4 from 10.0.0.1 to 10.0.0.2.
func ipv4Bytes(protocol byte, payload []byte) []byte {
	h := unhex("45000000 00010000 40000000 0a000001 0a000002")
	h[9] = protocol
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(payload)))
	return append(h, payload...)
}

// ipv6Bytes puts a payload into IPv6 from 2001:db8::1 to ::2.
func ipv6Bytes(next byte, payload []byte) []byte {
	h := make([]byte, 40)
	h[0], h[6], h[7] = 0x60, next, 64
	binary.BigEndian.PutUint16(h[4:], uint16(len(payload)))
	copy(h[8:], unhex("20010db8000000000000000000000001"))
	copy(h[24:], unhex("20010db8000000000000000000000002"))
	return append(h, payload...)
}

func udpBytes(src, dst uint16, payload []byte) []byte {
	h := make([]byte, 8)
	binary.BigEndian.PutUint16(h, src)
	binary.BigEndian.PutUint16(h[2:], dst)
	binary.BigEndian.PutUint16(h[4:], uint16(8+len(payload)))
	return append(h, payload...)
}

// encapsulations are ways to carry one IPv4 packet.
func encapsulations() map[string]struct {
	link uint16
	data []byte
} {
	type wrapped = struct {
		link uint16
		data []byte
	}
	ip := ipv4Bytes(6, tcpBytes())
	macs := unhex("020000000001 020000000002")
	ether := join(macs, unhex("0800"), ip)
	vlan := func(tags string) []byte { return join(macs, unhex(tags), unhex("0800"), ip) }
	return map[string]wrapped{
		"ethernet":             {1, ether},
		"padded ethernet":      {1, append(join(ether), 0, 0, 0, 0, 0, 0)},
		"vlan":                 {1, vlan("8100 0001")},
		"vlan in vlan":         {1, vlan("88a8 0001 8100 0002")},
		"four vlans":           {1, vlan("9100 0001 88a8 0002 8100 0003 9200 0004")},
		"trustsec":             {1, vlan("8909 010100010001")},
		"vntag":                {1, vlan("8926 80000000")},
		"snap":                 {1, join(macs, unhex("0035 aaaa03 000000 0800"), ip)},
		"pppoe":                {1, join(macs, unhex("8864 1100 0001 002f 0021"), ip)},
		"pppoe, short form":    {1, join(macs, unhex("8864 1100 0001 002e 21"), ip)},
		"mpls":                 {1, join(macs, unhex("8847 00001040 00002140"), ip)},
		"pseudowire":           {1, join(macs, unhex("8847 00001140 00000000"), ether)},
		"null, little":         {0, join(unhex("02000000"), ip)},
		"null, big":            {0, join(unhex("00000002"), ip)},
		"loop":                 {108, join(unhex("00000002"), ip)},
		"enc":                  {109, join(unhex("02000000 00000000 00000000"), ip)},
		"raw 12":               {12, ip},
		"raw 14":               {14, ip},
		"raw":                  {101, ip},
		"ipv4":                 {228, ip},
		"cooked":               {113, join(unhex("0000 0001 0006 020000000001 0000 0800"), ip)},
		"cooked with vlan":     {113, join(unhex("0000 0001 0006 020000000001 0000 8100 0001 0800"), ip)},
		"cooked 2":             {276, join(unhex("0800 0000 00000001 0001 00 06 0200000000010000"), ip)},
		"ppp":                  {9, join(unhex("ff03 0021"), ip)},
		"ppp without address":  {9, join(unhex("0021"), ip)},
		"ppp hdlc":             {50, join(unhex("ff03 0021"), ip)},
		"cisco hdlc":           {104, join(unhex("0f00 0800"), ip)},
		"pflog":                {117, join(unhex("3d020000"), make([]byte, 60), ip)},
		"nflog":                {239, join(unhex("02000000 0800 0100 08000000"), nflogPayload(ip))},
		"802.11":               {105, join(wireless("0800"), unhex("aaaa03 000000 0800"), ip)},
		"802.11 qos, radiotap": {127, join(unhex("0000 0800 00000000"), wireless("8800"), unhex("0000 aaaa03 000000 0800"), ip)},
		"ppi":                  {192, join(unhex("0000 0800 01000000"), ether)},
		"ip in ip":             {101, ipv4Bytes(4, ip)},
		"ip in ipv6":           {101, ipv6Bytes(4, ip)},
		"gre":                  {101, ipv4Bytes(47, join(unhex("0000 0800"), ip))},
		"gre, all fields":      {101, ipv4Bytes(47, join(unhex("b000 0800 00000000 00000001 00000002"), ip))},
		"gre ethernet":         {101, ipv4Bytes(47, join(unhex("0000 6558"), ether))},
		"gre ppp":              {101, ipv4Bytes(47, join(unhex("3081 880b 00310001 00000001 00000001 ff03 0021"), ip))},
		"erspan 1":             {101, ipv4Bytes(47, join(unhex("0000 88be"), ether))},
		"erspan 2":             {101, ipv4Bytes(47, join(unhex("1000 88be 00000001 1000000000000000"), ether))},
		"erspan 3":             {101, ipv4Bytes(47, join(unhex("1000 22eb 00000001 20000000 00000000 00000001 0000000000000000"), ether))},
		"vxlan":                {101, ipv4Bytes(17, udpBytes(5000, 4789, join(unhex("08000000 00000100"), ether)))},
		"geneve":               {101, ipv4Bytes(17, udpBytes(5000, 6081, join(unhex("0100 6558 00000100 00000000"), ether)))},
		"gtp":                  {101, ipv4Bytes(17, udpBytes(2152, 2152, join(unhex("30ff 0000 00000001"), ip)))},
		"gtp with extension":   {101, ipv4Bytes(17, udpBytes(2152, 2152, join(unhex("34ff 0000 00000001 0000 00 85 01 0000 00"), ip)))},
		"mpls over udp":        {101, ipv4Bytes(17, udpBytes(5000, 6635, join(unhex("00001140"), ip)))},
		"authenticated":        {101, ipv4Bytes(51, join(unhex("06 04 0000 00000001 00000001 000000000000000000000000"), tcpBytes()))},
	}
}

// wireless is an 802.11 header with the frame control given.
func wireless(control string) []byte { return join(unhex(control), make([]byte, 22)) }

func nflogPayload(ip []byte) []byte {
	h := binary.LittleEndian.AppendUint16(nil, uint16(4+len(ip)))
	return join(binary.LittleEndian.AppendUint16(h, 9), ip)
}

// TestEncapsulations finds the same segment in all of them.
func TestEncapsulations(t *testing.T) {
	for name, c := range encapsulations() {
		t.Run(name, func(t *testing.T) {
			d := NewDecoder(Options{})
			if v := d.Decode(c.link, c.data, len(c.data), 0); v != TCP {
				t.Fatalf("verdict %v", v)
			}
			checkSegment(t, &d.Segment, "10.0.0.1:40000", "10.0.0.2:80", 0)
		})
	}
}

func checkSegment(t *testing.T, s *Segment, src, dst string, cut int) {
	t.Helper()
	type fields struct {
		Src, Dst, Payload string
		Seq, Ack          uint32
		SYN, ACK          bool
		Cut               int
	}
	want := fields{src, dst, "hello"[:5-cut], 0x01020304, 0x05060708, false, true, cut}
	got := fields{s.Src.String(), s.Dst.String(), string(s.Payload), s.Seq, s.Ack, s.SYN, s.ACK, s.Cut}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("segment (-want +got):\n%s", diff)
	}
}

func TestIPv6(t *testing.T) {
	tcp := tcpBytes()
	teredo := join(unhex("0000 000000000000"), ipv6Bytes(6, tcp))
	for name, data := range map[string][]byte{
		"plain":          ipv6Bytes(6, tcp),
		"extensions":     ipv6Bytes(0, join(unhex("3c00000000000000 2b01000000000000 0000000000000000 0600000000000000"), tcp)),
		"authentication": ipv6Bytes(51, join(unhex("0604000000000001 00000001 000000000000000000000000"), tcp)),
		"atomic":         ipv6Bytes(44, join(unhex("0600000000000001"), tcp)),
		"in ipv4":        ipv4Bytes(41, ipv6Bytes(6, tcp)),
		"teredo":         ipv4Bytes(17, udpBytes(3544, 40000, teredo)),
	} {
		t.Run(name, func(t *testing.T) {
			d := NewDecoder(Options{})
			if v := d.Decode(101, data, len(data), 0); v != TCP {
				t.Fatalf("verdict %v", v)
			}
			checkSegment(t, &d.Segment, "[2001:db8::1]:40000", "[2001:db8::2]:80", 0)
		})
	}
}

// TestMappedIsNotIPv4: an IPv4-mapped address stays one of IPv6.
func TestMappedIsNotIPv4(t *testing.T) {
	data := ipv6Bytes(6, tcpBytes())
	copy(data[8:], unhex("00000000000000000000ffff05060708"))
	d := NewDecoder(Options{})
	d.Decode(101, data, len(data), 0)
	if got := d.Segment.Src.String(); got != "[::ffff:5.6.7.8]:40000" {
		t.Errorf("address %s", got)
	}
}

// TestSnapLength cuts packets: what is missing is said, never made up.
func TestSnapLength(t *testing.T) {
	for _, data := range [][]byte{ipv4Bytes(6, tcpBytes()), ipv6Bytes(6, tcpBytes())} {
		d := NewDecoder(Options{})
		if v := d.Decode(101, data[:len(data)-2], len(data), 0); v != TCP || d.Segment.Cut != 2 || string(d.Segment.Payload) != "hel" {
			t.Errorf("cut by 2: %v, %q and %d", v, d.Segment.Payload, d.Segment.Cut)
		}
		for n := range len(data) - 5 {
			if v := d.Decode(101, data[:n], len(data), 0); v != Bad {
				t.Errorf("cut to %d bytes: %v", n, v)
			}
		}
	}
}

// TestOffload: the IP length is 0 where the network card would have set it,
// also in packets longer than the field could say.
func TestOffload(t *testing.T) {
	for _, size := range []int{100, 70000} {
		payload := append(tcpBytes(), make([]byte, size)...)
		data := ipv4Bytes(6, payload)
		data[2], data[3] = 0, 0
		d := NewDecoder(Options{})
		if v := d.Decode(101, data, len(data), 0); v != TCP || len(d.Segment.Payload) != size+5 {
			t.Errorf("%d bytes: %v with %d bytes", size, v, len(d.Segment.Payload))
		}
	}
}

func TestVerdicts(t *testing.T) {
	macs := unhex("020000000001 020000000002")
	for name, c := range map[string]struct {
		link uint16
		data []byte
		want Verdict
	}{
		"arp":                {1, join(macs, unhex("0806"), make([]byte, 28)), NotIP},
		"stp":                {1, join(macs, unhex("0026 424203"), make([]byte, 35)), NotIP},
		"udp":                {101, ipv4Bytes(17, udpBytes(53, 53, make([]byte, 20))), NotTCP},
		"udp on vxlan port":  {101, ipv4Bytes(17, udpBytes(1, 4789, unhex("0800000000000000 0001"))), NotTCP},
		"icmp":               {101, ipv4Bytes(1, make([]byte, 8)), NotTCP},
		"unknown link":       {147, make([]byte, 60), BadLink},
		"empty":              {1, nil, Bad},
		"tcp offset beyond":  {101, ipv4Bytes(6, unhex("9c40 0050 01020304 05060708 f018 ffff 0000 0000")), Bad},
		"wep":                {105, join(wireless("0840"), make([]byte, 40)), NotIP},
		"nested without end": {101, bytes.Repeat(unhex("45000014 00000000 40040000 0a000001 0a000002"), 64), Bad},
		"pppoe discovery":    {1, join(macs, unhex("8863 1109 0000 0004 01010000")), NotIP},
		"ip version 5":       {101, join(unhex("55"), make([]byte, 40)), Bad},
	} {
		d := NewDecoder(Options{})
		if v := d.Decode(c.link, c.data, len(c.data), 0); v != c.want {
			t.Errorf("%s: %v, want %v", name, v, c.want)
		}
	}
}

// TestTCPOptions: options that contradict themselves hide no payload.
func TestTCPOptions(t *testing.T) {
	tcp := append(unhex("9c40 0050 01020304 05060708 6018 ffff 0000 0000 02ff0000"), "hello"...)
	d := NewDecoder(Options{})
	data := ipv4Bytes(6, tcp)
	if v := d.Decode(101, data, len(data), 0); v != TCP {
		t.Fatalf("verdict %v", v)
	}
	checkSegment(t, &d.Segment, "10.0.0.1:40000", "10.0.0.2:80", 0)
}

// fragmentsOf cuts an IPv4 packet into fragments of size bytes.
func fragmentsOf(whole []byte, size int) [][]byte {
	var out [][]byte
	head, body := whole[:20], whole[20:]
	for at := 0; at < len(body); at += size {
		part := body[at:min(len(body), at+size)]
		f := join(head, part)
		binary.BigEndian.PutUint16(f[2:], uint16(len(f)))
		word := uint16(at / 8)
		if at+size < len(body) {
			word |= 0x2000
		}
		binary.BigEndian.PutUint16(f[6:], word)
		out = append(out, f)
	}
	return out
}

func TestFragments(t *testing.T) {
	parts := fragmentsOf(ipv4Bytes(6, tcpBytes()), 8)
	for name, order := range map[string][]int{
		"in order": {0, 1, 2, 3}, "backwards": {3, 2, 1, 0}, "mixed": {2, 0, 3, 1}, "repeated": {0, 0, 1, 3, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			d := NewDecoder(Options{})
			for i, n := range order {
				want := Fragment
				if i == len(order)-1 {
					want = TCP
				}
				if v := d.Decode(101, parts[n], len(parts[n]), int64(i)); v != want {
					t.Fatalf("fragment %d: %v, want %v", n, v, want)
				}
			}
			checkSegment(t, &d.Segment, "10.0.0.1:40000", "10.0.0.2:80", 0)
			if d.Pending() != 0 || d.Lost() != 0 {
				t.Errorf("%d pending, %d lost", d.Pending(), d.Lost())
			}
		})
	}
}

func TestFragments6(t *testing.T) {
	tcp := tcpBytes()
	d := NewDecoder(Options{})
	first := ipv6Bytes(44, join(unhex("06000001 00000009"), tcp[:16]))
	last := ipv6Bytes(44, join(unhex("06000010 00000009"), tcp[16:]))
	if v := d.Decode(101, last, len(last), 0); v != Fragment {
		t.Fatalf("last first: %v", v)
	}
	if v := d.Decode(101, first, len(first), 0); v != TCP {
		t.Fatalf("both: %v", v)
	}
	checkSegment(t, &d.Segment, "[2001:db8::1]:40000", "[2001:db8::2]:80", 0)
}

// TestFragmentFlood: fragments whose packets never become whole are bounded,
// expire and are counted.
func TestFragmentFlood(t *testing.T) {
	d := NewDecoder(Options{FragmentBytes: 10000})
	part := fragmentsOf(ipv4Bytes(6, make([]byte, 2000)), 1000)[0]
	for id := range 1000 {
		binary.BigEndian.PutUint16(part[4:], uint16(id))
		d.Decode(101, part, len(part), int64(id))
		if d.fragments.used > 10000 {
			t.Fatalf("%d bytes are held", d.fragments.used)
		}
	}
	if d.Lost()+d.Pending() != 1000 || d.Lost() < 990 {
		t.Errorf("%d lost and %d pending of 1000", d.Lost(), d.Pending())
	}
	d.Decode(101, part, len(part), 1e12)
	if d.Pending() != 1 || d.Lost() != 1000 {
		t.Errorf("after 1000 s %d pending, %d lost", d.Pending(), d.Lost())
	}
}

// FuzzDecode: no bytes of any link type do harm, and a segment is part of them.
func FuzzDecode(f *testing.F) {
	for _, c := range encapsulations() {
		f.Add(c.link, c.data)
	}
	f.Add(uint16(101), fragmentsOf(ipv4Bytes(6, tcpBytes()), 8)[3])
	f.Fuzz(func(t *testing.T, link uint16, data []byte) {
		d := NewDecoder(Options{})
		if v := d.Decode(link, data, len(data)+3, 0); v == TCP && len(d.Segment.Payload) > len(data) {
			t.Fatalf("a payload of %d bytes in %d", len(d.Segment.Payload), len(data))
		}
	})
}
