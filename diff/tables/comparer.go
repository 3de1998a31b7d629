package tables

import (
	"fmt"
	"slices"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/rules"
	"parallax/diff/tables/mapping"
)

// comparer compares one pair of tables.
type comparer struct {
	r        *run
	pair     tablePair
	old, new *snapshot.TableEntry
	columns  []columnPair
	computed []*mapping.Computed
	keyOld   []int
	keyNew   []int
	jsonRule *rules.RouteRules

	tableOld, tableNew Table
	subject            *comparison.Subject
	proof              comparison.TableProof
	differences        []int64 // by column pair
	readByValue        []bool  // by column pair: it was judged by value
	record             []byte  // the current row's, made when asked for
	written            int     // differences of the current row
	sampling           bool    // the current stretch belongs to the sample
}

// comparer prepares a pair; why says what makes it impossible to compare.
func (r *run) comparer(p tablePair) (c *comparer, why string, err error) {
	c = &comparer{
		r: r, pair: p, old: &r.old.Manifest.Tables[p.old], new: &r.new.Manifest.Tables[p.new],
		subject: r.tally.Subject(p.name), computed: r.o.Mapping.Compute(p.name), jsonRule: r.o.Rules.For(p.name),
	}
	if c.columns, err = pairColumns(p.name, &c.old.Table, &c.new.Table, r.o.Mapping); err != nil {
		return nil, "", err
	}
	c.differences, c.readByValue = make([]int64, len(c.columns)), make([]bool, len(c.columns))
	c.proof = comparison.TableProof{
		Table: p.name, Old: c.old.Name, New: c.new.Name, Method: "blocks", OldRows: c.old.Rows, NewRows: c.new.Rows,
		Duplicates: c.old.DuplicateKeys + c.new.DuplicateKeys, Columns: []comparison.ColumnProof{},
	}
	c.countFolded()
	r.notes = append(r.notes, schemaNotes(c)...)
	switch {
	case c.old.Invalid != "":
		return c, "old: " + c.old.Invalid, nil
	case c.new.Invalid != "":
		return c, "new: " + c.new.Invalid, nil
	}
	return c, c.pairKeys(), nil
}

// countFolded lists what paired only without case and underscores.
func (c *comparer) countFolded() {
	if c.pair.folded {
		c.hidden(int(namesFolded), comparison.Row, "", c.old.Name, c.new.Name)
	}
	for _, p := range c.columns {
		if p.folded {
			c.hidden(int(namesFolded), comparison.Column, c.old.Columns[p.old].Name, c.old.Columns[p.old].Name, c.new.Columns[p.new].Name)
		}
	}
}

// pairKeys finds the key on both sides; it says why rows cannot be paired.
func (c *comparer) pairKeys() (why string) {
	if len(c.old.Key) == 0 && len(c.new.Key) == 0 {
		return c.pairWholeRows()
	}
	if len(c.old.Key) == 0 || len(c.new.Key) == 0 {
		return "only one side has a key: declare the other's at capture (--key)"
	}
	oldKey, errOld := c.old.KeyIndexes()
	newKey, errNew := c.new.KeyIndexes()
	if errOld != nil || errNew != nil {
		return "the key's columns are not there"
	}
	var partners []int
	for _, i := range oldKey {
		at := slices.IndexFunc(c.columns, func(p columnPair) bool { return p.old == i })
		if at < 0 || c.columns[at].new < 0 {
			return fmt.Sprintf("key column %s has no partner", c.old.Columns[i].Name)
		}
		p := c.columns[at]
		if a, b := &c.old.Columns[i], &c.new.Columns[p.new]; a.Class != b.Class {
			return fmt.Sprintf("key column %s is %s (%s) in old and %s (%s) in new: capture one of them by a query that casts it", a.Name, a.Class, a.Declared, b.Class, b.Declared)
		}
		if p.judge != nil && p.judge.Transforms() {
			return fmt.Sprintf("key column %s is transformed by the mapping: capture it so by a query", c.old.Columns[i].Name)
		}
		partners = append(partners, p.new)
	}
	if !slices.Equal(partners, newKey) {
		return fmt.Sprintf("the keys are other columns: %v and %v: declare one of them at capture (--key)", c.old.Key, c.new.Key)
	}
	c.keyOld, c.keyNew = oldKey, newKey
	return ""
}

// pairWholeRows: without keys, whole rows are keys, which needs the same columns.
func (c *comparer) pairWholeRows() (why string) {
	c.proof.Method = "multiset"
	for _, p := range c.columns {
		switch {
		case p.old < 0 || p.new < 0 || p.ignored >= 0 || p.judge != nil || len(c.computed) > 0:
			return "without a key, rows compare only where both sides have the same columns and none is mapped or ignored: declare a key at capture (--key)"
		case p.old != p.new:
			return "without a key, rows compare only where the columns stand in the same order: declare a key at capture (--key)"
		case c.old.Columns[p.old].Class != c.new.Columns[p.new].Class:
			return fmt.Sprintf("without a key, rows compare only where columns are of one class, and %s is %s and %s: declare a key at capture (--key)",
				c.old.Columns[p.old].Name, c.old.Columns[p.old].Class, c.new.Columns[p.new].Class)
		}
	}
	return ""
}

// notCompared counts all rows as such: never a pass.
func (c *comparer) notCompared(why string) error {
	c.proof.Method, c.proof.Why = "not compared", why
	rows := max(c.old.Rows, c.new.Rows)
	c.subject.Recorded, c.subject.NotCompared = rows, rows
	if rows == 0 { // nothing is known of an empty table, either
		c.subject.Recorded, c.subject.NotCompared = 1, 1
	}
	c.r.counted[0] += c.old.Rows
	c.r.counted[1] += c.new.Rows
	d := &comparison.Difference{
		Subject: c.pair.name, Part: comparison.Row, Kind: comparison.NotCompared, Class: "table", Severity: comparison.Error,
		Old: comparison.MakeValue("text", why), New: comparison.MakeValue("text", why),
	}
	c.r.tally.Difference(d, 0)
	return c.r.out.Write(d)
}

// hidden counts what only a rule makes equal.
func (c *comparer) hidden(rule int, part comparison.Part, field, old, new string) {
	kept := c.r.tally.HiddenAt(rule, c.pair.name, part, []byte(field), string(c.record))
	if kept != nil {
		*kept = comparison.SampleOf(&comparison.Difference{
			Record: string(c.record), Field: field, Old: comparison.MakeValue("text", old), New: comparison.MakeValue("text", new),
		})
	}
}
