package report

import (
	"strings"

	"parallax/internal/sanitise"
)

// mostFirst and leastFirst bound a table's first column, in cells.
const (
	mostFirst  = 60
	leastFirst = 16
)

// table prints rows under the first one: the first column to the left, numbers
// to the right, the last column as it is. Where the width is bounded, columns
// that do not fit go into further tables with the first column repeated.
func (p *terminal) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i := range row {
			row[i] = sanitise.Log(row[i])
			widths[i] = max(widths[i], sanitise.Width(row[i]))
		}
	}
	widths[0] = min(widths[0], mostFirst)
	for from := 1; from < len(widths); {
		to := p.fitting(widths, from)
		if from > 1 {
			p.b.WriteByte('\n')
		}
		p.columns(rows, widths, from, to)
		from = to
	}
}

// fitting returns the end of the columns that fit into one line with the first
// one, at least one of them. The first column gives way first.
func (p *terminal) fitting(widths []int, from int) int {
	if p.o.Width == 0 {
		return len(widths)
	}
	used := 2 + min(widths[0], leastFirst)
	to := from
	for to < len(widths) && (to == from || used+2+widths[to] <= p.o.Width) {
		used += 2 + widths[to]
		to++
	}
	return to
}

// columns prints the first column and those from from to to.
func (p *terminal) columns(rows [][]string, widths []int, from, to int) {
	first := widths[0]
	if p.o.Width > 0 {
		rest := 2
		for _, w := range widths[from:to] {
			rest += w + 2
		}
		first = min(first, max(leastFirst, p.o.Width-rest))
	}
	for _, row := range rows {
		var b strings.Builder
		b.WriteString("  " + sanitise.Pad(sanitise.Cut(row[0], first), first))
		for i := from; i < to; i++ {
			b.WriteString("  ")
			if i == len(row)-1 {
				b.WriteString(row[i])
			} else {
				b.WriteString(p.pad(row[i], widths[i]))
			}
		}
		p.line(b.String())
	}
}

// pad aligns numbers to the right and, in a table of texts, texts to the left.
func (p *terminal) pad(text string, width int) string {
	if p.texts {
		return sanitise.Pad(text, width)
	}
	return sanitise.PadLeft(text, width)
}

// textTable is a table whose cells are texts.
func (p *terminal) textTable(rows [][]string) {
	p.texts = true
	p.table(rows)
	p.texts = false
}

// wrapped prints text behind lead, further lines behind indent, broken at
// spaces. A word that is wider than a line is cut. Text is sanitised already.
func (p *terminal) wrapped(lead, indent, text string) {
	line := lead
	fresh := true
	for word := range strings.FieldsSeq(text) {
		if !fresh && p.o.Width > 0 && sanitise.Width(line)+1+sanitise.Width(word) > p.o.Width {
			p.line(line)
			// A word may be a CI system's command only now that it begins a line.
			line, fresh, word = indent, true, sanitise.Log(word)
		}
		if !fresh {
			line += " "
		}
		line += word
		fresh = false
	}
	p.line(line)
}
