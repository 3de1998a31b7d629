package recording

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// sink takes the values of one column and hands them to its leaf writers in
// small batches: a page ends between batches only, so batches are cut by rows
// and bytes, never by time.
type sink struct {
	leaves [2]sinkLeaf // the second is the value of a header
	rows   int
	size   int
	// replaced: the row has a text that is not UTF-8; see exact.
	replaced bool
}

type sinkLeaf struct {
	index  int
	writer *parquet.ColumnWriter
	values []parquet.Value
}

// The bounds of a batch.
const (
	batchRows  = 128
	batchBytes = 16 << 10
)

func (s *sink) add(leaf int, v parquet.Value, rep, def int) {
	l := &s.leaves[leaf]
	l.values = append(l.values, v.Level(rep, def, l.index))
}

func (s *sink) null() {
	s.add(0, parquet.NullValue(), 0, 0)
	if s.leaves[1].writer != nil {
		s.add(1, parquet.NullValue(), 0, 0)
	}
}

func (s *sink) int(v int64) { s.add(0, parquet.Int64Value(v), 0, 1); s.size += 8 }
func (s *sink) bool(v bool) { s.add(0, parquet.BooleanValue(v), 0, 1); s.size++ }

func (s *sink) hash(b *Body) {
	if b.State == BodyNone {
		s.null()
		return
	}
	s.add(0, parquet.FixedLenByteArrayValue(b.SHA256[:]), 0, 1)
	s.size += len(b.SHA256)
}

// bytes writes null for none.
func (s *sink) bytes(b []byte) {
	if len(b) == 0 {
		s.null()
		return
	}
	s.add(0, parquet.ByteArrayValue(b), 0, 1)
	s.size += len(b)
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
func (s *sink) present(v string) { s.add(0, s.value(v), 0, 1) }

func (s *sink) value(v string) parquet.Value {
	if s.replaced {
		v = strings.ToValidUTF8(v, "\uFFFD")
	}
	s.size += len(v) + 4
	// The writer only reads the bytes, and copies them before flush returns.
	return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(v), len(v)))
}

func (s *sink) texts(list []string) {
	if len(list) == 0 {
		s.null()
	}
	for i, v := range list {
		s.add(0, s.value(v), min(i, 1), 1)
	}
}

func (s *sink) headers(list []Header) {
	if len(list) == 0 {
		s.null()
	}
	for i := range list {
		rep := min(i, 1)
		s.add(0, s.value(list[i].Name), rep, 1)
		s.add(1, s.value(list[i].Value), rep, 1)
	}
}

// endRow flushes where the batch is full.
func (s *sink) endRow() error {
	s.rows++
	if s.rows < batchRows && s.size < batchBytes {
		return nil
	}
	return s.flush()
}

func (s *sink) flush() error {
	for i := range s.leaves {
		l := &s.leaves[i]
		if len(l.values) == 0 {
			continue
		}
		if _, err := l.writer.WriteRowValues(l.values); err != nil {
			return err
		}
		clear(l.values)
		l.values = l.values[:0]
	}
	s.rows, s.size = 0, 0
	return nil
}

// validText reports whether every text of ex can stand in a Parquet string. The
// bytes of a header, a target or a reason are the peer's and need not be UTF-8.
func validText(ex *Exchange) bool {
	ok := utf8.ValidString(ex.Session) && utf8.ValidString(ex.Protocol) && utf8.ValidString(ex.Client) &&
		utf8.ValidString(ex.Server) && utf8.ValidString(string(ex.Incomplete)) && validAll(ex.Errors)
	if q := ex.Request; ok && q != nil {
		ok = utf8.ValidString(q.Method) && utf8.ValidString(q.Scheme) && utf8.ValidString(q.Target) &&
			utf8.ValidString(q.Version) && validHeaders(q.Headers) && validHeaders(q.Trailers)
	}
	if p := ex.Response; ok && p != nil {
		ok = utf8.ValidString(p.Reason) && utf8.ValidString(p.Version) && validHeaders(p.Headers) && validHeaders(p.Trailers)
		for i := 0; ok && i < len(p.Interim); i++ {
			ok = utf8.ValidString(p.Interim[i].Reason) && validHeaders(p.Interim[i].Headers)
		}
	}
	if o := ex.Outcome; ok && o != nil {
		ok = utf8.ValidString(string(o.End)) && utf8.ValidString(o.Detail) && validAll(o.LeftOut)
	}
	return ok
}

func validAll(list []string) bool {
	for _, s := range list {
		if !utf8.ValidString(s) {
			return false
		}
	}
	return true
}

func validHeaders(list []Header) bool {
	for i := range list {
		if !utf8.ValidString(list[i].Name) || !utf8.ValidString(list[i].Value) {
			return false
		}
	}
	return true
}
