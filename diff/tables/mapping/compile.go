package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"parallax/diff/expression"
	"parallax/diff/rules"
)

// Compile checks the entries and compiles them. An error names the entry: its
// table and column, and the place within an expression.
func Compile(c Config) (*Set, error) {
	s := &Set{tables: map[string]*table{}, byNew: map[string]*table{}}
	b := builder{set: s, names: map[string]bool{}}
	for i := range c.Tables {
		if err := b.table(i, &c.Tables[i]); err != nil {
			return nil, fmt.Errorf("mapping: %w", err)
		}
	}
	for i := range c.Ignore {
		if err := b.ignore(&c.Ignore[i]); err != nil {
			return nil, fmt.Errorf("mapping: ignore %d: %w", i+1, err)
		}
	}
	for i := range c.Flatten {
		if err := b.flatten(&c.Flatten[i]); err != nil {
			return nil, fmt.Errorf("mapping: flatten %d: %w", i+1, err)
		}
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	sum := sha256.Sum256(text)
	s.digest = hex.EncodeToString(sum[:])
	return s, nil
}

// builder fills a Set.
type builder struct {
	set   *Set
	names map[string]bool
}

func (b *builder) table(i int, e *Table) error {
	if e.Old == "" {
		return fmt.Errorf("table %d: old names no table", i+1)
	}
	t := &table{old: e.Old, new: e.New, columns: map[string]*column{}, byNew: map[string]*column{}}
	if t.new == "" {
		t.new = t.old
	}
	if b.set.tables[t.old] != nil {
		return fmt.Errorf("table %s: two entries claim it", t.old)
	}
	if other := b.set.byNew[t.new]; other != nil {
		return fmt.Errorf("tables %s and %s: both become %s\nseveral tables to one is a declared query when the snapshot is taken",
			other.old, t.old, t.new)
	}
	b.set.tables[t.old], b.set.byNew[t.new] = t, t
	for j := range e.Columns {
		if err := b.column(t, &e.Columns[j]); err != nil {
			return fmt.Errorf("table %s: column %s: %w", t.old, label(j, &e.Columns[j]), err)
		}
	}
	return nil
}

// label is how errors call a column entry.
func label(i int, e *Column) string {
	switch {
	case e.Old != "":
		return e.Old
	case e.New != "":
		return e.New
	}
	return fmt.Sprintf("entry %d", i+1)
}

func (b *builder) column(t *table, e *Column) error {
	if err := e.check(); err != nil {
		return err
	}
	c := &column{old: e.Old, new: e.New, ignore: e.Ignore}
	if c.new == "" && !e.Ignore && e.FromNew == "" {
		c.new = c.old
	}
	var err error
	if c.rule, err = b.rule(e.Name, "mapping "+t.old+"."+label(0, e), e.Reason); err != nil {
		return err
	}
	b.set.rules[c.rule].change = e.Values != nil || e.Expr != "" || e.FromNew != ""
	if err := t.claim(c); err != nil {
		return err
	}
	return t.judge(c, e)
}

// rule adds what counts go by.
func (b *builder) rule(name, otherwise, reason string) (int, error) {
	if name == "" {
		name = otherwise
	}
	if strings.HasPrefix(name, rules.Prefix) {
		return 0, fmt.Errorf("names that begin with %q are the program's", rules.Prefix)
	}
	if b.names[name] {
		return 0, fmt.Errorf("another entry has the name %q", name)
	}
	b.names[name] = true
	b.set.rules = append(b.set.rules, rule{name: name, reason: reason})
	return len(b.set.rules) - 1, nil
}

// claim enters a column under its names, each of which is one entry's.
func (t *table) claim(c *column) error {
	if c.old != "" && t.columns[c.old] != nil {
		return fmt.Errorf("two entries claim the old column %s", c.old)
	}
	if c.new != "" && t.byNew[c.new] != nil {
		return fmt.Errorf("two entries claim the new column %s", c.new)
	}
	if c.old != "" {
		t.columns[c.old] = c
	}
	if c.new != "" {
		t.byNew[c.new] = c
	}
	return nil
}

// judge compiles what an entry says beyond names.
func (t *table) judge(c *column, e *Column) error {
	near, err := e.near()
	if err != nil {
		return err
	}
	sentinels, err := compileSentinels(e.Sentinels)
	if err != nil {
		return err
	}
	switch {
	case e.Ignore:
		return nil
	case e.FromNew != "":
		p, err := expression.Compile(e.FromNew)
		if err != nil {
			return fmt.Errorf("from_new: %w", err)
		}
		return t.compute(c, p, New, near)
	case e.Expr != "":
		return t.expr(c, e, near)
	case e.Values != nil:
		c.judge = &Judge{rule: c.rule, values: e.Values, keep: e.Else == "keep", near: near}
	case near.kind != exact || sentinels != nil:
		c.judge = &Judge{rule: c.rule, near: near, sentinels: sentinels}
	}
	return nil
}

// expr is a judge where the expression asks for the old value only, else a
// computed column.
func (t *table) expr(c *column, e *Column, near near) error {
	p, err := expression.Compile(e.Expr)
	if err != nil {
		return fmt.Errorf("expr: %w", err)
	}
	if p.UsesRow || e.Old == "" {
		return t.compute(c, p, Old, near)
	}
	c.judge = &Judge{rule: c.rule, expr: p, near: near}
	return nil
}

// compute adds a computed column; from is the side whose rows it is of.
func (t *table) compute(c *column, p *expression.Program, from Side, near near) error {
	own, target := c.old, c.new
	if from == New {
		own, target = "", c.old
	}
	if p.UsesOld && own == "" {
		return errors.New("old: there is no one old value here: name columns, row.name")
	}
	c.computed = true
	t.computed = append(t.computed, &Computed{
		Of: from, Column: target, Rule: c.rule, Needs: p.Needs(own), old: own, expr: p, near: near,
	})
	return nil
}

func (b *builder) ignore(e *Ignore) error {
	if e.Table == "" || e.Column == "" {
		return errors.New("table and column must be given")
	}
	if e.Column == "*" {
		return errors.New("a column is named: leaving all of a table out would compare nothing")
	}
	for _, g := range b.set.ignores {
		if g.table == e.Table && g.column == e.Column {
			return fmt.Errorf("%s.%s: two entries claim it", e.Table, e.Column)
		}
	}
	if t := b.set.tables[e.Table]; t != nil && t.columns[e.Column] != nil {
		return fmt.Errorf("%s.%s: an entry of the table claims it, too", e.Table, e.Column)
	}
	n, err := b.rule(e.Name, "mapping ignore "+e.Table+"."+e.Column, e.Reason)
	b.set.ignores = append(b.set.ignores, ignore{n, e.Table, e.Column})
	return err
}

func (b *builder) flatten(e *Flatten) error {
	f, err := e.compile()
	if err != nil {
		return err
	}
	for _, other := range b.set.flatten {
		if other.spec.Into == f.spec.Into {
			return fmt.Errorf("into %s: two entries make it", f.spec.Into)
		}
	}
	b.set.flatten = append(b.set.flatten, f)
	return nil
}
