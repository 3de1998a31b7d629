package report

import (
	"fmt"
	"io"
	"strings"

	"parallax/internal/sanitise"
	"parallax/report/gate"
)

// maxMetricRoutes bounds the routes that have series of their own.
const maxMetricRoutes = 2000

// Metrics prints the numbers in the OpenMetrics text format.
func Metrics(w io.Writer, r *Report) error {
	var b strings.Builder
	metricVerdict(&b, r)
	rows := r.Routes[:min(len(r.Routes), maxMetricRoutes)]
	metricFamily(&b, "parallax_records", "Records of the old side by their end.")
	for i := range rows {
		for _, c := range stateCounts(&rows[i]) {
			fmt.Fprintf(&b, "parallax_records{route=\"%s\",state=\"%s\"} %d\n", label(rows[i].Route), c.Name, c.Count)
		}
	}
	metricFamily(&b, "parallax_failed_answers", "Answers the new side failed to give.")
	for i := range rows {
		for _, c := range rows[i].FailedBy {
			fmt.Fprintf(&b, "parallax_failed_answers{route=\"%s\",end=\"%s\"} %d\n", label(rows[i].Route), label(c.Name), c.Count)
		}
	}
	metricLatency(&b, rows)
	metricRatios(&b, rows)
	metricLedger(&b, r)
	metricFamily(&b, "parallax_routes_left_out", "Routes without series of their own here.")
	fmt.Fprintf(&b, "parallax_routes_left_out %d\n# EOF\n", len(r.Routes)-len(rows))
	_, err := io.WriteString(w, b.String())
	return err
}

func metricFamily(b *strings.Builder, name, help string) {
	fmt.Fprintf(b, "# TYPE %s gauge\n# HELP %s %s\n", name, name, help)
}

func metricVerdict(b *strings.Builder, r *Report) {
	metricFamily(b, "parallax_verdict", "1 for the verdict reached.")
	for _, v := range []gate.Verdict{gate.Pass, gate.Fail, gate.Unverified} {
		n := 0
		if v == r.Verdict {
			n = 1
		}
		fmt.Fprintf(b, "parallax_verdict{verdict=\"%s\"} %d\n", v, n)
	}
}

// stateCounts are the ends of a row's records.
func stateCounts(row *Row) []Count {
	c := &row.Counts
	return []Count{
		{"equal", c.Equal}, {"equal_under_rules", c.UnderRules}, {"noise_only", c.Noise}, {"different", c.Different},
		{"missing_in_new", c.MissingNew}, {"missing_in_old", c.MissingOld}, {"could_not_compare", c.NotCompared},
		{"incomplete", c.Incomplete}, {"filtered", c.Filtered}, {"blocked", c.Blocked}, {"not_reached", c.NotReached},
	}
}

func metricLatency(b *strings.Builder, rows []Row) {
	metricFamily(b, "parallax_latency_microseconds", "Quantiles of latency, exact to within 0.8 %.")
	for i := range rows {
		for _, s := range []struct {
			side string
			l    Latency
		}{{"old", rows[i].OldLatency}, {"new", rows[i].NewLatency}} {
			if s.l.Count == 0 {
				continue
			}
			for _, q := range []Count{{"0.5", s.l.P50}, {"0.95", s.l.P95}, {"0.99", s.l.P99}} {
				fmt.Fprintf(b, "parallax_latency_microseconds{route=\"%s\",side=\"%s\",q=\"%s\"} %d\n", label(rows[i].Route), s.side, q.Name, q.Count)
			}
		}
	}
}

// metricRatios gives each ratio with the ends of its interval; one without an upper
// end has none.
func metricRatios(b *strings.Builder, rows []Row) {
	metricFamily(b, "parallax_latency_ratio", "New latency by old (by the control's where there is one), with the ends of its 95 % interval.")
	for i := range rows {
		if rows[i].Ratios == nil || rows[i].Ratios.Count == 0 {
			continue
		}
		for _, q := range rows[i].Ratios.all() {
			ends := []Count{{"seen", q.Ratio}, {"low", q.Low}, {"high", q.High}}
			if q.Unbounded {
				ends = ends[:2]
			}
			for _, end := range ends {
				fmt.Fprintf(b, "parallax_latency_ratio{route=\"%s\",q=\"%s\",end=\"%s\"} %s\n", label(rows[i].Route), decimal(q.Level, 3), end.Name, decimal(end.Count, 3))
			}
		}
	}
}

func metricLedger(b *strings.Builder, r *Report) {
	metricFamily(b, "parallax_ledger_residual", "What an account's buckets leave unexplained.")
	for _, l := range r.Ledgers {
		for i := range l.Accounts {
			fmt.Fprintf(b, "parallax_ledger_residual{ledger=\"%s\",account=\"%s\"} %d\n", label(l.Name), label(l.Accounts[i].Name), l.Accounts[i].Residual)
		}
	}
}

// label escapes a label's value as the format asks, after our own escapes.
func label(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(sanitise.Line(s))
}
