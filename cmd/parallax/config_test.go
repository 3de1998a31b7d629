package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A configuration is one document; nothing behind it is left out unseen.
func TestConfigDocuments(t *testing.T) {
	const rule = "rules: [{body: /a, ignore: true}]\n"
	for _, c := range []struct {
		text  string
		rules int
		want  string
	}{
		{text: ""},
		{text: "# nothing\n"},
		{text: rule, rules: 1},
		{text: "---\n" + rule, rules: 1},
		{text: "%YAML 1.2\n---\n" + rule, rules: 1},
		{text: rule + "---\ngate: {min_compared: 5}\n", want: "more than one YAML document"},
		{text: rule + "---\n" + rule, want: "more than one YAML document"},
		{text: "---\n---\n" + rule, want: "more than one YAML document"},
		{text: "# nothing\n---\n" + rule, rules: 1},
		{text: rule + "---\n", want: "more than one YAML document"},
		{text: rule + "...\n", rules: 1},
		{text: rule + "...\n---\n" + rule, want: "more than one YAML document"},
	} {
		path := filepath.Join(t.TempDir(), "c.yaml")
		writeText(t, path, c.text)
		got, err := loadConfig(path)
		switch {
		case c.want != "":
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%q: error %v, want one with %q and the file", c.text, err, c.want)
			}
		case err != nil:
			t.Errorf("%q: %v", c.text, err)
		case len(got.Rules) != c.rules:
			t.Errorf("%q: %d rules, want %d", c.text, len(got.Rules), c.rules)
		}
	}
}

// Whole numbers are whole, and the message says where one is not.
func TestConfigFractions(t *testing.T) {
	for text, want := range map[string]string{
		"gate:\n  min_compared: 1.5\n":                               "[2:17] gate.min_compared: 1.5 is no whole number",
		"gate: {max_latency_ratio: {ratio: 1.5, min_count: 1.5}}":    "[1:51] gate.max_latency_ratio.min_count: 1.5 is no whole number",
		"rules: [{body: /a, tolerance: {ulp: -1}}]":                  "-1",
		"gate:\n  min_compared: abc\n":                               "[2:17]",
		"gate: {min_compared: 99999999999999999999}":                 "99999999999999999999",
		"gate: {min_compared: 1_000, max_latency_ratio: {ratio: 2}}": "",
		"abort: {window: 500, errors: 20%}":                          "",
	} {
		path := filepath.Join(t.TempDir(), "c.yaml")
		writeText(t, path, text)
		_, err := loadConfig(path)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Scalars that are read as they are spelled have their place and key, too, and the
// first of two alike.
func TestConfigPlaces(t *testing.T) {
	for text, want := range map[string]string{
		"gate:\n  min_compared: 1\n  max_error_share: banana\n": `[3:20] gate.max_error_share: "banana" is no ratio`,
		"abort: {latency: {p50: 3, p99: 3}}":                    `[1:24] abort.latency.p50: "3" is no duration`,
		"abort: {errors: [7]}":                                  `[1:18] abort.errors[0]`,
		"targets: {a: {url: http://x}}\nabort:\n  errors: 7\n":  `[3:11] abort.errors: "7" is no share`,
	} {
		_, err := loadConfig(textFile(t, text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func textFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	writeText(t, path, text)
	return path
}

// A job is started from anywhere: what a target names lies beside the file.
func TestFilesOfTargets(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "job.yaml")
	text := "targets:\n  a: {url: 'https://a', ca_file: ca.pem}\n  b: {url: 'https://b', ca_file: /etc/ca.pem}\n  c: {url: 'https://c'}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": filepath.Join(dir, "ca.pem"), "b": "/etc/ca.pem", "c": ""} {
		if got := c.Targets[name].CAFile; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
