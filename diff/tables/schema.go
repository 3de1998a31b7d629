package tables

import (
	"fmt"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// columnsAlone reports the columns without a partner, and counts those that the
// mapping leaves out.
func (t *tableRun) columnsAlone() error {
	for _, l := range t.plan.lones {
		if l.ignored {
			t.leftOut(l.name, l.rule)
		}
		if l.ignored || l.covered {
			continue
		}
		kind := comparison.MissingInOld
		if l.inOld {
			kind = comparison.MissingInNew
		}
		if err := t.write(&comparison.Difference{
			Subject: t.plan.subject, Part: comparison.Column, Field: l.name, Pattern: l.name,
			Kind: kind, Class: comparison.ColumnMissing, Severity: comparison.Error,
		}); err != nil {
			return err
		}
	}
	for _, q := range t.plan.pairs {
		if q.mode == ignored {
			t.leftOut(q.name(), q.ignoreRule)
		}
	}
	return nil
}

func (t *tableRun) leftOut(column string, rule int) {
	t.hiddenAt(t.names.ofMapping(rule), t.plan.subject, comparison.Column, column).count++
}

// schemaNotes are the differences between the declarations.
func (t *tableRun) schemaNotes() []comparison.SchemaNote {
	var notes []comparison.SchemaNote
	if n, ok := keyNote(t.plan); ok {
		notes = append(notes, comparison.SchemaNote{Table: t.plan.subject, Note: n, Severity: comparison.Warning, Affected: -1})
	}
	for _, q := range t.plan.pairs {
		texts, narrow := columnNotes(q.oldColumn, q.newColumn)
		for _, text := range texts {
			notes = append(notes, t.columnNote(q, text, false))
		}
		if narrow != "" {
			notes = append(notes, t.columnNote(q, narrow, true))
		}
	}
	return notes
}

func (t *tableRun) columnNote(q *pair, text string, narrow bool) comparison.SchemaNote {
	n := comparison.SchemaNote{Table: t.plan.subject, Column: q.name(), Note: text, Severity: comparison.Warning, Affected: -1}
	if narrow && q.sizes {
		n.Affected = q.overlong
		if n.Affected > 0 {
			n.Severity = comparison.Error
		}
	}
	return n
}

func keyNote(p *plan) (string, bool) {
	old, new := p.old.entry.Key, p.new.entry.Key
	same := len(old) == len(new)
	for i := range old {
		same = same && i < len(new) && (fold(old[i]) == fold(new[i]) || sameKeyPair(p, old[i], new[i]))
	}
	if same {
		return "", false
	}
	return fmt.Sprintf("key (%s) / (%s)", strings.Join(old, ", "), strings.Join(new, ", ")), true
}

func sameKeyPair(p *plan, old, new string) bool {
	for _, q := range p.pairs {
		if q.oldColumn.Name == old && q.newColumn.Name == new {
			return true
		}
	}
	return false
}

// columnNotes compares two declarations; narrow is set where the new column holds
// less than the old one.
func columnNotes(old, new *snapshot.Column) (texts []string, narrow string) {
	if isNarrower(old, new) {
		narrow = fmt.Sprintf("%s / %s: the new column holds less", old.Declared, new.Declared)
	} else if !strings.EqualFold(old.Declared, new.Declared) {
		texts = append(texts, fmt.Sprintf("%s / %s", old.Declared, new.Declared))
	}
	note := func(differ bool, format string, args ...any) {
		if differ {
			texts = append(texts, fmt.Sprintf(format, args...))
		}
	}
	numeric := old.Class == snapshot.Number && new.Class == snapshot.Number
	timed := isTimed(old.Class) && isTimed(new.Class)
	note(old.Class != new.Class, "class %s / %s", old.Class, new.Class)
	note(numeric && old.Scale != new.Scale, "scale %d / %d", old.Scale, new.Scale)
	note(numeric && old.Precision != new.Precision, "precision %d / %d", old.Precision, new.Precision)
	note(timed && old.Precision != new.Precision, "digits of a second %d / %d", old.Precision, new.Precision)
	note(old.Length != new.Length && narrow == "", "length %s / %s", length(old), length(new))
	note(old.NotNull != new.NotNull, "%s / %s", nullable(old), nullable(new))
	note(old.Padded != new.Padded, "padded %t / %t", old.Padded, new.Padded)
	note(old.Unsigned != new.Unsigned, "unsigned %t / %t", old.Unsigned, new.Unsigned)
	note(old.Collation != new.Collation, "collation %q / %q", old.Collation, new.Collation)
	note(old.Redacted != new.Redacted, "redacted %t / %t: tokens beside values", old.Redacted, new.Redacted)
	note(old.Generated != new.Generated, "generated %q / %q", old.Generated, new.Generated)
	return texts, narrow
}

func isTimed(c snapshot.Class) bool {
	return c == snapshot.Instant || c == snapshot.WallTime || c == snapshot.Time
}

func length(c *snapshot.Column) string {
	if c.Length == 0 {
		return "any"
	}
	return fmt.Sprint(c.Length)
}

func nullable(c *snapshot.Column) string {
	if c.NotNull {
		return "not null"
	}
	return "null allowed"
}
