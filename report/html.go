package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"parallax/diff/comparison"
	"parallax/internal/sanitise"
	"parallax/report/gate"
)

// HTMLLimit is the largest HTML form, in bytes.
const HTMLLimit = 2 << 20

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageStyle string

// HTML prints the report as one page that needs nothing else: no script, no
// font, no picture, no network. Its content security policy says so. What makes
// the page larger than HTMLLimit is left out, and that is said.
func HTML(w io.Writer, r *Report) error {
	t, err := template.New("page").Funcs(pageFuncs()).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("html: %w", err)
	}
	for show := widest(); ; show = show.narrower() {
		var b bytes.Buffer
		if err := t.Execute(&b, makePage(r, show)); err != nil {
			return fmt.Errorf("html: %w", err)
		}
		if b.Len() <= HTMLLimit || show.narrowest() {
			_, err := w.Write(b.Bytes())
			return err
		}
	}
}

// shown bounds what a page shows: numbers of lines, and runes of a value.
type shown struct {
	Routes, Groups, Lines, Samples, Text int
}

func widest() shown { return shown{Routes: 1000, Groups: 400, Lines: 500, Samples: 3, Text: 1200} }

func (s shown) narrower() shown {
	return shown{
		Routes: max(20, s.Routes*2/3), Groups: max(20, s.Groups/2), Lines: max(20, s.Lines/2),
		Samples: max(1, s.Samples-1), Text: max(100, s.Text/2),
	}
}

func (s shown) narrowest() bool { return s == s.narrower() }

// page is what the template prints.
type page struct {
	*Report
	Style  template.CSS
	Policy string
	Shown  shown

	Rows       list[tableRow]
	TotalRow   tableRow
	Sections   []section
	MoreGroups int
	Uncompared list[card]
	Accepted   list[card]
	Noise      list[card]
	Intended   list[ruleLine]
	Rules      list[ruleLine]
	Checks     list[gate.Check]
	Reasons    list[gate.Check]
	NotesShown list[string]
	SlowestP95 int64
	HasLatency bool
	// LatencyLevels head the columns of the latency table.
	LatencyLevels []string
	NoiseCount    int64
	HiddenCount   int64
	Proofs        list[Table]
	SchemaShown   list[schemaLine]
}

// schemaLine is one declaration that differs.
type schemaLine struct {
	Where, Note, Rows string
	Severity          comparison.Severity
}

func schemaLines(notes []comparison.SchemaNote, most int) list[schemaLine] {
	var lines []schemaLine
	for i := range notes {
		n := &notes[i]
		lines = append(lines, schemaLine{Where: noteWhere(n), Note: n.Note, Rows: affected(n), Severity: n.Severity})
	}
	return firstOf(lines, most)
}

// list is the beginning of something longer.
type list[T any] struct {
	Items []T
	More  int
}

func firstOf[T any](items []T, most int) list[T] {
	if len(items) <= most {
		return list[T]{Items: items}
	}
	return list[T]{Items: items[:most], More: len(items) - most}
}

// tableRow is a row of the table of routes; Anchor is where its differences are.
type tableRow struct {
	*Row
	Anchor string
}

// section is one route's differences.
type section struct {
	Row   *Row
	ID    string
	Cards []card
}

// card is one group with both sides of its samples.
type card struct {
	*Group
	Pairs []pair
}

// pair is one sample with what differs marked.
type pair struct {
	Record, Field    string
	OldType, NewType string
	Old, New         []Mark
	// Row: the record is a table's row.
	Row bool
	// Alike: what is shown of both sides is equal; they differ beyond it.
	Alike bool
}

type ruleLine struct {
	Name, Reason, Where string
	Count               int64
	Builtin             bool
	Pairs               []pair
}

func makePage(r *Report, show shown) *page {
	p := &page{
		Report: r, Style: template.CSS(pageStyle), Policy: contentPolicy(pageStyle), Shown: show,
		TotalRow:   tableRow{Row: &r.Total},
		Uncompared: cards(r.Uncompared, show), Accepted: cards(r.Accepted, show), Noise: cards(r.Noise, show),
		Intended: ruleLines(r.Intended, show), Rules: ruleLines(r.Rules, show), Checks: firstOf(r.Gate.Checks, show.Lines), Reasons: firstOf(r.Gate.Reasons, show.Lines),
		NotesShown: firstOf(r.Notes, show.Lines), HiddenCount: hidden(r),
		Proofs: firstOf(r.Tables, show.Routes), SchemaShown: schemaLines(r.SchemaNotes, show.Lines),
	}
	p.addSections(show)
	p.addRows(show)
	for i := range r.Routes {
		p.SlowestP95 = max(p.SlowestP95, r.Routes[i].OldLatency.P95, r.Routes[i].NewLatency.P95)
	}
	p.HasLatency, p.LatencyLevels = r.Latency != nil && r.hasRatios(), []string{"p50", "p90", "p99"}
	for i := range r.Noise {
		p.NoiseCount += r.Noise[i].Records
	}
	return p
}

// worstFirst has the routes that failed, those that could not be verified and
// the others, each in order.
func worstFirst(rows []Row) []Row {
	sorted := make([]Row, 0, len(rows))
	for _, wanted := range []func(gate.Verdict) bool{
		func(v gate.Verdict) bool { return v == gate.Fail },
		func(v gate.Verdict) bool { return v != gate.Fail && v != gate.Pass && v != gate.RuledOut },
		func(v gate.Verdict) bool { return v == gate.Pass || v == gate.RuledOut },
	} {
		for i := range rows {
			if wanted(rows[i].Verdict) {
				sorted = append(sorted, rows[i])
			}
		}
	}
	return sorted
}

func (p *page) addSections(show shown) {
	groups := firstOf(p.Report.Groups, show.Groups)
	p.MoreGroups = groups.More
	rows := map[string]*Row{}
	for i := range p.Routes {
		rows[p.Routes[i].Route] = &p.Routes[i]
	}
	for i := range groups.Items {
		g := &groups.Items[i]
		if n := len(p.Sections); n == 0 || p.Sections[n-1].Row.Route != g.Route {
			p.Sections = append(p.Sections, section{Row: rows[g.Route], ID: fmt.Sprintf("route-%d", n+1)})
		}
		last := &p.Sections[len(p.Sections)-1]
		last.Cards = append(last.Cards, makeCard(g, show))
	}
}

func (p *page) addRows(show shown) {
	anchors := map[string]string{}
	for i := range p.Sections {
		anchors[p.Sections[i].Row.Route] = p.Sections[i].ID
	}
	rows := firstOf(worstFirst(p.Routes), show.Routes)
	p.Rows.More = rows.More
	for i := range rows.Items {
		p.Rows.Items = append(p.Rows.Items, tableRow{Row: &rows.Items[i], Anchor: anchors[rows.Items[i].Route]})
	}
}

func cards(groups []Group, show shown) list[card] {
	kept := firstOf(groups, show.Groups)
	made := list[card]{More: kept.More}
	for i := range kept.Items {
		made.Items = append(made.Items, makeCard(&kept.Items[i], show))
	}
	return made
}

func makeCard(g *Group, show shown) card {
	c := card{Group: g}
	for i := range g.Samples {
		if i == show.Samples {
			break
		}
		s := &g.Samples[i]
		p := makePair(s.Record, s.Field, s.OldType, s.NewType, s.Old, s.New, show.Text)
		p.Row = g.Part == comparison.Row || g.Part == comparison.Column
		c.Pairs = append(c.Pairs, p)
	}
	return c
}

func makePair(record, field, oldType, newType, before, after string, most int) pair {
	p := pair{Record: record, Field: field, OldType: oldType, NewType: newType}
	p.Alike = before == after && oldType == newType && before != ""
	p.Old, p.New = marks(sanitise.Block(before), sanitise.Block(after))
	p.Old, p.New = cutMarks(p.Old, most), cutMarks(p.New, most)
	return p
}

// cutMarks bounds a value's runes. What is equal gives way at the side away from
// the change, so that the change is seen.
func cutMarks(ms []Mark, most int) []Mark {
	var cut []Mark
	for i, m := range ms {
		text := []rune(m.Text)
		if len(text) > most/2 && !m.Changed && i == 0 && len(ms) > 1 {
			m.Text = "…" + string(text[len(text)-most/2:])
		} else if len(text) > most {
			m.Text = string(text[:most]) + "…"
		}
		cut = append(cut, m)
	}
	return cut
}

func ruleLines(rules []comparison.RuleCount, show shown) list[ruleLine] {
	kept := firstOf(rules, show.Lines)
	made := list[ruleLine]{More: kept.More}
	for i := range kept.Items {
		c := &kept.Items[i]
		line := ruleLine{Name: c.Rule, Reason: c.Reason, Where: c.Subject + " · " + place(string(c.Part), c.Pattern), Count: c.Count, Builtin: c.Builtin}
		for k := range c.Samples {
			if k == show.Samples {
				break
			}
			s := &c.Samples[k]
			line.Pairs = append(line.Pairs, makePair(s.Record, s.Field, s.OldType, s.NewType, s.Old, s.New, min(show.Text, 200)))
		}
		made.Items = append(made.Items, line)
	}
	return made
}

// contentPolicy forbids everything but the one style sheet.
func contentPolicy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

// bar is one stretch of a route's bar, in thousandths.
type bar struct {
	Class    string
	X, Width int64
}

func bars(row tableRow) []bar {
	var made []bar
	var before, x int64
	for _, c := range barCounts(row.Row) {
		if c.Count <= 0 || row.Recorded <= 0 {
			continue
		}
		before += c.Count
		end := before * 1000 / row.Recorded
		end = max(end, x+4) // what is there is seen
		made = append(made, bar{Class: c.Name, X: x, Width: end - x})
		x = end
	}
	return made
}

// barCounts begins with what matters most: the bar's end may be cut by what was
// widened to be seen.
func barCounts(row *Row) []Count {
	c := &row.Counts
	return []Count{
		{"differ", c.Different}, {"missing", c.Missing()}, {"lost", c.NotCompared + c.NotReached},
		{"out", c.Incomplete + c.Filtered + c.Blocked}, {"noise", c.Noise}, {"rules", c.UnderRules}, {"equal", c.Equal},
	}
}

func pageFuncs() template.FuncMap {
	return template.FuncMap{
		"n": Number, "plural": plural, "pct": Percent, "line": sanitise.Line, "short": short, "bars": bars, "place": place,
		"upper":   func(v gate.Verdict) string { return strings.ToUpper(string(v)) },
		"css":     verdictClass,
		"sign":    verdictMark,
		"lat":     latencyText,
		"ratios":  ratioCells,
		"part":    func(us, most int64) int64 { return us * 1000 / max(most, 1) },
		"buckets": bucketText,
		"count":   func(n int) int64 { return int64(n) },
		"say":     func(part any) string { return fmt.Sprint(part) },
		"cut":     func(s string) string { return sanitise.Cut(sanitise.Line(s), 400) },
	}
}

func verdictClass(v gate.Verdict) string {
	switch v {
	case gate.Pass:
		return "pass"
	case gate.Fail:
		return "fail"
	case gate.RuledOut:
		return "ruled"
	}
	return "unverified"
}

func verdictMark(v gate.Verdict) string {
	switch v {
	case gate.Pass:
		return "✓"
	case gate.Fail:
		return "✕"
	case gate.RuledOut:
		return "–"
	}
	return "?"
}
