package report

import (
	"fmt"
	"io"
	"strings"

	"parallax/diff/comparison"
	"parallax/internal/sanitise"
	"parallax/report/gate"
)

// MarkdownLimit is the largest Markdown form, in bytes. GitHub drops a step
// summary of over 1 MiB as a whole; some readers are stricter.
const MarkdownLimit = 200 << 10

// mdText bounds one recorded text, in terminal cells.
const mdText = 300

// Markdown prints the report for a CI system's step summary, in at most limit
// bytes (0 is MarkdownLimit): what does not fit is counted in a line of its own.
func Markdown(w io.Writer, r *Report, limit int) error {
	if limit <= 0 {
		limit = MarkdownLimit
	}
	tail := mdTail(r)
	m := &markdown{left: limit - len(tail)}
	head, routes := mdHead(r), mdRoutes(r)
	m.list(len(head), func(i int) string { return head[i] }, "lines")
	m.list(len(routes), func(i int) string { return routes[i] }, r.Words.Subject+"s")
	m.write("\n")
	latency := mdLatency(r)
	m.list(len(latency), func(i int) string { return latency[i] }, "lines of latency")
	proofs := mdTables(r)
	m.list(len(proofs), func(i int) string { return proofs[i] }, "lines of proofs")
	m.groups("Differences", r.Groups, "groups of differences")
	m.groups("Could not be compared", r.Uncompared, "groups that could not be compared")
	intended := mdIntended(r)
	m.list(len(intended), func(i int) string { return intended[i] }, "intended changes")
	m.groups("Accepted", r.Accepted, "accepted groups")
	if m.left < 0 {
		return fmt.Errorf("markdown: %d bytes hold no summary", limit)
	}
	_, err := io.WriteString(w, m.b.String()+tail)
	return err
}

type markdown struct {
	b    strings.Builder
	left int
}

// moreReserve is kept for the line that says how much more there is.
const moreReserve = 80

func (m *markdown) write(text string) {
	m.b.WriteString(text)
	m.left -= len(text)
}

// list writes n pieces while they fit, with one line for those that do not.
func (m *markdown) list(n int, piece func(int) string, what string) {
	for i := range n {
		text := piece(i)
		if len(text)+4*moreReserve > m.left {
			m.write(fmt.Sprintf("\n%d more %s: see report.html.\n\n", n-i, what))
			return
		}
		m.write(text)
	}
}

func (m *markdown) groups(title string, groups []Group, what string) {
	if len(groups) == 0 {
		return
	}
	if m.left > 4*moreReserve {
		m.write("### " + title + "\n\n")
	}
	m.list(len(groups), func(i int) string { return mdGroup(&groups[i]) }, what)
}

func mdHead(r *Report) []string {
	lines := []string{
		fmt.Sprintf("## %s parallax: %s\n\n", verdictSign(r.Verdict), strings.ToUpper(string(r.Verdict))),
		mdEscape(r.Headline) + "\n\n",
		fmt.Sprintf("%s → %s · %s recorded, %s compared, %s differ, %s failed answers\n\n", mdEscape(r.Inputs.Old.Name), mdEscape(r.Inputs.New.Name),
			Number(r.Total.Recorded), Number(r.Total.Compared), Number(r.Total.Mismatched()), Number(r.Total.Failed)),
	}
	const mostReasons = 30
	for i, c := range r.Gate.Reasons {
		if i == mostReasons {
			lines = append(lines, fmt.Sprintf("- %d more reasons: see report.html\n", len(r.Gate.Reasons)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("- **%s** %s: %s\n", c.Verdict, mdCode(c.Rule), mdEscape(c.Text)))
	}
	return append(lines, "\n")
}

func verdictSign(v gate.Verdict) string {
	switch v {
	case gate.Pass:
		return "✅"
	case gate.Fail:
		return "❌"
	}
	return "⚠️"
}

// mdRoutes has the table's head and the total in the first piece and a row in
// each other: the routes that did not pass come first.
func mdRoutes(r *Report) []string {
	head := "| " + r.Words.Subject + " | recorded | compared | equal | by rules | noise | differ | missing | failed | left out | old p95 | new p95 | verdict |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n"
	pieces := []string{head + mdRow(&r.Total)}
	var passed []string
	for i := range r.Routes {
		if row := mdRow(&r.Routes[i]); r.Routes[i].Verdict == gate.Pass {
			passed = append(passed, row)
		} else {
			pieces = append(pieces, row)
		}
	}
	return append(pieces, passed...)
}

func mdRow(row *Row) string {
	cells := []string{mdEscape(row.Route)}
	for _, n := range []int64{row.Recorded, row.Compared, row.Equal, row.UnderRules, row.Noise, row.Different, row.Missing(), row.Failed, row.Left()} {
		cells = append(cells, Number(n))
	}
	cells = append(cells, latencyText(row.OldLatency, row.OldLatency.P95), latencyText(row.NewLatency, row.NewLatency.P95), string(row.Verdict))
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// mdIntended has a line for each place that changed on purpose.
func mdIntended(r *Report) []string {
	if len(r.Intended) == 0 {
		return nil
	}
	lines := []string{"### Intended changes\n\n"}
	for i := range r.Intended {
		c := &r.Intended[i]
		lines = append(lines, fmt.Sprintf("- %s · %s · %s: %s values%s\n", mdEscape(c.Rule), mdEscape(c.Subject),
			mdEscape(place(string(c.Part), c.Pattern)), Number(c.Count), mdExample(c.Samples)))
	}
	return append(lines, "\n")
}

func mdExample(samples []comparison.Sample) string {
	if len(samples) == 0 {
		return ""
	}
	s := &samples[0]
	return fmt.Sprintf(", as %s → %s", mdCode(side(s.OldType, s.Old)), mdCode(side(s.NewType, s.New)))
}

func mdGroup(g *Group) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s · %s · %s · %s</summary>\n\n", mdEscape(g.Route), mdEscape(place(string(g.Part), g.Pattern)), mdEscape(string(g.Kind)), plural(g.Records, "record"))
	if g.Acceptance != "" {
		fmt.Fprintf(&b, "%s\n\n", mdEscape(g.Acceptance))
	}
	for i := range g.Samples {
		if i == 2 {
			break
		}
		s := &g.Samples[i]
		fmt.Fprintf(&b, "- %s\n  - old: %s\n  - new: %s\n", mdCode(strings.TrimSpace(s.Record+" "+s.Field)), mdCode(side(s.OldType, s.Old)), mdCode(side(s.NewType, s.New)))
	}
	b.WriteString("\n</details>\n\n")
	return b.String()
}

// mdTail is bounded by itself: it always stands at the end.
func mdTail(r *Report) string {
	var b strings.Builder
	b.WriteString("### What this proves, and what it does not\n\n")
	for _, text := range r.Proves {
		b.WriteString("- " + mdEscape(text) + "\n")
	}
	for _, text := range r.Unproven {
		b.WriteString("- *not:* " + mdEscape(text) + "\n")
	}
	const mostNotes = 20
	for i, n := range r.Notes {
		if i == mostNotes {
			fmt.Fprintf(&b, "- %d more notes: see report.html\n", len(r.Notes)-i)
			break
		}
		b.WriteString("- note: " + mdEscape(n) + "\n")
	}
	fmt.Fprintf(&b, "\n%s · old %s · new %s · rules %s · policy %s\n", mdEscape(r.Tool), mdCode(short(r.Inputs.Old.Manifest)),
		mdCode(short(r.Inputs.New.Manifest)), mdCode(short(r.Inputs.RulesDigest)), mdCode(short(r.Inputs.PolicyDigest)))
	return b.String()
}

// mdEscape returns s as one line in which Markdown, HTML, GitHub's mentions,
// references and links find nothing: their characters are entities, and a
// zero-width space follows @ and #, which are looked for in the finished page.
func mdEscape(s string) string {
	s = sanitise.LogCut(s, mdText)
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;&#8203;", r)
		case r == '.' && strings.HasSuffix(strings.ToLower(s[:i]), "www"), strings.ContainsRune("&<>|`*_[]()!~\\:\"'$=^", r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// mdCode returns s as a code span, for use outside tables: fenced with one more
// backquote than it holds in a row, in which nothing is interpreted.
func mdCode(s string) string {
	s = sanitise.LogCut(s, mdText)
	if strings.TrimSpace(s) == "" {
		return mdQuotedSpace(s)
	}
	longest, run := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || s[0] == ' ' && s[len(s)-1] == ' ' {
		s = " " + s + " "
	}
	return fence + s + fence
}

func mdQuotedSpace(s string) string {
	if s == "" {
		return "*(empty)*"
	}
	return fmt.Sprintf("*(%d spaces)*", len(s))
}

// mdTables has the four proofs and the invariants that do not hold.
func mdTables(r *Report) []string {
	if len(r.Tables) == 0 && len(r.Invariants) == 0 {
		return nil
	}
	lines := []string{"| table | count | checksum | sample | field by field | cost |\n|---|---|---|---|---|---|\n"}
	for i := range r.Tables {
		cells := tableCells(&r.Tables[i])
		for k := range cells {
			cells[k] = mdEscape(cells[k])
		}
		lines = append(lines, "| "+strings.Join(cells, " | ")+" |\n")
	}
	lines = append(lines, "\n")
	for _, v := range r.Invariants {
		lines = append(lines, fmt.Sprintf("- **%s** %s (%s): %s\n", mdEscape(v.State), mdEscape(v.Name), mdEscape(v.Side), mdEscape(v.Detail)))
	}
	return append(lines, "\n")
}
