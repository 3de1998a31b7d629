package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"parallax/diff/comparison"
	"parallax/internal/sanitise"
	"parallax/report/gate"
)

// TerminalOptions say how the terminal form looks; the zero value is plain text
// of any width.
type TerminalOptions struct {
	// Width is the number of cells in a line; 0 is no bound.
	Width int
	// Color allows SGR sequences; nothing is told by colour alone.
	Color bool
	// Groups bounds the groups shown; 0 is 20.
	Groups int
}

// UseColor reports whether output should be coloured: on a terminal that is not
// dumb, unless NO_COLOR is set.
func UseColor(isTerminal bool, getenv func(string) string) bool {
	return isTerminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

// Terminal prints the report as tables, the verdict last.
func Terminal(w io.Writer, r *Report, o TerminalOptions) error {
	if o.Groups == 0 {
		o.Groups = 20
	}
	p := &terminal{o: o}
	p.inputs(r)
	p.routes(r)
	p.tables(r)
	p.groups("Differences", r.Groups)
	p.groups("Could not be compared", r.Uncompared)
	p.groups("Accepted", r.Accepted)
	p.noise(r)
	p.latency(r)
	p.rules("Intended changes", r.Intended)
	p.rules("Equal only under rules", r.Rules)
	p.ledgers(r)
	p.notes(r)
	p.verdict(r)
	_, err := io.WriteString(w, p.b.String())
	return err
}

type terminal struct {
	o TerminalOptions
	b strings.Builder
	// texts: the table being printed is one of texts.
	texts bool
}

// line prints parts that are sanitised already, cut to the width.
func (p *terminal) line(text string) {
	text = strings.TrimRight(text, " ")
	if p.o.Width > 0 {
		text = sanitise.Cut(text, p.o.Width)
	}
	p.b.WriteString(text)
	p.b.WriteByte('\n')
}

func (p *terminal) heading(text string) {
	p.b.WriteByte('\n')
	if p.o.Color {
		text = "\x1b[1m" + text + "\x1b[0m"
	}
	p.b.WriteString(text + "\n")
}

func (p *terminal) inputs(r *Report) {
	in := &r.Inputs
	p.line(fmt.Sprintf("old  %s  %s", sanitise.Log(in.Old.Name), short(in.Old.Manifest)))
	p.line(fmt.Sprintf("new  %s  %s  %s", sanitise.Log(in.New.Name), short(in.New.Manifest), sanitise.Log(in.New.Target)))
	for i, c := range in.Controls {
		p.line(fmt.Sprintf("control %d  %s  %s", i+1, sanitise.Log(c.Name), short(c.Manifest)))
	}
}

// short is the beginning of a digest, which a person compares by eye.
func short(digest string) string { return sanitise.Log(digest[:min(len(digest), 12)]) }

func (p *terminal) routes(r *Report) {
	p.heading(r.Words.Subjects())
	rows := [][]string{{r.Words.Subject, "recorded", "compared", "equal", "by rules", "noise", "differ", "missing", "failed", "left out", "old p50/p95", "new p50/p95", "verdict"}}
	for i := range r.Routes {
		rows = append(rows, routeCells(&r.Routes[i]))
	}
	rows = append(rows, routeCells(&r.Total))
	p.table(rows)
}

func routeCells(row *Row) []string {
	return []string{
		row.Route, Number(row.Recorded), Number(row.Compared), Number(row.Equal), Number(row.UnderRules), Number(row.Noise),
		Number(row.Different), Number(row.Missing()), Number(row.Failed), Number(row.Left()),
		latencies(row.OldLatency), latencies(row.NewLatency), string(row.Verdict),
	}
}

func latencies(l Latency) string {
	if l.Count == 0 {
		return "–"
	}
	return Duration(l.P50) + " / " + Duration(l.P95)
}

func (p *terminal) groups(title string, groups []Group) {
	if len(groups) == 0 {
		return
	}
	p.heading(fmt.Sprintf("%s (%d)", title, len(groups)))
	for i := range groups {
		if i == p.o.Groups {
			p.line(fmt.Sprintf("  … %d more: see the HTML or JSON form", len(groups)-i))
			return
		}
		p.group(&groups[i])
	}
}

func (p *terminal) group(g *Group) {
	p.line(fmt.Sprintf("  %s  %s  %s%s, %s", sanitise.Log(g.Route), sanitise.Log(place(string(g.Part), g.Pattern)),
		sanitise.Log(string(g.Kind)), classText(&g.Group), plural(g.Records, "record")))
	if g.Acceptance != "" {
		p.line("      " + sanitise.Log(g.Acceptance))
	}
	if len(g.Samples) == 0 {
		return
	}
	s := &g.Samples[0]
	p.line("      old  " + sanitise.Log(side(s.OldType, s.Old)))
	p.line("      new  " + sanitise.Log(side(s.NewType, s.New)))
	p.line("      in   " + sanitise.Log(strings.TrimSpace(s.Record+" "+s.Field)))
}

func classText(g *comparison.Group) string {
	text := ""
	if g.Class != "" {
		text = " (" + sanitise.Log(g.Class) + ")"
	}
	if g.Severity == comparison.Warning {
		text += ", warning"
	}
	return text
}

// side is a sample's value in one line; a side without one says so.
func side(typ, text string) string {
	switch typ {
	case "":
		if text == "" {
			return "(absent)"
		}
	case "array", "object":
		return compact(text)
	}
	if strings.TrimSpace(text) != text || text == "" { // else nobody sees it
		return strconv.Quote(text)
	}
	return text
}

func (p *terminal) noise(r *Report) {
	if len(r.Noise) == 0 {
		return
	}
	var records int64
	for i := range r.Noise {
		records += r.Noise[i].Records
	}
	p.heading("Noise")
	p.line(fmt.Sprintf("  %s where the old system differs from itself, in %s; not counted", plural(int64(len(r.Noise)), "place"), plural(records, "record")))
}

func (p *terminal) rules(title string, list []comparison.RuleCount) {
	if len(list) == 0 {
		return
	}
	p.heading(title)
	rows := [][]string{{"rule", "values", "where"}}
	lines := ruleLinesOf(list)
	for i, line := range lines {
		if i == p.o.Groups {
			rows = append(rows, []string{fmt.Sprintf("… %d more", len(lines)-i), "", ""})
			break
		}
		rows = append(rows, line)
	}
	p.table(rows)
}

// mostPlaces is the number of places of one rule that the terminal lists.
const mostPlaces = 8

// ruleLinesOf has a line for each place of a rule, and one for all where there are
// many: what paired under another spelling must not hide everything else.
func ruleLinesOf(rules []comparison.RuleCount) [][]string {
	var lines [][]string
	for from := 0; from < len(rules); {
		to, values := from, int64(0)
		for ; to < len(rules) && rules[to].Rule == rules[from].Rule && rules[to].Builtin == rules[from].Builtin; to++ {
			values += rules[to].Count
		}
		if to-from > mostPlaces {
			lines = append(lines, []string{ruleName(&rules[from]), Number(values), plural(int64(to-from), "place") + ": see the HTML or JSON form"})
			from = to
		}
		for ; from < to; from++ {
			rule := &rules[from]
			lines = append(lines, []string{ruleName(rule), Number(rule.Count), rule.Subject + "  " + place(string(rule.Part), rule.Pattern)})
		}
	}
	return lines
}

func ruleName(rule *comparison.RuleCount) string {
	if rule.Builtin {
		return rule.Rule + " (built in)"
	}
	return rule.Rule
}

func (p *terminal) ledgers(r *Report) {
	if len(r.Ledgers) == 0 {
		return
	}
	p.heading("Ledger")
	rows := [][]string{{"account", "total", "edge", "lost", "residual", "ends"}}
	for _, l := range r.Ledgers {
		for i := range l.Accounts {
			a := &l.Accounts[i]
			rows = append(rows, []string{l.Name + " / " + a.Name, Number(a.Total), Number(a.Edge), Number(a.Lost), Number(a.Residual), bucketText(a.Buckets)})
		}
	}
	p.table(rows)
}

func bucketText(buckets []comparison.Bucket) string {
	parts := make([]string, 0, len(buckets))
	for _, b := range buckets {
		if b.Count != 0 {
			parts = append(parts, b.Name+" "+Number(b.Count))
		}
	}
	return strings.Join(parts, ", ")
}

// tables prints the four proofs, then what the declarations and the invariants
// say.
func (p *terminal) tables(r *Report) {
	if len(r.Tables) > 0 {
		p.heading("Proofs")
		rows := [][]string{{"table", "count", "checksum", "sample", "field by field", "cost"}}
		for i := range r.Tables {
			rows = append(rows, tableCells(&r.Tables[i]))
		}
		p.textTable(rows)
	}
	if len(r.Invariants) > 0 {
		p.heading("Invariants")
		rows := [][]string{{"invariant", "side", "state", "detail"}}
		for _, v := range r.Invariants {
			rows = append(rows, []string{v.Name, v.Side, v.State, v.Detail})
		}
		p.textTable(rows)
	}
	p.schemaNotes(r)
}

func (p *terminal) schemaNotes(r *Report) {
	if len(r.SchemaNotes) == 0 {
		return
	}
	p.heading(fmt.Sprintf("Declarations that differ (%d, no differences by themselves)", len(r.SchemaNotes)))
	rows := [][]string{{"where", "old / new", "severity", "rows that do not fit"}}
	for i := range r.SchemaNotes {
		n := &r.SchemaNotes[i]
		if i == p.o.Groups {
			rows = append(rows, []string{fmt.Sprintf("… %d more", len(r.SchemaNotes)-i), "", "", ""})
			break
		}
		rows = append(rows, []string{noteWhere(n), n.Note, string(n.Severity), affected(n)})
	}
	p.textTable(rows)
}

func (p *terminal) notes(r *Report) {
	if len(r.Notes) == 0 {
		return
	}
	p.heading("Notes")
	for _, n := range r.Notes {
		p.wrapped("  - ", "    ", sanitise.Log(n))
	}
}

func (p *terminal) verdict(r *Report) {
	if len(r.Gate.Reasons) > 0 {
		p.heading("Reasons")
		for _, c := range r.Gate.Reasons {
			p.wrapped(fmt.Sprintf("  %-16s  ", c.Verdict), strings.Repeat(" ", 20), c.Rule+": "+sanitise.Log(c.Text))
		}
	}
	word := strings.ToUpper(string(r.Verdict))
	if p.o.Color {
		word = verdictColor(r.Verdict) + word + "\x1b[0m"
	}
	p.b.WriteString("\n" + word + ": " + sanitise.Log(r.Headline) + "\n") // whole, whatever the width
}

func verdictColor(v gate.Verdict) string {
	switch v {
	case gate.Pass:
		return "\x1b[1;32m"
	case gate.Fail:
		return "\x1b[1;31m"
	}
	return "\x1b[1;33m"
}
