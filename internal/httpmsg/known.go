package httpmsg

import (
	"bytes"
	"hash/maphash"
)

// Heads remembers header lines that came before: a client sends nearly the same
// ones each time, and splitting them is most of what a head costs. What a
// Decoder makes of a head does not depend on what is remembered, but for the
// memory: equal header lines share one list. It is for the Decoders of one
// goroutine.
type Heads struct {
	seed  maphash.Seed
	slots []knownLines
}

const (
	knownSlots = 1024
	// knownBytes and knownFields bound what one slot holds.
	knownBytes  = 2 << 10
	knownFields = 64
)

// knownLines are the lines behind a start line, the empty one included, in which
// nothing was odd, and what was read in them.
type knownLines struct {
	text    string
	fields  []Header
	framing framingFields
}

// NewHeads returns a Heads that knows nothing.
func NewHeads() *Heads {
	return &Heads{seed: maphash.MakeSeed(), slots: make([]knownLines, knownSlots)}
}

// Remember lets the Decoder use h. Head.Headers may then be those of other heads,
// too: they can be kept, not written to.
func (d *Decoder) Remember(h *Heads) { d.known = h }

// slot returns where the lines of a head belong, nil where they are too long.
func (h *Heads) slot(lines []byte) *knownLines {
	if h == nil || len(lines) > knownBytes {
		return nil
	}
	return &h.slots[maphash.Bytes(h.seed, lines)%knownSlots]
}

// parseHead reads a head into d.head and returns what its lines say of framing.
func (d *Decoder) parseHead(raw []byte) (framingFields, bool) {
	begin := indexLF(raw) + 1
	slot := d.known.slot(raw[begin:])
	if slot != nil && slot.text == string(raw[begin:]) && plainLine(raw[:begin]) {
		d.head.Headers = slot.fields
		return slot.framing, d.head.parseStart(d.startLine(raw[:begin]), d.request) >= 0
	}
	before := d.head.Anomalies
	d.head.Anomalies = 0
	text := string(raw)
	if !d.head.parse(text, d.request, d.scan.lines) {
		return framingFields{}, false
	}
	framing := d.head.framingFields()
	if slot != nil && d.head.Anomalies == 0 && len(raw) <= 2*knownBytes && len(d.head.Headers) <= knownFields {
		*slot = knownLines{text: text[begin:], fields: d.head.Headers, framing: framing}
	}
	d.head.Anomalies |= before
	return framing, true
}

// plainLine reports whether a line ends in CR LF and has no other CR and no NUL:
// then it adds nothing to what checkBytes finds.
func plainLine(line []byte) bool {
	n := len(line) - 2
	return n >= 0 && line[n] == '\r' && bytes.IndexByte(line[:n], '\r') < 0 && bytes.IndexByte(line[:n], 0) < 0
}

// startLine returns the line as text, in the memory of the line before where
// they are the same, as most status lines are.
func (d *Decoder) startLine(line []byte) string {
	if d.line != string(line) {
		d.line = string(line)
	}
	return d.line
}
