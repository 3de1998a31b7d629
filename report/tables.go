package report

import (
	"fmt"

	"parallax/diff/comparison"
)

// Table is one pair of tables with the four proofs in words: count, checksum,
// sample, field by field.
type Table struct {
	comparison.TableProof
	CountText    string `json:"count_text"`
	ChecksumText string `json:"checksum_text"`
	SampleText   string `json:"sample_text"`
	FieldText    string `json:"field_text"`
	// Good: all four say equal.
	Good bool `json:"good"`
}

func buildTables(s *comparison.Summary) []Table {
	var out []Table
	for i := range s.Tables {
		out = append(out, buildTable(&s.Tables[i], s))
	}
	return out
}

func buildTable(p *comparison.TableProof, s *comparison.Summary) Table {
	t := Table{TableProof: *p}
	subject := subjectOf(s, p.Table)
	var counted, summed, sampled, fields bool
	t.CountText, counted = countProof(p)
	t.ChecksumText, summed = checksumProof(p)
	t.SampleText, sampled = sampleProof(p)
	t.FieldText, fields = fieldProof(p, subject)
	t.Good = counted && summed && sampled && fields
	return t
}

func subjectOf(s *comparison.Summary, name string) *comparison.Subject {
	for i := range s.Subjects {
		if s.Subjects[i].Name == name {
			return &s.Subjects[i]
		}
	}
	return &comparison.Subject{Name: name}
}

func countProof(p *comparison.TableProof) (string, bool) {
	switch {
	case p.New == "":
		return Number(p.OldRows) + " rows, no such table in new", false
	case p.Old == "":
		return "no such table in old, " + plural(p.NewRows, "row"), false
	case p.OldRows == p.NewRows:
		return plural(p.OldRows, "row") + " on both sides", true
	}
	return fmt.Sprintf("%s old, %s new", Number(p.OldRows), Number(p.NewRows)), false
}

// checksumProof counts columns: those whose sums agree, and those that the two
// sides hold in different forms, which were read instead.
func checksumProof(p *comparison.TableProof) (string, bool) {
	var equal, read, differ, left int64
	for _, c := range p.Columns {
		switch c.State {
		case "equal", "key":
			equal++
		case "equal by value":
			read++
		case "ignored":
			left++
		default:
			differ++
		}
	}
	if p.Method == "not compared" || len(p.Columns) == 0 {
		return "not compared", false
	}
	text := fmt.Sprintf("%s of %s equal", Number(equal), plural(int64(len(p.Columns)), "column"))
	if read > 0 {
		text += fmt.Sprintf(", %s equal by value", Number(read))
	}
	if left > 0 {
		text += fmt.Sprintf(", %s ignored", Number(left))
	}
	if differ > 0 {
		text += fmt.Sprintf(", %s differ", Number(differ))
	}
	return text, differ == 0
}

func sampleProof(p *comparison.TableProof) (string, bool) {
	if p.SampleRows == 0 {
		return "no sample asked for", true
	}
	if p.SampleDifferent == 0 {
		return fmt.Sprintf("%s, none differs: below %s (95 %%)", plural(p.SampleRows, "row"), percentUp(3, p.SampleRows)), true
	}
	return fmt.Sprintf("%s of %s differ", Number(p.SampleDifferent), plural(p.SampleRows, "row")), false
}

func fieldProof(p *comparison.TableProof, u *comparison.Subject) (string, bool) {
	switch {
	case p.Method == "not compared":
		return "not compared: " + p.Why, false
	case u.NotCompared > 0:
		return plural(u.NotCompared, "row") + " could not be compared", false
	case u.Mismatched() > 0:
		return fmt.Sprintf("%s of %s differ", Number(u.Mismatched()), plural(u.Compared(), "row")), false
	}
	return "no row differs", true
}

// costText says what was read to know it.
func (t *Table) costText() string {
	if t.Method != "blocks" {
		return fmt.Sprintf("%s: %s read", t.Method, plural(t.RowsRead, "row"))
	}
	text := fmt.Sprintf("%s of %s skipped, %s read", Number(t.BlocksEqual), plural(t.Blocks, "block"), plural(t.RowsRead, "row"))
	if t.Reread > 0 {
		text += fmt.Sprintf("; %s of the skipped read as a proof, %s wrong", Number(t.Reread), Number(t.RereadWrong))
	}
	return text
}

// Cost says what was read to know it.
func (t Table) Cost() string { return t.costText() }

func tableCells(t *Table) []string {
	return []string{t.Table, t.CountText, t.ChecksumText, t.SampleText, t.FieldText, t.costText()}
}

// provesTables says what was shown of rows.
func provesTables(r *Report) []string {
	n := r.Total.Compared
	if n == 0 {
		return []string{"Nothing: no row was compared."}
	}
	texts := []string{fmt.Sprintf("%s of %s rows (%s), of %s, were compared field by field: blocks with equal checksums without reading them, all others value by value.",
		Number(n), Number(r.Total.Recorded), Percent(n, r.Total.Recorded), plural(int64(len(r.Routes)), "table"))}
	if n := values(r.Intended); n > 0 {
		texts = append(texts, intendedText(n))
	}
	if m := r.Total.Mismatched(); m > 0 {
		return append(texts, fmt.Sprintf("%s of them (%s) differ.", Number(m), Percent(m, n)))
	}
	return append(texts, "None of them differs, at the two consistent points named under Notes.")
}

func unprovenTables(r *Report) []string {
	var texts []string
	t := &r.Total
	if t.NotCompared > 0 {
		texts = append(texts, plural(t.NotCompared, "row")+" could not be compared: nothing is known of them.")
	}
	if left := t.Filtered + t.NotReached + t.Incomplete + t.Blocked; left > 0 {
		texts = append(texts, plural(left, "row")+" were left out on purpose: nothing is known of them.")
	}
	if n := hidden(r); n > 0 {
		texts = append(texts, fmt.Sprintf("%s values are equal only under rules or the mapping; they are listed.", Number(n)))
	}
	return append(texts,
		"What changed after the two consistent points is not covered, nor are tables that were not captured.",
		"Indexes, constraints, triggers, rights and what the applications do with the rows are not compared here.")
}

func noteWhere(n *comparison.SchemaNote) string {
	if n.Column == "" {
		return n.Table
	}
	return n.Table + "." + n.Column
}

// affected is the number of rows that do not fit; a dash where nobody asked.
func affected(n *comparison.SchemaNote) string {
	if n.Affected < 0 {
		return "–"
	}
	return Number(n.Affected)
}
