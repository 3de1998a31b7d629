package tables

import (
	"fmt"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// schemaNotes says where two declarations differ. They are no differences: what
// they do to rows is found in the rows.
func schemaNotes(c *comparer) []comparison.SchemaNote {
	var notes []comparison.SchemaNote
	for _, p := range c.columns {
		if p.old < 0 || p.new < 0 || p.ignored >= 0 {
			continue
		}
		a, b := &c.old.Columns[p.old], &c.new.Columns[p.new]
		for _, n := range columnNotes(a, b) {
			n.Table, n.Column, n.Affected = c.pair.name, a.Name, -1
			notes = append(notes, n)
		}
	}
	return notes
}

// columnNotes compares two declarations. A narrower column is an error, since rows
// may not fit; another class or precision a warning.
func columnNotes(a, b *snapshot.Column) []comparison.SchemaNote {
	var notes []comparison.SchemaNote
	add := func(severity comparison.Severity, format string, args ...any) {
		notes = append(notes, comparison.SchemaNote{Note: fmt.Sprintf(format, args...), Severity: severity})
	}
	switch {
	case a.Class != b.Class:
		add(comparison.Warning, "type: %s / %s", a.Declared, b.Declared)
	case b.Length > 0 && (a.Length == 0 || b.Length < a.Length):
		add(comparison.Error, "narrower: %s / %s", a.Declared, b.Declared)
	case a.Class == snapshot.Number && narrower(a, b):
		add(comparison.Error, "narrower: %s / %s", a.Declared, b.Declared)
	case a.Precision != b.Precision || a.Scale != b.Scale || a.Bits != b.Bits || a.Padded != b.Padded:
		add(comparison.Warning, "form: %s / %s", a.Declared, b.Declared)
	}
	if a.NotNull != b.NotNull {
		add(comparison.Warning, "nullable: %t / %t", !a.NotNull, !b.NotNull)
	}
	if (a.Generated == "") != (b.Generated == "") {
		add(comparison.Warning, "generated: %q / %q", a.Generated, b.Generated)
	}
	return notes
}

// narrower reports whether numbers of a may not fit b.
func narrower(a, b *snapshot.Column) bool {
	whole := func(c *snapshot.Column) int {
		if c.Bits > 0 {
			return map[int]int{16: 5, 32: 10, 64: 19}[c.Bits]
		}
		if c.Precision == 0 {
			return 1 << 20
		}
		return c.Precision - c.Scale
	}
	return whole(b) < whole(a) || b.Bits > 0 && a.Bits == 0 && a.Scale > 0 || b.Precision > 0 && a.Bits == 0 && b.Scale < a.Scale
}
