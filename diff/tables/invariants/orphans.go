package invariants

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// declaredOrphans checks an entry's own reference.
func (c *checker) declaredOrphans(v *view) (comparison.InvariantResult, error) {
	child, err := v.find(c.Orphans.Table, c.Orphans.Columns...)
	if err != nil {
		return c.result(v.name, "", false, "", err)
	}
	parent, err := v.find(c.Orphans.References, c.Orphans.To...)
	if err != nil {
		return c.result(v.name, "", false, "", err)
	}
	return c.reference(v, "", child, parent)
}

// foreignKeys checks every declared foreign key.
func (c *checker) foreignKeys(v *view) ([]comparison.InvariantResult, error) {
	var out []comparison.InvariantResult
	for i := range v.tables {
		for _, fk := range v.tables[i].ForeignKeys {
			r, err := c.foreignKey(v, i, &fk)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		r, err := c.result(v.name, "", false, "", unverifiedf("%s side: no table declares a foreign key", v.name))
		return []comparison.InvariantResult{r}, err
	}
	return out, nil
}

func (c *checker) foreignKey(v *view, table int, fk *snapshot.ForeignKey) (comparison.InvariantResult, error) {
	part := fmt.Sprintf("%s(%s)", v.tables[table].FullName(), strings.Join(fk.Columns, ", "))
	child, err := v.columnsOf(table, fk.Columns)
	if err != nil {
		return c.result(v.name, part, false, "", err)
	}
	name := (&snapshot.Table{Schema: fk.Schema, Name: fk.Table}).FullName()
	at, err := v.tableIndex(name)
	if err != nil {
		return c.result(v.name, part, false, "", err)
	}
	to := fk.References
	if len(to) == 0 { // the store means the primary key
		to = v.tables[at].Key
	}
	parent, err := v.columnsOf(at, to)
	if err == nil && len(to) != len(fk.Columns) {
		err = unverifiedf("%s side: %s names %d columns of %s", v.name, part, len(to), name)
	}
	if err != nil {
		return c.result(v.name, part, false, "", err)
	}
	return c.reference(v, part, child, parent)
}

// reference looks for rows of child that name no row of parent.
func (c *checker) reference(v *view, part string, child, parent *columns) (comparison.InvariantResult, error) {
	s := search{checker: c, child: child, parent: parent}
	if err := s.run(); err != nil {
		return c.result(v.name, part, false, "", err)
	}
	detail := fmt.Sprintf("%d rows of %s name rows of %s", s.named, child.entry.FullName(), parent.entry.FullName())
	if s.orphans > 0 {
		detail = fmt.Sprintf("%d of %d rows of %s name no row of %s: %s", s.orphans, s.named,
			child.entry.FullName(), parent.entry.FullName(), strings.Join(s.examples, ", "))
	}
	return c.result(v.name, part, s.orphans == 0, detail, nil)
}

// search finds orphans. Keys are known by 128-bit hashes, which two keys do not
// share by chance; one part of the hashes is in memory at a time.
type search struct {
	*checker
	child, parent *columns
	parts         uint64
	keys          [][16]byte // of this part, sorted
	buffer        []byte

	named, orphans int64
	examples       []string
}

func (s *search) run() error {
	s.parts = uint64(max(s.parent.entry.Rows-1, 0))/uint64(s.options.MaxKeys) + 1
	for part := range s.parts {
		if err := s.load(part); err != nil {
			return err
		}
		if err := s.look(part); err != nil {
			return err
		}
	}
	return nil
}

// load reads the parent's keys of one part.
func (s *search) load(part uint64) error {
	s.keys = s.keys[:0]
	err := s.parent.rows(s.ctx, func(b *snapshot.Batch, row int) error {
		h, ok := s.hash(b, s.parent.at, row)
		if !ok || !s.in(h, part) {
			return nil
		}
		s.keys = append(s.keys, h)
		if len(s.keys) < 2*s.options.MaxKeys {
			return nil
		}
		return s.squeeze()
	})
	s.sort()
	return err
}

func (s *search) sort() {
	slices.SortFunc(s.keys, func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
	s.keys = slices.Compact(s.keys)
}

// squeeze makes room where keys stand in many rows. Hashes spread evenly, so
// different ones are too many only if there are more rows than was said.
func (s *search) squeeze() error {
	if s.sort(); len(s.keys) > s.options.MaxKeys*3/2 {
		return unverifiedf("%s: more keys than its manifest has rows", s.parent)
	}
	return nil
}

// look reads the child's keys of one part.
func (s *search) look(part uint64) error {
	return s.child.rows(s.ctx, func(b *snapshot.Batch, row int) error {
		h, ok := s.hash(b, s.child.at, row)
		if !ok || !s.in(h, part) {
			return nil
		}
		s.named++
		_, found := slices.BinarySearchFunc(s.keys, h, func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
		if found {
			return nil
		}
		if s.orphans++; len(s.examples) < maxExamples {
			s.examples = append(s.examples, string(appendValues(nil, b, s.child.at, row)))
		}
		return nil
	})
}

// in reports whether a hash is of the part.
func (s *search) in(h [16]byte, part uint64) bool {
	return binary.BigEndian.Uint64(h[8:])%s.parts == part
}

// hash hashes a row's key; one with a null names nothing, as in SQL.
func (s *search) hash(b *snapshot.Batch, columns []int, row int) (h [16]byte, ok bool) {
	s.buffer = s.buffer[:0]
	for _, at := range columns {
		class, c := b.Columns[at].Cell(row)
		if class == snapshot.Null {
			return h, false
		}
		s.buffer = snapshot.AppendKey(s.buffer, class, c)
	}
	return xxh3.Hash128(s.buffer).Bytes(), true
}
