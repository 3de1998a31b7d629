package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Whatever the file holds, it is taken or refused with a reason, and what is taken
// once is taken again.
func FuzzConfig(f *testing.F) {
	for _, path := range []string{"../../fixtures/shop/parallax.yaml", "../../docs/ci/job.yaml"} {
		text, err := os.ReadFile(filepath.FromSlash(path))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{
		"", "---\n...\n", "a: &a [*a]", "gate: {max_error_share: x}", "? [a]\n: b", "rules: [{id: x, ignore: true, body: /a/*/b}]",
		"targets: {n: {url: http://h, rewrite: {set: [{name: A, value: '{{secret:B}}'}]}}}", "abort: {latency: {p99: 2s}}",
		"<<: {gate: {min_compared: 1}}", "\xff\xfe", "gate: !!binary aGk=", "rules:\n- {from: &x 1}\n- *x\n",
		"mapping: {tables: [{old: a, new: b}]}", "invariants: [{name: a, expr: '1 == 1'}]", "routes: {openapi: a.yaml}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > maxConfig {
			return
		}
		c := &config{}
		err := decodeConfig(text, c)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("refused without a reason")
			}
			return
		}
		if again := decodeConfig(text, &config{}); again != nil {
			t.Fatal(again)
		}
		_ = c.validate()
	})
}
