package main

import (
	"fmt"
	"strings"
	"testing"
)

// A configuration is trusted, and yet bounded: what would be enormous once its
// aliases are followed, or is nested without end, is an error within little memory
// and time. (T25)
func TestT25_BombsInTheConfiguration(t *testing.T) {
	dir := home(t)
	writePcap(t, dir+"/a.pcap", 4)
	px(t, dir, 0, "capture", "packets", "--read", "a.pcap", "-o", "rec", "--redact", "off", "-q")
	for name, text := range map[string]string{
		"aliases at the top":   aliases(""),
		"aliases within rules": "rules:\n  - reason: x\n    route: *no\n",
		"aliases as a rule":    aliases("rules: *x9\n"),
		"aliases in a list":    aliases("rules: [{reason: x, route: *x9}]\n"),
		"aliases as a policy":  aliases("gate: *x9\n"),
		"a cycle":              "rules: &a [*a]\n",
		"a cycle of merges":    "gate: &a {<<: *a}\n",
		"brackets":             "rules: " + strings.Repeat("[", 200_000) + "\n",
		"braces":               "gate: " + strings.Repeat("{a: ", 100_000) + "\n",
		"dashes":               "rules:\n" + strings.Repeat("- ", 200_000) + "x\n",
		"indentation":          "gate:\n" + steps(1500),
		"questions":            "gate:\n" + strings.Repeat("? ", 100_000) + "x\n",
		"a long number":        "gate: {max_mismatched: " + strings.Repeat("9", 1_000_000) + "}\n",
		"a long key":           strings.Repeat("k", 3_000_000) + ": 1\n",
		"many keys":            manyLines(200_000),
		"more than its size":   "# " + strings.Repeat("x", maxConfig),
		"an endless pattern":   "rules: [{reason: x, route: \"" + strings.Repeat("{a}/", 100_000) + "\"}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			writeText(t, dir+"/bomb.yaml", text)
			out := "cmp" + strings.ReplaceAll(name, " ", "-")
			got := confined(t, dir, bounds{dataMiB: ownMiB + 700, seconds: 40}, nil, "diff", "rec", "rec", "-o", out, "--config", "bomb.yaml").survived(name, 2)
			says(t, got.stderr, "bomb.yaml")
			nothing(t, dir, out)
		})
	}
}

// aliases is the bomb of nine levels of ten, and what uses it.
func aliases(use string) string {
	b := strings.Builder{}
	b.WriteString("x0: &x0 [" + strings.Repeat("a,", 10) + "]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "x%d: &x%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*x%d,", i), 10))
	}
	return b.String() + use
}

func steps(n int) string {
	b := strings.Builder{}
	for i := range n {
		b.WriteString(strings.Repeat(" ", i+1) + "a:\n")
	}
	return b.String()
}

func manyLines(n int) string {
	b := strings.Builder{}
	for i := range n {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	return b.String()
}
