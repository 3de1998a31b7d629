// Package repair writes the SQL statements that would make the new side of a
// comparison of tables equal to the old one.
//
// Terms. A statement repairs one record: INSERT for a row that is missing, DELETE
// for one that the old side does not have, UPDATE for cells that changed.
//
// Steps. Statements takes the differences in the order of the comparison, gathers
// those of one record, and writes one statement for each, in the dialect of the
// new side's engine.
//
// Limits. The statements are for reading; nothing here runs them. What cannot be
// written exactly (a value that the comparison keeps only the beginning of, a
// redaction token, a table without a key, a difference within a JSON document)
// becomes a comment that says so.
package repair

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"sort"
	"strings"

	"parallax/diff/comparison"
	"parallax/internal/sanitise"
)

// Statements writes the repair of every difference that counts: noise and what
// could not be compared are left out, with a comment for the latter.
func Statements(w io.Writer, s *comparison.Summary, differences iter.Seq2[*comparison.Difference, error]) error {
	p := &printer{w: w, dialect: s.New.Engine, tables: map[string]*comparison.TableProof{}}
	for i := range s.Tables {
		p.tables[s.Tables[i].Table] = &s.Tables[i]
	}
	var record []comparison.Difference
	for d, err := range differences {
		if err != nil {
			return err
		}
		if len(record) > 0 && (record[0].Subject != d.Subject || record[0].Record != d.Record) {
			p.record(record)
			record = record[:0]
		}
		if !d.Noise {
			record = append(record, *d)
		}
	}
	p.record(record)
	return p.err
}

// printer writes statements; it keeps the first error.
type printer struct {
	w       io.Writer
	dialect string
	tables  map[string]*comparison.TableProof
	zoned   bool // the session's zone was set
	err     error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// cannot says in a comment why a record has no statement. A comment ends with
// its line, so nothing recorded may break it.
func (p *printer) cannot(d *comparison.Difference, why string) {
	p.line("-- %s %s: %s", sanitise.Log(d.Subject), sanitise.Log(d.Record), why)
}

func (p *printer) record(ds []comparison.Difference) {
	if len(ds) == 0 {
		return
	}
	first := &ds[0]
	t := p.tables[first.Subject]
	switch {
	case t == nil || t.New == "" || t.Old == "":
		p.cannot(first, "the table has no partner: "+string(first.Kind))
	case first.Kind == comparison.NotCompared:
		p.cannot(first, "could not be compared")
	case first.Class == comparison.ColumnMissing:
		p.cannot(first, "column "+sanitise.Log(first.Field)+" has no partner: "+string(first.Kind))
	case len(keyColumns(t)) == 0:
		p.cannot(first, "the table has no key: "+string(first.Kind))
	case first.Part == comparison.Row && first.Kind == comparison.MissingInNew:
		p.insert(t, first)
	case first.Part == comparison.Row && first.Kind == comparison.MissingInOld:
		p.remove(t, first)
	default:
		p.update(t, ds)
	}
}

// keyColumns are in the order of the key, as a record's texts are.
func keyColumns(t *comparison.TableProof) []*comparison.ColumnProof {
	var columns []*comparison.ColumnProof
	for i := range t.Columns {
		if t.Columns[i].State == "key" {
			columns = append(columns, &t.Columns[i])
		}
	}
	slices.SortStableFunc(columns, func(a, b *comparison.ColumnProof) int { return cmp.Compare(a.Key, b.Key) })
	return columns
}

func (p *printer) update(t *comparison.TableProof, ds []comparison.Difference) {
	var sets []string
	for i := range ds {
		d := &ds[i]
		column := newColumn(t, d.Field)
		if column == nil {
			p.cannot(d, sanitise.Log(d.Field)+" is no column of its own: the difference is within a document")
			continue
		}
		text, err := p.literal(column, classOf(column, d.Old.Type), d.Old.Text, d.Old.Cut)
		switch {
		case err != "":
			p.cannot(d, "column "+sanitise.Log(d.Field)+": "+err)
		default:
			sets = append(sets, p.name(column.New)+" = "+text)
		}
	}
	where, err := p.where(t, &ds[0])
	if len(sets) > 0 && err == "" {
		p.line("UPDATE %s SET %s WHERE %s;", p.table(t), strings.Join(sets, ", "), where)
	} else if err != "" {
		p.cannot(&ds[0], err)
	}
}

func (p *printer) remove(t *comparison.TableProof, d *comparison.Difference) {
	where, err := p.where(t, d)
	if err != "" {
		p.cannot(d, err)
		return
	}
	p.line("DELETE FROM %s WHERE %s;", p.table(t), where)
}

// insert takes the row from the difference, which holds it whole.
func (p *printer) insert(t *comparison.TableProof, d *comparison.Difference) {
	row, err := rowOf(d)
	if err != nil {
		p.cannot(d, err.Error())
		return
	}
	var names, values []string
	for _, cell := range row {
		column := newColumn(t, cell.column)
		if column == nil {
			p.cannot(d, "column "+sanitise.Log(cell.column)+" has no partner")
			continue
		}
		class, text, ok := untagged(column, cell)
		if !ok {
			p.cannot(d, "column "+sanitise.Log(cell.column)+": the value may be a text or of another type")
			return
		}
		text, why := p.literal(column, class, text, false)
		if why != "" {
			p.cannot(d, "column "+sanitise.Log(cell.column)+": "+why)
			return
		}
		names, values = append(names, p.name(column.New)), append(values, text)
	}
	p.line("INSERT INTO %s (%s) VALUES (%s);", p.table(t), strings.Join(names, ", "), strings.Join(values, ", "))
}

type cell struct{ column, typ, text string }

func rowOf(d *comparison.Difference) ([]cell, error) {
	if d.Old.Cut {
		return nil, fmt.Errorf("the row is longer than what the comparison keeps of it")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(d.Old.Text), &fields); err != nil {
		return nil, fmt.Errorf("the row is not readable")
	}
	var row []cell
	for name, raw := range fields {
		c := cell{column: name, typ: "number", text: string(raw)}
		switch {
		case bytes.Equal(raw, []byte("null")):
			c.typ = "null"
		case raw[0] == 't' || raw[0] == 'f':
			c.typ = "bool"
		case raw[0] == '"':
			c.typ = "text"
			if err := json.Unmarshal(raw, &c.text); err != nil {
				return nil, fmt.Errorf("the row is not readable")
			}
		}
		row = append(row, c)
	}
	sort.Slice(row, func(i, j int) bool { return row[i].column < row[j].column })
	return row, nil
}

func newColumn(t *comparison.TableProof, old string) *comparison.ColumnProof {
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Old == old && c.New != "" {
			return c
		}
	}
	return nil
}

// where names the row by its key, whose canonical texts the record holds.
func (p *printer) where(t *comparison.TableProof, d *comparison.Difference) (string, string) {
	var key []any
	dec := json.NewDecoder(strings.NewReader(d.Record))
	dec.UseNumber()
	columns := keyColumns(t)
	if err := dec.Decode(&key); err != nil || len(key) != len(columns) {
		return "", "the key is not readable"
	}
	var terms []string
	for i, v := range key {
		if v == nil {
			terms = append(terms, p.name(columns[i].New)+" IS NULL")
			continue
		}
		class := columns[i].OldClass
		if d.Kind == comparison.MissingInOld {
			class = columns[i].NewClass
		}
		text, why := p.literal(columns[i], class, fmt.Sprint(v), false)
		if why != "" {
			return "", "key: " + why
		}
		terms = append(terms, p.name(columns[i].New)+" = "+text)
	}
	return strings.Join(terms, " AND "), ""
}
