package mysql

import (
	"fmt"
	"slices"
	"strings"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

const primary = "PRIMARY"

// isTable: sequences and the server's own views have no rows to capture.
func (e *entry) isTable() bool { return e.kind == "BASE TABLE" || e.kind == "SYSTEM VERSIONED" }

// chosen are the tables, and views, that the options ask for, by name.
func chosen(all map[string]*entry, schema string, o *database.Options) []*entry {
	var out []*entry
	for _, e := range all {
		if (e.isTable() || o.Views && e.kind == "VIEW") && o.Wanted(schema, e.name) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b *entry) int { return strings.Compare(a.name, b.name) })
	return out
}

// describe turns what the catalogue says into the format's description.
func describe(e *entry, schema string, o *database.Options) (snapshot.Table, error) {
	t := snapshot.Table{Schema: schema, Name: e.name, From: "table"}
	if !e.isTable() {
		t.From = "view"
	}
	if len(e.columns) == 0 {
		return t, fmt.Errorf("%s %s: the catalogue shows no columns: it is invalid, or the user has no rights on it", t.From, t.FullName())
	}
	for i := range e.columns {
		c, err := describeColumn(e, &e.columns[i])
		if err != nil {
			return t, fmt.Errorf("column %s.%s: %w", t.FullName(), c.Name, err)
		}
		t.Columns = append(t.Columns, c)
	}
	t.Key, t.KeyFrom = e.key(keyFor(o, schema, e.name))
	t.ForeignKeys = foreignKeys(e.foreign)
	t.Sequences = e.sequences()
	_, err := t.KeyIndexes()
	return t, err
}

func describeColumn(e *entry, x *columnEntry) (snapshot.Column, error) {
	c := snapshot.Column{Name: x.name, Declared: x.declared, NotNull: x.notNull, Collation: x.collation, Generated: generated(x)}
	if err := classify(&c, x.sizes); err != nil {
		return c, err
	}
	if e.checks["json_valid("+quote(x.name)+")"] && base(x.declared) == "longtext" {
		c.Class = snapshot.JSON // MariaDB's JSON is this and nothing else
	}
	if c.Class == snapshot.Text && x.charset != "" || c.Class == snapshot.JSON {
		c.Mixed = mayBeInvalid(x.charset)
	}
	var err error
	if kind := base(x.declared); kind == "enum" || kind == "set" {
		c.Labels, err = parseLabels(x.declared)
	}
	return c, err
}

// generated says how the store computes a column: "on update current_timestamp()",
// "stored generated: expression".
func generated(x *columnEntry) string {
	extra := strings.ToLower(x.extra)
	if x.expression != "" {
		return strings.TrimSpace(strings.Replace(extra, "invisible", "", 1)) + ": " + x.expression
	}
	if at := strings.Index(extra, "on update "); at >= 0 {
		on, _, _ := strings.Cut(extra[at:], ",")
		return on
	}
	return ""
}

// key: what is declared goes before what the store has.
func (e *entry) key(declared []string) (key []string, from string) {
	if len(declared) > 0 {
		return declared, "declared"
	}
	var best *index
	for i := range e.indexes {
		x := &e.indexes[i]
		if x.name == primary {
			return x.columns, "primary key"
		}
		if x.whole && (best == nil || len(x.columns) < len(best.columns)) {
			best = x
		}
	}
	switch {
	case best != nil:
		return best.columns, "unique"
	case !e.isTable():
		return nil, "none: a view"
	}
	return nil, "none: no primary key, no unique index on columns without null"
}

// foreignKeys folds one row a column into one key each.
func foreignKeys(rows []record) []snapshot.ForeignKey {
	var out []snapshot.ForeignKey
	for _, r := range rows {
		if n := len(out); n == 0 || out[n-1].Name != r[1].String {
			out = append(out, snapshot.ForeignKey{Name: r[1].String, Schema: r[3].String, Table: r[4].String})
		}
		f := &out[len(out)-1]
		f.Columns = append(f.Columns, r[2].String)
		f.References = append(f.References, r[5].String)
	}
	return out
}

func (e *entry) sequences() []snapshot.Sequence {
	for _, c := range e.columns {
		if e.next != "" && strings.Contains(strings.ToLower(c.extra), "auto_increment") {
			return []snapshot.Sequence{{Column: c.name, Next: e.next}}
		}
	}
	return nil
}

// quote makes an identifier of a name.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
