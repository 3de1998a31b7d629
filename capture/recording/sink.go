package recording

import (
	"strings"
	"unsafe"
)

// sink takes the values of one column and appends them to the pages of its
// leaves.
type sink struct {
	leaves []*leafWriter // the second is the value of a header
	// replaced: the row has a text that is not UTF-8; see exact.
	replaced bool
	// seen are header lists that stand in the open page.
	seen seenLists
}

func (s *sink) null() {
	for _, l := range s.leaves {
		l.null()
	}
}

// nulls adds n rows that have no value.
func (s *sink) nulls(n int) {
	for _, l := range s.leaves {
		l.nulls(n)
	}
}

// room is how many bytes the open pages have left.
func (s *sink) room() int {
	size := 0
	for _, l := range s.leaves {
		size = max(size, l.page.size())
	}
	return pageBytes - size
}

func (s *sink) int(v int64) { s.leaves[0].int(v) }
func (s *sink) bool(v bool) { s.leaves[0].bool(v) }

func (s *sink) hash(b *Body) {
	if b.State == BodyNone {
		s.null()
		return
	}
	s.leaves[0].fixed(b.SHA256[:])
}

// bytes writes null for none.
func (s *sink) bytes(b []byte) {
	if len(b) == 0 {
		s.null()
		return
	}
	// The page copies the bytes.
	s.leaves[0].text(unsafe.String(unsafe.SliceData(b), len(b)), 0)
}

func (s *sink) exact(ex *Exchange) {
	if !s.replaced {
		s.null()
		return
	}
	s.bytes(appendHead(nil, ex))
}

// text writes null for the empty text.
func (s *sink) text(v string) {
	if v == "" {
		s.null()
		return
	}
	s.present(v)
}

// present writes v even where it is empty.
func (s *sink) present(v string) { s.leaves[0].text(s.value(v), 0) }

func (s *sink) value(v string) string {
	if s.replaced {
		return strings.ToValidUTF8(v, "\uFFFD")
	}
	return v
}

func (s *sink) texts(list []string) {
	if len(list) == 0 {
		s.null()
	}
	for i, v := range list {
		s.leaves[0].text(s.value(v), byte(min(i, 1)))
	}
}

// headers writes a list. Rows that share one (decoders see to that) have its
// bytes copied as they stand in the page.
func (s *sink) headers(list []Header) {
	if len(list) == 0 {
		s.null()
		return
	}
	names, values := s.leaves[0], s.leaves[1]
	if s.replaced {
		s.newHeaders(list)
		return
	}
	place := s.seen.place(list)
	if sameList(place.list, list) {
		names.again(place.names, len(list))
		values.again(place.values, len(list))
		return
	}
	place.names.from, place.values.from = len(names.page.data), len(values.page.data)
	s.newHeaders(list)
	place.list, place.names.to, place.values.to = list, len(names.page.data), len(values.page.data)
}

func (s *sink) newHeaders(list []Header) {
	names, values := s.leaves[0], s.leaves[1]
	for i := range list {
		rep := byte(min(i, 1))
		names.text(s.value(list[i].Name), rep)
		values.text(s.value(list[i].Value), rep)
	}
}

// sameList reports whether two lists are one in memory.
func sameList(a, b []Header) bool {
	return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
}

// end ends the pages that n more rows have filled. The leaves of a list end a
// page together, so that a row's bytes are either in both or in none.
func (s *sink) end(n int, scratch *pageScratch) error {
	for _, l := range s.leaves {
		l.page.rows += n
	}
	if s.room() > 0 {
		return nil
	}
	return s.flush(scratch)
}

// flush ends the pages that are open.
func (s *sink) flush(scratch *pageScratch) error {
	s.seen.forget()
	for _, l := range s.leaves {
		if err := l.flush(scratch); err != nil {
			return err
		}
	}
	return nil
}
