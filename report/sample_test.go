package report

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parallax/diff/comparison"
	"parallax/report/gate"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var today = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

func durations(n int, micros int64) comparison.Histogram {
	var h comparison.Histogram
	for i := range n {
		h.Add((micros + int64(i)*micros/int64(n)) * 1000)
	}
	return h
}

// sampleSummary is a comparison with something of everything.
func sampleSummary() *comparison.Summary {
	return &comparison.Summary{
		Format: "parallax-summary", Version: 1, Tool: "parallax 0.1.0",
		Old:         comparison.Side{Name: "monday", Manifest: "aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44", Kind: "recording", Redacted: "secrets, key 1a2b3c4d"},
		New:         comparison.Side{Name: "monday-run", Manifest: "0f1e2d3c4b5a69780f1e2d3c4b5a69780f1e2d3c4b5a69780f1e2d3c4b5a6978", Kind: "run", Redacted: "secrets, key 1a2b3c4d", Target: "staging"},
		Controls:    []comparison.Side{{Name: "monday-control", Manifest: "77778888", Kind: "run", Redacted: "secrets, key 1a2b3c4d", Target: "old"}},
		RulesDigest: "5555666677778888",
		Subjects:    []comparison.Subject{sampleOrders(), sampleHealth(), samplePost(), sampleSearch()},
		Rules: []comparison.RuleCount{
			{Rule: "ignore /generated_at", Reason: "time of the answer", Subject: "GET /orders/{id}", Part: comparison.Body, Pattern: "/generated_at", Count: 480,
				Samples: []comparison.Sample{{Record: "r-1", Field: "/generated_at", Old: `"2026-11-20T10:00:00Z"`, New: `"2026-11-21T03:11:09Z"`, OldType: "string", NewType: "string"}}},
			{Rule: "prices in cents", Reason: "the new system counts cents", Intended: true, Subject: "GET /orders/{id}", Part: comparison.Body, Pattern: "/price", Count: 470,
				Samples: []comparison.Sample{{Record: "0000000000000001", Field: "/price", Old: "12.50", New: "1250", OldType: "number", NewType: "number"}}},
			{Rule: "header order", Builtin: true, Subject: "GET /health", Part: comparison.Headers, Pattern: "Server", Count: 12},
		},
		Ledgers: []comparison.NamedLedger{
			{Name: "old", Accounts: []comparison.Account{
				{Name: "packets", Total: 91234, Buckets: []comparison.Bucket{{Name: "used", Count: 91200, Class: "fine"}, {Name: "not tcp", Count: 34, Class: "fine"}}},
				{Name: "exchanges", Total: 1203, Buckets: []comparison.Bucket{{Name: "whole", Count: 1200, Class: "fine"}, {Name: "response after capture", Count: 3, Class: "edge"}}},
			}},
			{Name: "new", Accounts: []comparison.Account{{Name: "exchanges", Total: 1203, Buckets: []comparison.Bucket{{Name: "answered", Count: 1175, Class: "fine"}, {Name: "blocked", Count: 20, Class: "fine"}, {Name: "reset", Count: 3, Class: "fine"}, {Name: "not whole", Count: 3, Class: "edge"}, {Name: "undecodable", Count: 2, Class: "lost"}}}}},
		},
		Notes: []string{"rule \"tolerance /total\" was never used"},
	}
}

// tablesSummary compares two snapshots: one table as it should be, one that
// differs, one that has no partner.
func tablesSummary() *comparison.Summary {
	return &comparison.Summary{
		Format: "parallax-summary", Version: 1, Tool: "parallax 0.1.0",
		Old: comparison.Side{Name: "old", Manifest: "aa11bb22cc33dd44", Kind: "snapshot", Redacted: "off"},
		New: comparison.Side{Name: "new", Manifest: "0f1e2d3c4b5a6978", Kind: "snapshot", Redacted: "off"},
		Subjects: []comparison.Subject{
			{Name: "album", Recorded: 347, Equal: 347},
			{Name: "invoice", Recorded: 413, Equal: 405, Different: 7, MissingOld: 1, Groups: []comparison.Group{
				{Part: comparison.Column, Pattern: "billing_city", Kind: comparison.Changed, Class: "trailing space", Severity: comparison.Error, Records: 7, Count: 7,
					Samples: []comparison.Sample{{Record: "[20]", Field: "billing_city", Old: "Edinburgh ", New: "Edinburgh", OldType: "text", NewType: "text"}}},
				{Part: comparison.Row, Kind: comparison.MissingInOld, Severity: comparison.Error, Records: 1, Count: 1,
					Samples: []comparison.Sample{{Record: "[999]", New: `{"invoice_id":999}`, NewType: "object"}}},
			}},
			{Name: "legacy", Recorded: 4, MissingNew: 4},
		},
		Tables: []comparison.TableProof{
			{Table: "album", Old: "album", New: "Album", Method: "blocks", OldRows: 347, NewRows: 347, Blocks: 1, BlocksEqual: 1, Reread: 1, SampleRows: 30,
				Columns: []comparison.ColumnProof{{Old: "album_id", New: "AlbumId", State: "key"}, {Old: "title", New: "Title", State: "equal"}}},
			{Table: "invoice", Old: "invoice", New: "Invoice", Method: "blocks", OldRows: 412, NewRows: 413, Blocks: 1, RowsRead: 825, SampleRows: 41, SampleDifferent: 1,
				Columns: []comparison.ColumnProof{{Old: "invoice_id", New: "InvoiceId", State: "key"}, {Old: "billing_city", New: "BillingCity", State: "differs", Differences: 7}, {Old: "total", New: "Total", State: "equal by value"}}},
			{Table: "legacy", Old: "legacy", Method: "not compared", Why: "no such table in new", OldRows: 4},
		},
		SchemaNotes: []comparison.SchemaNote{
			{Table: "invoice", Column: "total", Note: "numeric(10,2) / REAL", Severity: comparison.Warning, Affected: -1},
			{Table: "invoice", Column: "billing_city", Note: "character varying(40) / varchar(20)", Severity: comparison.Error, Affected: 3},
		},
		Invariants: []comparison.InvariantResult{
			{Name: "revenue", Side: "both", State: "holds", Detail: "24 groups equal"},
			{Name: "no orphans", Side: "new", State: "broken", Detail: "2 rows of invoice_line name no invoice, e.g. [7]"},
		},
		Ledgers: []comparison.NamedLedger{{Name: "comparison", Accounts: []comparison.Account{{Name: "rows", Total: 764, Buckets: []comparison.Bucket{{Name: "compared", Count: 764, Class: "fine"}}}}}},
		Notes:   []string{"old: exported snapshot at 0/1A2B3C", "new: one read transaction"},
	}
}

func tablesReport() *Report {
	s := tablesSummary()
	return Build(s, gate.Evaluate(s, gate.Policy{}, nil, today))
}

func sampleOrders() comparison.Subject {
	return comparison.Subject{
		Name: "GET /orders/{id}", Recorded: 503, Equal: 8, UnderRules: 470, NoiseOnly: 5, Different: 12, MissingNew: 3, NotCompared: 2, Incomplete: 3,
		Failed: map[string]int64{"reset": 3},
		Groups: []comparison.Group{
			{Part: comparison.Body, Pattern: "/items/*/price", Kind: comparison.Changed, Severity: comparison.Error, Records: 9, Count: 31, Samples: []comparison.Sample{
				{Record: "0000018c-aa-1", Field: "/items/0/price", Old: "19.99", New: "20.00", OldType: "number", NewType: "number"},
				{Record: "0000018c-aa-7", Field: "/items/3/price", Old: "4.05", New: "4.1", OldType: "number", NewType: "number"},
			}},
			{Part: comparison.Body, Pattern: "/note", Kind: comparison.MissingInNew, Severity: comparison.Error, Records: 4, Count: 4, Samples: []comparison.Sample{
				{Record: "0000018c-aa-2", Field: "/note", Old: `"Bitte klingeln 🔔 & warten"`, OldType: "string"},
			}},
			{Part: comparison.Headers, Pattern: "Content-Type", Kind: comparison.Changed, Class: "charset", Severity: comparison.Warning, Records: 2, Count: 2, Samples: []comparison.Sample{
				{Record: "0000018c-aa-3", Field: "Content-Type", Old: "application/json; charset=utf-8", New: "application/json", OldType: "text", NewType: "text"},
			}},
			{Part: comparison.Whole, Kind: comparison.MissingInNew, Severity: comparison.Error, Records: 3, Count: 3, Samples: []comparison.Sample{{Record: "0000018c-aa-4", Old: "200", OldType: "number"}}},
			{Part: comparison.Body, Kind: comparison.NotCompared, Class: "gzip: checksum", Severity: comparison.Error, Records: 2, Count: 2, Samples: []comparison.Sample{{Record: "0000018c-aa-5", Old: "gzip", New: "gzip: invalid checksum", OldType: "text", NewType: "text"}}},
			{Part: comparison.Headers, Pattern: "X-Request-Id", Kind: comparison.Changed, Severity: comparison.Error, Noise: true, Records: 5, Count: 5, ControlRecords: 498, Samples: []comparison.Sample{{Record: "0000018c-aa-6", Field: "X-Request-Id", Old: "7f31", New: "a0c2", OldType: "text", NewType: "text"}}},
		},
		OldLatency: durations(500, 1800), NewLatency: durations(497, 900),
		ControlLatency: durations(490, 800), NewWithControl: durations(490, 900),
	}
}

func sampleHealth() comparison.Subject {
	return comparison.Subject{Name: "GET /health", Recorded: 400, Equal: 400, OldLatency: durations(400, 240), NewLatency: durations(400, 310)}
}

func samplePost() comparison.Subject {
	return comparison.Subject{Name: "POST /orders", Recorded: 20, Blocked: 20}
}

func sampleSearch() comparison.Subject {
	return comparison.Subject{
		Name: "GET /search", Recorded: 280, Equal: 276, Different: 4,
		Groups: []comparison.Group{{Part: comparison.Body, Pattern: "/results", Kind: comparison.TypeChanged, Severity: comparison.Error, Records: 4, Count: 4, Samples: []comparison.Sample{
			{Record: "0000018c-bb-1", Field: "/results", Old: "[]", New: "null", OldType: "array", NewType: "null"},
		}}},
		OldLatency: durations(280, 5200), NewLatency: durations(280, 8100),
		ControlLatency: durations(280, 5000), NewWithControl: durations(280, 8100),
	}
}

func samplePolicy() (gate.Policy, []gate.Waiver) {
	share := gate.MustRatio("0.5%")
	p := gate.Policy{Limits: gate.Limits{MaxMismatchShare: &share, MaxLatencyRatio: &gate.LatencyLimit{Quantile: "p95", Ratio: gate.MustRatio("1.5")}}}
	return p, []gate.Waiver{{
		Owner: "ada", Reason: "an empty search answers null from now on", Route: "GET /search", Part: comparison.Body,
		Pattern: "/results", MaxCount: 50, Expires: "2026-12-31",
	}}
}

func sampleReport() *Report {
	s := sampleSummary()
	p, w := samplePolicy()
	return Build(s, gate.Evaluate(s, p, w, today))
}

// passingReport is a comparison in which all is equal.
func passingReport() *Report {
	s := sampleSummary()
	s.Subjects = []comparison.Subject{sampleHealth()}
	s.Ledgers = s.Ledgers[:1]
	s.Rules, s.Notes, s.Controls = nil, nil, nil
	return Build(s, gate.Evaluate(s, gate.Policy{}, nil, today))
}

// golden compares got with the file, or writes it with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (run with -update to accept):\n%s", name, diff)
	}
}
