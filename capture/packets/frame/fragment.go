package frame

import (
	"container/list"
	"sort"
)

const (
	fragmentTimeout = 30e9 // ns of capture time
	// maxIPBytes is the longest IP packet that fragments can make.
	maxIPBytes = 65535
	// pieceCost is what a held fragment costs besides its bytes.
	pieceCost = 96
)

// fragmentKey names the IP packet that a fragment belongs to.
type fragmentKey struct {
	src, dst Addr
	id       uint32
	protocol uint8
}

// piece is one fragment.
type piece struct {
	offset int
	more   bool
	data   []byte
}

// assembly is an IP packet that is not whole yet.
type assembly struct {
	key    fragmentKey
	first  int64
	pieces []piece
	// total is the packet's length, -1 until the last fragment has come.
	total int
	cost  int
	// protocol is the first fragment's, which alone is right in IPv6.
	protocol uint8
	// cut is set where the snap length cut a fragment: it is never whole.
	cut bool
	age *list.Element
}

// fragments holds the unfinished packets, oldest first.
type fragments struct {
	held          map[fragmentKey]*assembly
	order         list.List
	limit, used   int
	pending, lost int64
}

// fragment takes one fragment; the one that completes its packet decodes as the
// whole.
func (d *Decoder) fragment(key fragmentKey, p piece, protocol uint8, cut int) Verdict {
	f := &d.fragments
	f.expire(d.now)
	if p.offset+len(p.data) > maxIPBytes {
		return Bad
	}
	a := f.held[key]
	if a == nil {
		a = &assembly{key: key, first: d.now, total: -1}
		f.held[key] = a
		a.age = f.order.PushBack(a)
	}
	f.add(a, p, protocol, cut > 0)
	whole := a.whole()
	if whole == nil {
		for f.used > f.limit && f.order.Len() > 0 {
			f.drop(f.order.Front().Value.(*assembly), true)
		}
		return Fragment
	}
	// The completing fragment is counted by what the whole is, so it is not
	// among the fragments.
	f.drop(a, false)
	if key.src.Family == 6 {
		return d.extensions(a.protocol, key.src, key.dst, whole, 0)
	}
	return d.transport(a.protocol, key.src, key.dst, whole, 0)
}

// add keeps a copy of the piece.
func (f *fragments) add(a *assembly, p piece, protocol uint8, cut bool) {
	p.data = append([]byte(nil), p.data...)
	a.pieces = append(a.pieces, p)
	a.cut = a.cut || cut
	if p.offset == 0 {
		a.protocol = protocol
	}
	if !p.more && a.total < 0 {
		a.total = p.offset + len(p.data)
	}
	cost := len(p.data) + pieceCost
	a.cost += cost
	f.used += cost
	f.pending++
}

// whole returns the packet's bytes once none is missing; of bytes that came
// twice the first copy wins.
func (a *assembly) whole() []byte {
	if a.total < 0 || a.cut {
		return nil
	}
	sum := 0
	for _, p := range a.pieces {
		sum += len(p.data)
	}
	if sum < a.total {
		return nil
	}
	sorted := append([]piece(nil), a.pieces...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].offset < sorted[j].offset })
	end := 0
	for _, p := range sorted {
		if p.offset > end {
			return nil
		}
		end = max(end, p.offset+len(p.data))
	}
	if end < a.total {
		return nil
	}
	out := make([]byte, end)
	for i := len(a.pieces) - 1; i >= 0; i-- {
		copy(out[a.pieces[i].offset:], a.pieces[i].data)
	}
	return out[:a.total]
}

// expire gives up what is too old in capture time.
func (f *fragments) expire(now int64) {
	for f.order.Len() > 0 {
		a := f.order.Front().Value.(*assembly)
		if now-a.first < fragmentTimeout {
			return
		}
		f.drop(a, true)
	}
}

// drop forgets a packet.
func (f *fragments) drop(a *assembly, lost bool) {
	delete(f.held, a.key)
	f.order.Remove(a.age)
	f.used -= a.cost
	f.pending -= int64(len(a.pieces))
	if lost {
		f.lost += int64(len(a.pieces))
	}
}
