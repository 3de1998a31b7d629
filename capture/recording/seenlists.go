package recording

import "unsafe"

// seenLists finds header lists by their memory, which many rows may share. A
// list's memory must not become another's while it is remembered: forget comes
// before the rows are let go.
type seenLists struct {
	slots []listPlace
	used  bool
}

// listPlace is where a list's bytes stand in the open pages of its two leaves.
type listPlace struct {
	list          []Header
	names, values extent
}

type extent struct{ from, to int }

// listSlots is the number of lists remembered; of two with one slot, the later.
const listSlots = 512

// place returns the slot in which list stands or may be put.
func (s *seenLists) place(list []Header) *listPlace {
	if s.slots == nil {
		s.slots = make([]listPlace, listSlots)
	}
	s.used = true
	at := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(list))))
	return &s.slots[at*0x9e3779b97f4a7c15>>(64-9)]
}

func (s *seenLists) forget() {
	if s.used {
		clear(s.slots)
		s.used = false
	}
}
