package gate

import (
	"math"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"
)

func TestParseRatio(t *testing.T) {
	for _, c := range []struct {
		text     string
		num, den int64
	}{
		{"0", 0, 1}, {"1", 1, 1}, {"0.1%", 1, 1000}, {"0.001", 1, 1000}, {".5", 1, 2}, {"1.", 1, 1}, {"12.50 %", 1, 8},
		{"100%", 1, 1}, {"1/3", 1, 3}, {" 2 / 6 ", 1, 3}, {"0.00000000000001", 1, 1e14},
	} {
		r, err := ParseRatio(c.text)
		if err != nil || r.compare(c.num, c.den) != 0 {
			t.Errorf("%q is %d/%d (%v), want %d/%d", c.text, r.num, r.den, err, c.num, c.den)
		}
	}
	for _, text := range []string{"", "%", ".", "-1", "+1", "1e3", "1,5", "0x1", "1/0", "1/-2", "a/2", "NaN", "1234567890.123456", "99999999999999999999/1", "1%%"} {
		if r, err := ParseRatio(text); err == nil {
			t.Errorf("%q is taken for %d/%d", text, r.num, r.den)
		}
	}
}

func TestRatioComparesExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.Int64Range(0, math.MaxInt64).Draw(t, "n"), rapid.Int64Range(1, math.MaxInt64).Draw(t, "d")
		digits := rapid.StringMatching(`[0-9]{1,7}\.[0-9]{1,8}`).Draw(t, "digits")
		r := MustRatio(digits)
		want := big.NewRat(n, d).Cmp(new(big.Rat).SetFrac64(int64(r.num), int64(r.den)))
		if got := r.compare(n, d); got != want {
			t.Fatalf("%d/%d against %s: %d, want %d", n, d, digits, got, want)
		}
	})
}

func TestPercentIsNeverRoundedUp(t *testing.T) {
	for _, c := range []struct {
		n, d int64
		want string
	}{
		{0, 10, "0%"}, {10, 10, "100%"}, {999999, 1000000, "99.99%"}, {1, 1000000, "<0.01%"}, {1, 3, "33.33%"},
		{1, 8, "12.50%"}, {3, 2, "150%"}, {0, 0, "–"}, {math.MaxInt64 - 1, math.MaxInt64, "99.99%"}, {1, 10000, "0.01%"},
	} {
		if got := Percent(c.n, c.d); got != c.want {
			t.Errorf("Percent(%d, %d) = %s, want %s", c.n, c.d, got, c.want)
		}
	}
}

const policyText = `
max_mismatch_share: 0.1%
max_error_share: 0.001
min_coverage: "1/2" # half
min_compared: 100
min_route_coverage: 0.90
max_latency_ratio: {quantile: p99, ratio: 1.5, min_count: 50}
allow_edges: false
allow_warnings: [cut]
routes:
  "GET /x":
    max_mismatch_share: 5 %
`

func TestPolicyFromYAML(t *testing.T) {
	var p Policy
	if err := yaml.UnmarshalWithOptions([]byte(policyText), &p, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	own := p.Routes["GET /x"]
	for _, c := range []struct {
		got  *Ratio
		n, d int64
		text string
	}{
		{p.MaxMismatchShare, 1, 1000, "0.1%"}, {p.MaxErrorShare, 1, 1000, "0.001"}, {p.MinCoverage, 1, 2, "1/2"},
		{p.MinRouteCoverage, 9, 10, "0.90"}, {&p.MaxLatencyRatio.Ratio, 3, 2, "1.5"}, {own.MaxMismatchShare, 1, 20, "5 %"},
	} {
		if c.got == nil || c.got.compare(c.n, c.d) != 0 || c.got.String() != c.text {
			t.Errorf("%s: got %v", c.text, c.got)
		}
	}
	if *p.AllowEdges || *p.MinCompared != 100 || p.AllowWarnings[0] != "cut" {
		t.Errorf("got %+v", p)
	}
	if err := yaml.UnmarshalWithOptions([]byte("max_mismatches: 1"), &p, yaml.Strict()); err == nil {
		t.Error("an unknown key is taken")
	}
}

// The manual's first example is a configuration that is taken.
func TestManualsExample(t *testing.T) {
	text, err := os.ReadFile("../../docs/gate.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, found := strings.Cut(example, "```")
	if !found {
		t.Fatal("no example in docs/gate.md")
	}
	var conf struct {
		Gate    Policy   `yaml:"gate"`
		Waivers []Waiver `yaml:"waivers"`
	}
	if err := yaml.UnmarshalWithOptions([]byte(example), &conf, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if err := conf.Gate.Validate(); err != nil {
		t.Error(err)
	}
	if len(conf.Waivers) != 1 || len(conf.Gate.Routes) != 2 {
		t.Fatalf("got %+v", conf)
	}
	if err := conf.Waivers[0].Validate(); err != nil {
		t.Error(err)
	}
}

func TestPolicyValidate(t *testing.T) {
	zero := int64(0)
	for _, c := range []struct {
		policy Policy
		want   string
	}{
		{Policy{}, ""},
		{Policy{Limits: Limits{MaxMismatchShare: ratio("101%")}}, "max_mismatch_share: 101%"},
		{Policy{MinRouteCoverage: ratio("2")}, "min_route_coverage"},
		{Policy{Limits: Limits{MinCompared: &zero}}, "min_compared"},
		{Policy{Limits: Limits{MaxLatencyRatio: &LatencyLimit{Quantile: "p42", Ratio: MustRatio("1")}}}, "p42"},
		{Policy{Limits: Limits{MaxLatencyRatio: &LatencyLimit{}}}, "ratio"},
		{Policy{Routes: map[string]Limits{"GET /x": {MaxErrorShare: ratio("3")}}}, `"GET /x": max_error_share`},
	} {
		err := c.policy.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.policy, err, c.want)
		}
	}
}

func FuzzParseRatio(f *testing.F) {
	for _, seed := range []string{"0.1%", "1/3", ".5", "100 %", "999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRatio(text)
		if err != nil {
			return
		}
		again, err := ParseRatio(r.String())
		if err != nil || again != r {
			t.Fatalf("%q becomes %q becomes %v (%v)", text, r, again, err)
		}
	})
}
