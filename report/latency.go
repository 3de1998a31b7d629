package report

import (
	"fmt"

	"parallax/diff/comparison"
)

// LatencyTable says how the rows' ratios were measured.
type LatencyTable struct {
	// Base is "control" where the new side is held against a control run of the old
	// system, "old" where against the old side itself.
	Base comparison.LatencyBase `json:"base"`
	// SameWay: both were measured on the same way.
	SameWay bool `json:"same_way"`
	// Confidence of the intervals, as "95%".
	Confidence string `json:"confidence"`
	// Text says the same in a sentence.
	Text string `json:"text"`
}

// Ratios are the quantiles of one route, of the answers that both sides gave. Without
// any, Count is 0 and so is each quantile.
type Ratios struct {
	Count int64                   `json:"count"`
	P50   comparison.LatencyRatio `json:"p50"`
	P90   comparison.LatencyRatio `json:"p90"`
	P99   comparison.LatencyRatio `json:"p99"`
}

const (
	reportConfidence     = 0.95
	reportConfidenceText = "95%"
)

func buildLatency(s *comparison.Summary) *LatencyTable {
	t := &LatencyTable{Base: s.LatencyBase(), SameWay: s.SameWay(), Confidence: reportConfidenceText}
	t.Text = "From the request's last byte to the answer's last, of the answers that both sides gave; intervals of new by "
	if t.Base == comparison.BaseControl {
		t.Text += "control hold with 95 % confidence. The control run asked the old system on the same way as the new one was asked."
	} else {
		t.Text += "old hold with 95 % confidence. No control run was given."
	}
	if !t.SameWay {
		t.Text += " The two were measured at different places, at the capture and at the replay, and under different load: a control run makes them comparable."
	}
	return t
}

func ratiosOf(s *comparison.Subject, base comparison.LatencyBase) *Ratios {
	before, after := s.Latencies(base)
	if before.Count() == 0 {
		if s.OldLatency.Count() > 0 {
			return &Ratios{} // the control answered none: that is shown
		}
		return nil
	}
	at := func(level int64) comparison.LatencyRatio {
		return comparison.CompareLatencies(before, after, level, reportConfidence)
	}
	return &Ratios{Count: before.Count(), P50: at(500), P90: at(900), P99: at(990)}
}

// hasRatios reports whether any route has answers of both sides.
func (r *Report) hasRatios() bool { return r.Total.Ratios != nil }

// all are the quantiles with their names.
func (q *Ratios) all() []namedRatio {
	return []namedRatio{{"p50", &q.P50}, {"p90", &q.P90}, {"p99", &q.P99}}
}

type namedRatio struct {
	name string
	*comparison.LatencyRatio
}

// durations is the base's quantile and the new side's, a dash of no answers.
func (q namedRatio) durations() string {
	if q.Level == 0 {
		return "–"
	}
	return Duration(q.Before) + " → " + Duration(q.After)
}

// interval is the ratio with its interval: "1.20 × (1.13–1.28)".
func (q namedRatio) interval() string {
	if q.Level == 0 {
		return "–"
	}
	return intervalText(q.LatencyRatio)
}

func intervalText(q *comparison.LatencyRatio) string {
	switch {
	case q.Unbounded && q.Low == 0:
		return hundredths(q.Ratio) + " × (too few)"
	case q.Unbounded:
		return fmt.Sprintf("%s × (%s or more)", hundredths(q.Ratio), hundredths(q.Low))
	}
	// Outwards: what is shown is no narrower than what was judged.
	return fmt.Sprintf("%s × (%s–%s)", hundredths(q.Ratio), hundredths(q.Low), hundredths((q.High+9)/10*10))
}

func hundredths(thousandths int64) string {
	return fmt.Sprintf("%d.%02d", thousandths/1000, thousandths%1000/10)
}

// latencyCells are a row of the latency table of texts.
func latencyCells(row *Row) []string {
	cells := []string{row.Route, Number(row.Ratios.Count)}
	for _, q := range row.Ratios.all() {
		cells = append(cells, q.durations(), q.interval())
	}
	return cells
}

// ratioCells are the quantiles' two cells each.
func ratioCells(q *Ratios) [][2]string {
	var cells [][2]string
	for _, q := range q.all() {
		cells = append(cells, [2]string{q.durations(), q.interval()})
	}
	return cells
}

func (r *Report) latencyHead() []string {
	by := "new by " + string(r.Latency.Base)
	return []string{r.Words.Subject, "answers", "p50", by, "p90", by, "p99", by}
}

// latencyRows are the routes that have ratios, and the total.
func (r *Report) latencyRows() []*Row {
	var rows []*Row
	for i := range r.Routes {
		if r.Routes[i].Ratios != nil {
			rows = append(rows, &r.Routes[i])
		}
	}
	return append(rows, &r.Total)
}

// latency prints the latency of new against its base.
func (p *terminal) latency(r *Report) {
	if !r.hasRatios() {
		return
	}
	p.heading("Latency, new against " + string(r.Latency.Base))
	rows := [][]string{r.latencyHead()}
	for _, row := range r.latencyRows() {
		rows = append(rows, latencyCells(row))
	}
	p.textTable(rows)
	p.wrapped("  ", "  ", r.Latency.Text)
}

// mdLatency has the table's head and the total in the first piece and a row in each
// other.
func mdLatency(r *Report) []string {
	if !r.hasRatios() {
		return nil
	}
	by := "new by " + string(r.Latency.Base)
	head := fmt.Sprintf("\n### Latency\n\n%s\n\n| %s | answers | p50 | %s | p90 | %s | p99 | %s |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
		mdEscape(r.Latency.Text), r.Words.Subject, by, by, by)
	pieces := []string{head + mdLatencyRow(&r.Total)}
	for i := range r.Routes {
		if r.Routes[i].Ratios != nil {
			pieces = append(pieces, mdLatencyRow(&r.Routes[i]))
		}
	}
	return append(pieces, "\n")
}

func mdLatencyRow(row *Row) string {
	text := "|"
	for _, cell := range latencyCells(row) {
		text += " " + mdEscape(cell) + " |"
	}
	return text + "\n"
}
