package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parallax/diff/comparison"
	"parallax/diff/rules"
	"parallax/report"
	"parallax/report/gate"
)

const shopFolder = "../../fixtures/shop"

// lacking skips a test for want of something outside of the repository; a check
// that is to leave nothing out fails.
func lacking(t *testing.T, format string, args ...any) {
	t.Helper()
	text := fmt.Sprintf(format, args...)
	if os.Getenv("PARALLAX_REQUIRE_ALL") != "" {
		t.Fatalf("PARALLAX_REQUIRE_ALL is set, and this cannot be checked: %s", text)
	}
	t.Skipf("NOT CHECKED: %s", text)
}

// needsModules skips where the go command or the modules of the program in dir
// cannot be had.
func needsModules(t *testing.T, dir string) {
	t.Helper()
	if testing.Short() {
		t.Skip("NOT CHECKED with -short: starts real servers")
	}
	if _, err := exec.LookPath("go"); err != nil {
		lacking(t, "%v", err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		lacking(t, "the modules of %s: %v: %s", dir, err, out)
	}
}

// hiddenRule is one of the shop's rules.json.
type hiddenRule struct {
	ID     string
	Places []where
}

// where is what differences, rules and the shop's own list are matched by.
type where struct {
	Route   string
	Part    comparison.Part
	Pattern string
}

func (w where) String() string { return fmt.Sprintf("%s %s %s", w.Route, w.Part, w.Pattern) }

func hiddenRules(t *testing.T) []hiddenRule {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(shopFolder, "rules.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Rules []hiddenRule }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Rules) < 12 {
		t.Fatalf("rules.json has %d rules, want about a dozen", len(file.Rules))
	}
	return file.Rules
}

// demoRun runs the demo and returns the comparison's folder and the report that
// the gate made of it.
func demoRun(t *testing.T, o demoOptions) (string, *report.Report) {
	t.Helper()
	o.Shop, o.Out, o.Requests, o.Rules, o.Now = shopFolder, t.TempDir(), 400, true, time.Now()
	var log bytes.Buffer
	dir, err := runDemo(t.Context(), o, streams{out: &log, err: &log})
	if err != nil {
		t.Fatalf("demo: %v\n%s", err, log.String())
	}
	conf, err := loadConfig(filepath.Join(shopFolder, "parallax.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := buildReport(dir, conf, o.Now)
	if err != nil {
		t.Fatal(err)
	}
	return dir, r
}

// gateCode is the exit code of `parallax gate`.
func gateCode(t *testing.T, dir string) int {
	t.Helper()
	err := runGate(t.Context(), gateOptions{Comparison: dir, Config: &config{}, Now: time.Now()}, streams{out: io.Discard, err: io.Discard})
	return exitCode(context.Background(), err)
}

func TestDemoFindsEveryHiddenRuleAndNothingElse(t *testing.T) {
	needsModules(t, shopFolder)
	hidden := hiddenRules(t)
	dir, r := demoRun(t, demoOptions{})

	records := recordsByPlace(r)
	claimed := map[where][]string{}
	for _, rule := range hidden {
		for _, place := range rule.Places {
			claimed[place] = append(claimed[place], rule.ID)
			if records[place] == 0 {
				t.Errorf("rule %s: nothing found at %s", rule.ID, place)
			}
		}
	}
	for place, n := range records {
		if claimed[place] == nil {
			t.Errorf("%d records differ at %s, which no hidden rule claims", n, place)
		}
	}
	for _, rule := range hidden {
		if n := alone(rule, claimed, records); n < 3 {
			t.Errorf("rule %s: its own places show at most %d records, want at least 3", rule.ID, n)
		}
	}
	if r.Verdict != gate.Fail || r.ExitCode != exitPolicy || gateCode(t, dir) != exitPolicy {
		t.Errorf("verdict %s, exit code %d, by the command %d, want fail and 1", r.Verdict, r.ExitCode, gateCode(t, dir))
	}
	checkFields(t, r)
	checkAccounts(t, r)
	checkShopRules(t, r, claimed)
}

// recordsByPlace counts the records of every difference that counts.
func recordsByPlace(r *report.Report) map[where]int64 {
	records := map[where]int64{}
	for _, g := range slices.Concat(r.Groups, r.Accepted, r.Uncompared, r.Noise) {
		records[where{g.Route, g.Part, g.Pattern}] += g.Records
	}
	return records
}

// checkFields wants a sample's field to be a place in one answer: with an index
// where the pattern has a star.
func checkFields(t *testing.T, r *report.Report) {
	t.Helper()
	for _, g := range r.Groups {
		for _, s := range g.Samples {
			if strings.Contains(g.Pattern, "*") && (s.Field == g.Pattern || strings.Contains(s.Field, "*")) {
				t.Errorf("%s %s: a sample's field is %s", g.Route, g.Pattern, s.Field)
			}
		}
	}
}

// alone is the number of records at the place that only this rule claims, where
// no other can be the cause.
func alone(rule hiddenRule, claimed map[where][]string, records map[where]int64) int64 {
	var most int64
	for _, place := range rule.Places {
		if len(claimed[place]) == 1 {
			most = max(most, records[place])
		}
	}
	return most
}

// checkAccounts wants every record to have one end, and none lost.
func checkAccounts(t *testing.T, r *report.Report) {
	t.Helper()
	if len(r.Ledgers) < 3 {
		t.Errorf("%d ledgers, want those of both inputs and of the comparison", len(r.Ledgers))
	}
	for _, l := range r.Ledgers {
		for _, a := range l.Accounts {
			if a.Residual != 0 || a.Lost != 0 {
				t.Errorf("ledger %s, %s: residual %d, lost %d: %+v", l.Name, a.Name, a.Residual, a.Lost, a.Buckets)
			}
		}
	}
	if total := r.Total; total.Recorded < 300 || total.Compared != total.Recorded {
		t.Errorf("%d of %d recorded were compared, want all of at least 300", total.Compared, total.Recorded)
	}
}

// checkShopRules wants every rule of parallax.yaml to be used, and none to hide a
// place at which a hidden rule shows.
func checkShopRules(t *testing.T, r *report.Report, claimed map[where][]string) {
	t.Helper()
	for _, note := range r.Notes {
		if strings.Contains(note, "never used") {
			t.Errorf("parallax.yaml: %s", note)
		}
	}
	for _, c := range r.Rules {
		if ids := claimed[where{c.Subject, c.Part, c.Pattern}]; ids != nil {
			t.Errorf("%s hides %d values at %s %s %s, the place of %v", c.Rule, c.Count, c.Subject, c.Part, c.Pattern, ids)
		}
	}
}

// The old shop against itself, with the same rules: whatever was found would be
// noise that the rules miss, or a fault of the comparison.
func TestDemoFindsNothingBetweenTwoOldShops(t *testing.T) {
	needsModules(t, shopFolder)
	dir, r := demoRun(t, demoOptions{NewVariant: "old"})
	for place, n := range recordsByPlace(r) {
		t.Errorf("%d records differ at %s", n, place)
	}
	if r.Verdict != gate.Pass || gateCode(t, dir) != exitOK {
		t.Errorf("verdict %s, exit code %d, want pass and 0: %s", r.Verdict, gateCode(t, dir), r.Headline)
	}
	checkAccounts(t, r)
	checkShopRules(t, r, nil)
	if n := ruleUses(r); n == 0 {
		t.Error("no rule was needed: the two shops are one")
	}
}

// ruleUses counts what the user's rules hid.
func ruleUses(r *report.Report) (n int64) {
	for _, c := range r.Rules {
		if !strings.HasPrefix(c.Rule, rules.Prefix) {
			n += c.Count
		}
	}
	return n
}
