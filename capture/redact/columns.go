package redact

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"parallax/capture/snapshot"
)

// Rows redacts the rows of one table. It is not safe for concurrent use.
//
// A column is secret where its name is (names.go) or the configuration names it:
// each cell then becomes a token of its canonical text, so that equal values have
// equal tokens in both stores, in all tables and in recordings. What only some stores
// fill up with, blanks of char(n) and zeros of binary(n), is no part of the text. A
// number stays a number and a UUID a UUID; every other class becomes text. Cells of other columns
// that hold text are searched like text.
type Rows struct {
	r       *Redactor
	table   snapshot.Table
	actions []columnAction
	padded  []bool // as the source declares it
	pass    *pass
	// redacted are the vectors made anew, by column; batch is what Apply returns.
	redacted []snapshot.Vector
	batch    snapshot.Batch
	cell     []byte
}

type columnAction uint8

const (
	keepCells columnAction = iota
	searchCells
	tokenCells
)

// Table returns the stage for the rows of t.
func (r *Redactor) Table(t *snapshot.Table) *Rows {
	s := &Rows{r: r, table: *t, actions: make([]columnAction, len(t.Columns)), padded: make([]bool, len(t.Columns))}
	s.table.Columns = append([]snapshot.Column(nil), t.Columns...)
	s.redacted = make([]snapshot.Vector, len(t.Columns))
	if r.off {
		return s
	}
	s.pass = newPass(r)
	s.table.Query = s.pass.text(t.Query)
	for i := range s.table.Columns {
		s.padded[i] = t.Columns[i].Padded
		s.actions[i] = s.plan(&s.table.Columns[i])
	}
	return s
}

// plan says what happens to a column, and describes it as it will be.
func (s *Rows) plan(c *snapshot.Column) columnAction {
	if !s.r.names.column(&s.table, c.Name) {
		if c.Class == snapshot.Text || c.Class == snapshot.JSON || c.Class == snapshot.List || c.Mixed {
			return searchCells
		}
		return keepCells
	}
	c.Redacted, c.Labels = true, nil
	switch c.Class {
	case snapshot.Number: // tokens have 53 bits, whatever the column's own size
		c.Bits, c.Precision, c.Scale = 64, 0, 0
	case snapshot.UUID:
	default:
		c.Class, c.Length, c.Padded = snapshot.Text, 0, false
	}
	return tokenCells
}

// column decides by the column's name, alone or behind its table's.
func (n *names) column(t *snapshot.Table, name string) bool {
	qualified := normal(nil, []byte(t.Name+"."+name))
	if n.columns[string(qualified)] {
		return true
	}
	return !n.keepColumns[string(qualified)] && n.field([]byte(name))
}

// Describe returns the table as its redacted rows are.
func (s *Rows) Describe() snapshot.Table { return s.table }

// Apply returns the batch as it is stored. It leaves b alone, shares what stays as
// it is, and reuses the rest at the next call.
func (s *Rows) Apply(b *snapshot.Batch) (*snapshot.Batch, error) {
	if s.r.off {
		return b, nil
	}
	if len(b.Columns) != len(s.actions) {
		return nil, fmt.Errorf("redact: a batch of %d columns for table %s of %d", len(b.Columns), s.table.FullName(), len(s.actions))
	}
	s.batch.Rows, s.batch.Columns = b.Rows, append(s.batch.Columns[:0], b.Columns...)
	for i, action := range s.actions {
		switch v := &b.Columns[i]; {
		case action == tokenCells && s.padded[i]:
			s.rewrite(i, v, s.table.Columns[i].Class, s.tokenUnpadded)
		case action == tokenCells:
			s.rewrite(i, v, s.table.Columns[i].Class, s.token)
		case action == searchCells && mayHoldSecret(v.Data):
			s.rewrite(i, v, v.Class, s.search)
		}
	}
	s.r.count(s.pass)
	return &s.batch, nil
}

// rewrite makes column i anew, of class, from what f makes of each cell.
func (s *Rows) rewrite(i int, v *snapshot.Vector, class snapshot.Class, f func(snapshot.Class, []byte) (snapshot.Class, []byte)) {
	out := &s.redacted[i]
	out.Reset()
	out.Class = class
	for row := range v.Len() {
		c, bytes := v.Cell(row)
		if c == snapshot.Null {
			out.AppendNull()
			continue
		}
		out.Append(f(c, bytes))
	}
	s.batch.Columns[i] = *out
}

// tokenUnpadded is token for a column that some stores fill up to its length.
func (s *Rows) tokenUnpadded(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	switch class {
	case snapshot.Text:
		c = bytes.TrimRight(c, " ")
	case snapshot.Bytes:
		c = bytes.TrimRight(c, "\x00")
	}
	return s.token(class, c)
}

// token returns the token of a cell. What is empty is no secret.
func (s *Rows) token(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	text := snapshot.AppendText(nil, class, c)
	switch {
	case len(text) == 0: // whatever its class, the column's is text now
		return snapshot.Text, nil
	case class == snapshot.Text && IsToken(string(text)):
		return class, c
	}
	s.pass.counts[ruleColumn]++
	switch class {
	case snapshot.Number:
		n := binary.BigEndian.Uint64(s.pass.tokens.of(domain, text))>>12 | 1<<52
		s.cell = snapshot.AppendUint(s.cell[:0], n)
		return snapshot.Number, s.cell
	case snapshot.UUID:
		s.cell = append(s.cell[:0], s.pass.tokens.of(domain, text)[:16]...)
		s.cell[6] = s.cell[6]&0x0F | 0x80 // version 8, RFC 9562
		s.cell[8] = s.cell[8]&0x3F | 0x80
		return snapshot.UUID, s.cell
	}
	s.cell = s.pass.tokens.appendToken(s.cell[:0], text)
	return snapshot.Text, s.cell
}

// search replaces what is secret within a text.
func (s *Rows) search(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	switch class {
	case snapshot.Text, snapshot.JSON, snapshot.List, snapshot.Bytes:
	default:
		return class, c
	}
	if !mayHoldSecret(c) {
		return class, c
	}
	text := s.pass.text(string(c))
	return class, append(s.cell[:0], text...)
}

// mayHoldSecret looks for the bytes without which the search finds nothing.
func mayHoldSecret(b []byte) bool {
	return bytes.IndexByte(b, ':') >= 0 || bytes.IndexByte(b, '=') >= 0 || bytes.IndexByte(b, '%') >= 0 ||
		bytes.Contains(b, []byte("eyJ")) || bytes.Contains(b, []byte("-----BEGIN")) || bytes.Contains(b, []byte("asic "))
}

// columnSet is nameSet for names of columns, "table.column".
func columnSet(list []string) (map[string]bool, error) {
	for _, name := range list {
		if !strings.Contains(name, ".") {
			return nil, fmt.Errorf("redact: column %q: want table.column", name)
		}
	}
	return nameSet(list), nil
}
