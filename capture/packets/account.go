package packets

import (
	"sort"

	"parallax/capture/packets/frame"
	"parallax/capture/packets/tcp"
	"parallax/capture/recording"
)

// account counts where things end while a capture is read.
type account struct {
	packets    int64
	verdicts   [frame.BadLink + 1]int64
	packetFate [tcp.Astray + 1]int64
	// carried are the packets that were used, by what their stream was.
	carried [streamKinds]int64

	payload  int64
	bytes    [modeLate + 1]int64
	preamble int64
	afterGap int64
	dropped  int64

	gapBytes [streamKinds]int64
	// datedBack packets had times before the watermark.
	datedBack      int64
	contradictions int64

	messages    int64
	messageEnds reasons
	exchanges   reasons

	connections [connKinds]int64
}

// reasons counts what is whole, as nearly all is, and the rest by its reason.
type reasons struct {
	whole  int64
	others map[recording.Reason]int64
}

// add counts one; the empty reason is whole.
func (r *reasons) add(reason recording.Reason) {
	if reason == "" {
		r.whole++
		return
	}
	if r.others == nil {
		r.others = map[recording.Reason]int64{}
	}
	r.others[reason]++
}

// streamKind says what a direction turned out to be.
type streamKind uint8

const (
	kindHTTP streamKind = iota
	kindOther
	kindUnseen // its beginning is not in the capture, and no message start was found
	streamKinds
)

func (st *stream) kind() streamKind {
	switch {
	case st.http:
		return kindHTTP
	case st.mode == modeResync || st.unseen:
		return kindUnseen
	}
	return kindOther
}

// connKind says what a connection turned out to be.
type connKind uint8

const (
	connHTTP connKind = iota
	connOther
	connUnseen
	connEmpty
	connEvicted
	connKinds
)

func (c *conn) kind() connKind {
	switch {
	case c.streams[0].http || c.streams[1].http:
		return connHTTP
	case c.streams[0].used+c.streams[1].used == 0:
		if c.cause == causeMemory {
			return connEvicted
		}
		return connEmpty
	case c.streams[0].kind() == kindUnseen && c.streams[1].kind() == kindUnseen:
		return connUnseen
	}
	return connOther
}

// connection books a connection that is over.
func (a *account) connection(c *conn) {
	a.connections[c.kind()]++
	for dir := range c.streams {
		kind := c.streams[dir].kind()
		a.carried[kind] += c.streams[dir].used
		a.gapBytes[kind] += c.streams[dir].missing
		a.dropped += c.halves[dir].Dropped
		a.contradictions += c.halves[dir].Contradictions
	}
}

// ledger turns the counts into accounts, each closed.
func (a *account) ledger(frames *frame.Decoder) recording.Ledger {
	var l recording.Ledger
	a.packetAccount(&l, frames)
	a.byteAccounts(&l)
	add(&l, "connections", []bucket{
		{"http", recording.Fine, a.connections[connHTTP]},
		{"other protocol", recording.Fine, a.connections[connOther]},
		{"beginning not captured, no message start found", recording.Edge, a.connections[connUnseen]},
		{"no payload", recording.Fine, a.connections[connEmpty]},
		{"no payload, evicted", recording.Fine, a.connections[connEvicted]},
	})
	total(&l, "connections", sum(a.connections[:]))
	reasonAccount(&l, "messages", a.messages, a.messageEnds)
	reasonAccount(&l, "exchanges", a.exchanges.sum(), a.exchanges)
	return l
}

func (a *account) packetAccount(l *recording.Ledger, frames *frame.Decoder) {
	lost := frames.Lost() + frames.Pending()
	add(l, "packets", []bucket{
		{"http", recording.Fine, a.carried[kindHTTP]},
		{"other protocol", recording.Fine, a.carried[kindOther]},
		{"no message start found", recording.Edge, a.carried[kindUnseen]},
		{"no payload", recording.Fine, a.packetFate[tcp.Empty]},
		{"duplicate", recording.Fine, a.packetFate[tcp.Duplicate]},
		{"before the first byte seen", recording.Edge, a.packetFate[tcp.BeforeStart]},
		{"behind the end of the stream", recording.Lost, a.packetFate[tcp.AfterEnd]},
		{"far from the stream", recording.Lost, a.packetFate[tcp.Astray]},
		{"ip fragment", recording.Fine, a.verdicts[frame.Fragment] - lost},
		{"ip fragment of a packet never whole", recording.Lost, lost},
		{"not tcp", recording.Fine, a.verdicts[frame.NotTCP]},
		{"not ip", recording.Fine, a.verdicts[frame.NotIP]},
		{"bad header", recording.Lost, a.verdicts[frame.Bad]},
		{"unknown link type", recording.Lost, a.verdicts[frame.BadLink]},
	})
	total(l, "packets", a.packets)
}

func (a *account) byteAccounts(l *recording.Ledger) {
	add(l, "payload bytes", []bucket{
		{"http", recording.Fine, a.bytes[modeHTTP]},
		{"preamble", recording.Fine, a.preamble},
		{"tunnel", recording.Fine, a.bytes[modeTunnel]},
		{"other protocol", recording.Fine, a.bytes[modeOther]},
		{"before a message start", recording.Edge, a.bytes[modeResync]},
		{"behind a gap", recording.Lost, a.afterGap},
		{"behind bytes that are not http", recording.Lost, a.bytes[modeBroken]},
		{"behind the end of the connection", recording.Lost, a.bytes[modeLate]},
		{"repeated or out of the stream", recording.Fine, a.dropped},
	})
	total(l, "payload bytes", a.payload)
	add(l, "missing bytes", []bucket{
		{"in http", recording.Lost, a.gapBytes[kindHTTP]},
		{"in other protocols", recording.Fine, a.gapBytes[kindOther]},
		{"no message start found", recording.Edge, a.gapBytes[kindUnseen]},
	})
	total(l, "missing bytes", sum(a.gapBytes[:]))
	add(l, "contradictory copies", []bucket{{"first copy kept", recording.Lost, a.contradictions}})
	total(l, "contradictory copies", a.contradictions)
	if a.datedBack > 0 {
		add(l, "packets dated back", []bucket{{"taken as of the time reached before", recording.Fine, a.datedBack}})
		total(l, "packets dated back", a.datedBack)
	}
}

// bucket is one line of an account.
type bucket struct {
	name  string
	class recording.Class
	n     int64
}

// add adds the buckets that are not empty.
func add(l *recording.Ledger, name string, buckets []bucket) {
	account := l.Account(name)
	for _, b := range buckets {
		if b.n != 0 {
			account.Add(b.name, b.class, b.n)
		}
	}
}

func total(l *recording.Ledger, name string, n int64) { l.Account(name).Total = n }

// reasonAccount books by the reasons why something is not whole.
func reasonAccount(l *recording.Ledger, name string, n int64, ends reasons) {
	buckets := []bucket{{"whole", recording.Fine, ends.whole}}
	for reason, count := range ends.others {
		class := recording.Lost
		if reason.Edge() {
			class = recording.Edge
		}
		buckets = append(buckets, bucket{string(reason), class, count})
	}
	sort.Slice(buckets, func(i, j int) bool { return buckets[i].name < buckets[j].name })
	add(l, name, buckets)
	total(l, name, n)
}

func (r reasons) sum() int64 {
	n := r.whole
	for _, count := range r.others {
		n += count
	}
	return n
}

func sum(counts []int64) int64 {
	var n int64
	for _, count := range counts {
		n += count
	}
	return n
}
