package diff

import (
	"parallax/capture/recording"
	"parallax/diff/body"
	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// comparer compares the two answers of one record. It is reused from record to
// record by one goroutine.
type comparer struct {
	// sameBaseline: a body "as baseline" of the new side is the old side's.
	sameBaseline bool
	// tally counts what rules hide; nil where nobody counts (controls).
	tally  *comparison.Tally
	max    int
	bodies body.Comparer
	work   int // body.Options.Work
	// markers are what the replays of runs added to their requests.
	markers markers

	subject, record string
	rules           *rules.RouteRules
	old, new        *recording.Exchange

	differences []comparison.Difference
	more        int64
	instead     instead
	// underRules: a rule or builtin made values equal.
	underRules bool
	// bodiesWhole: both bodies are known to the last byte, and belong to answers
	// whose length headers tell of them.
	bodiesWhole bool
	// coarse: the bodies were aligned coarsely.
	coarse bool
	// bodiesParted: both bodies were read as multipart, with the boundaries that their
	// headers name.
	bodiesParted bool
	pattern      []byte
}

// begin sets the record, which id names on both sides.
func (c *comparer) begin(subject string, id recording.ID, r *rules.RouteRules, old, new *recording.Exchange) {
	c.subject, c.record, c.rules = subject, string(id), r
	c.old, c.new = old, new
	clear(c.differences)
	c.differences, c.more, c.underRules, c.coarse = c.differences[:0], 0, false, false
}

// answers compares two answers that are there.
func (c *comparer) answers() {
	c.status()
	c.body()
	c.headers(c.old.Response.Headers, c.new.Response.Headers, comparison.Headers)
	c.headers(c.old.Response.Trailers, c.new.Response.Trailers, comparison.Trailers)
	if tunnels(c.old) && tunnels(c.new) {
		c.differences = append(c.differences, c.complete(comparison.Difference{
			Part: comparison.Whole, Kind: comparison.NotCompared, Class: ClassTunnel,
			Old: statusValue(c.old.Response), New: statusValue(c.new.Response),
		}))
	}
	if c.more > 0 {
		c.differences = append(c.differences, c.complete(comparison.Difference{
			Part: comparison.Whole, Kind: comparison.NotCompared, Class: ClassMore,
			Old: comparison.MakeValue("number", itoa(int(c.more))),
		}))
	}
}

// tunnels reports whether the exchange's connection is no HTTP from its answer on.
func tunnels(ex *recording.Exchange) bool {
	status := ex.Response.Status
	return status == 101 || ex.Request != nil && ex.Request.Method == "CONNECT" && status/100 == 2
}

func (c *comparer) status() {
	old, new := c.old.Response, c.new.Response
	if old.Status == new.Status {
		return
	}
	d := comparison.Difference{
		Part: comparison.Status, Kind: comparison.Changed, Old: statusValue(old), New: statusValue(new),
	}
	if rule, ok := c.rules.Status(); ok {
		c.hidden(rule, d)
		return
	}
	c.found(d)
}

// found takes one difference, which the markers alone make none.
func (c *comparer) found(d comparison.Difference) {
	if rule, on := c.rules.Builtin(rules.ReplayMarker); on && c.markers.echoed(&d) {
		c.hidden(rule, d)
		return
	}
	if len(c.differences) >= c.max {
		c.more++
		return
	}
	c.differences = append(c.differences, c.complete(d))
}

// hidden takes values that a rule made equal.
func (c *comparer) hidden(rule int, d comparison.Difference) {
	c.underRules = true
	if c.tally != nil {
		d = c.complete(d)
		c.tally.Hidden(rule, &d)
	}
}

func (c *comparer) complete(d comparison.Difference) comparison.Difference {
	d.Subject, d.Record = c.subject, c.record
	if d.Severity == "" {
		d.Severity = comparison.Error
	}
	return d
}
