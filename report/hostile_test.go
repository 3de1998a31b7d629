package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"parallax/diff/comparison"
	"parallax/internal/ledger"
	"parallax/report/gate"
)

// hostile is text that wants to be more than text somewhere.
func hostile() []string {
	return []string{
		`</script><script>alert(1)</script>`, `</style><img src=x onerror=alert(1)>`, `"><svg onload=alert(1)>`,
		`' onmouseover='alert(1)`, `javascript:alert(1)`, `data:text/html,<script>alert(1)</script>`, "a\u2028alert(1)//",
		`<!--`, `]]>`, `{{.}}`, `<a href="https://evil.example/?x">`, `<details open ontoggle=alert(1)>`, `<base href=//evil.example>`,
		"```\n# heading\n```", "`a``b```", "[x](javascript:alert(1))", "![x](https://evil.example/a.png)", "| a | b |\n|---|---|", "@octocat #1 www.evil.example",
		"<img src=https://evil.example>", "\x1b[2J\x1b]0;title\a", "\u202egnp.exe", "zero\u200bwidth", "\u009b31m", "a\x00b\x08c\xff\xfe",
		"::set-output name=a::b", "\n::error::x", "##vso[task.complete result=Succeeded]", "##teamcity[buildStatus status='SUCCESS']", "section_start:1:x\r\x1b[0K",
		`<svg><animate onbegin=alert(1) attributeName=x dur=1s>`, `<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<template><script>alert(1)</script></template>`, `<iframe srcdoc="<script>alert(1)</script>">`,
		`<object data="javascript:alert(1)">`, `<embed src=https://evil.example>`, `<meta http-equiv=refresh content="0;url=https://evil.example">`, `<form action=https://evil.example><input type=submit>`,
		`<link rel=stylesheet href=https://evil.example/a.css>`, `<a href="java&#10;script:alert(1)">x</a>`, `<style>@import 'https://evil.example/a.css';</style>`, `</title></textarea></xmp><script>alert(1)</script>`,
		`<![CDATA[<script>alert(1)</script>]]>`, `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>`, `+ADw-script+AD4-alert(1)+ADw-/script+AD4-`, `\u003cscript\u003ealert(1)`,
		`" autofocus onfocus=alert(1) x="`, `'><script>alert(1)</script>`, `<img src="x` + "`" + `<script>alert(1)</script>"` + "`" + `>`, `<x style="background:url(https://evil.example/a.png)">`, `<video><source onerror=alert(1)>`,
		"=cmd|' /C calc'!A0", "+SUM(1)", "@SUM(1)", "\t=1", "\r\n::add-mask::x", "\n##[error]x", "\u2066isolate\u2069", "\U000e0041tag", "\ufeffbom", "\x9b31mC1", "\u00ad\u061c\u180e",
		"<script>", "&lt;script&gt;", "\\|", "*a* _b_ ~~c~~ <b>", "$x^2$", "   ", "",
	}
}

// hostileReport has every hostile text at every place that holds recorded text.
func hostileReport() *Report {
	s := &comparison.Summary{Tool: "parallax", Notes: hostile(), Ledgers: []comparison.NamedLedger{{Name: hostile()[0]}}}
	for i, text := range hostile() {
		side := comparison.Side{Name: text, Manifest: text, Kind: "recording", Redacted: text, Target: text}
		s.Old, s.New = side, side
		s.Controls = append(s.Controls, side)
		other := hostile()[(i+1)%len(hostile())]
		sample := comparison.Sample{Record: text, Field: text, Old: text, New: other, OldType: text, NewType: text}
		s.Subjects = append(s.Subjects, comparison.Subject{
			Name: text, Recorded: 9, Equal: 3, Different: 3, NotCompared: 3, Failed: map[string]int64{text: 1},
			Groups: []comparison.Group{
				{Part: comparison.Body, Pattern: text, Kind: comparison.Changed, Class: text, Severity: comparison.Error, Records: 3, Count: 3, Samples: []comparison.Sample{sample}},
				{Part: comparison.Body, Pattern: text, Kind: comparison.NotCompared, Class: text, Records: 3, Count: 3, Samples: []comparison.Sample{sample}},
				{Part: comparison.Body, Pattern: text, Kind: comparison.Changed, Noise: true, Records: 3, Count: 3, Samples: []comparison.Sample{sample}},
			},
		})
		s.Rules = append(s.Rules, comparison.RuleCount{Rule: text, Reason: text, Subject: text, Pattern: text, Count: 1, Samples: []comparison.Sample{sample}})
		s.Ledgers[0].Accounts = append(s.Ledgers[0].Accounts, comparison.Account{Name: text, Total: 2, Buckets: []comparison.Bucket{{Name: text, Count: 1, Class: ledger.Class(text)}}})
	}
	waiver := gate.Waiver{Owner: hostile()[0], Reason: hostile()[1], Route: hostile()[2], MaxCount: 10, Expires: hostile()[3]}
	return Build(s, gate.Evaluate(s, gate.Policy{}, []gate.Waiver{waiver}, today))
}

func printed(t *testing.T, print func(io.Writer, *Report) error, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := print(&b, r); err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(b.Bytes()) {
		t.Fatal("not UTF-8")
	}
	return b.String()
}

func TestHTMLHoldsNoForeignMarkup(t *testing.T) {
	page := printed(t, HTML, hostileReport())
	if n := strings.Count(page, "</style>"); n != 1 {
		t.Errorf("%d ends of style", n)
	}
	for _, pattern := range []string{
		`(?i)<script`, `(?i)<img`, `(?i)<iframe`, `(?i)<base`, `(?i)<link`, `(?i)<object`, `(?i)<[^>]*\son[a-z]+\s*=`,
		`(?i)<[^>]*\s(src|href|action|data|srcset|poster)\s*=\s*["']?[^#"']`, `(?i)<[^>]*url\(`, `(?is)<style>.*(url\(|@import).*</style>`, `(?i)<svg onload`, "\u2028", "\u202e", "\u200b", "\x1b", `innerHTML`, `ZgotmplZ`,
	} {
		if at := regexp.MustCompile(pattern).FindStringIndex(page); at != nil {
			t.Errorf("%s matches %q", pattern, page[max(0, at[0]-40):min(len(page), at[1]+40)])
		}
	}
	for _, wanted := range []string{`&lt;/script&gt;&lt;script&gt;alert(1)`, `\u202egnp.exe`, `\u001b[2J`} {
		if !strings.Contains(page, wanted) {
			t.Errorf("%s is not shown", wanted)
		}
	}
}

func TestTextFormsHoldNoCommands(t *testing.T) {
	r := hostileReport()
	forms := map[string]string{
		"terminal": printed(t, func(w io.Writer, r *Report) error { return Terminal(w, r, TerminalOptions{Groups: 1000}) }, r),
		"narrow":   printed(t, func(w io.Writer, r *Report) error { return Terminal(w, r, TerminalOptions{Width: 40, Groups: 1000}) }, r),
		"markdown": printed(t, func(w io.Writer, r *Report) error { return Markdown(w, r, 0) }, r),
		"junit":    printed(t, JUnit, r),
		"metrics":  printed(t, Metrics, r),
	}
	for name, text := range forms {
		for _, pattern := range []string{`(?m)^\s*::`, "\x1b", "\u202e", "\u200b", "\u2028", "\u009b", "\x00", "\r", "\x08"} {
			if at := regexp.MustCompile(pattern).FindStringIndex(text); at != nil {
				t.Errorf("%s: %q in %q", name, pattern, text[max(0, at[0]-40):min(len(text), at[1]+40)])
			}
		}
		if name == "metrics" {
			continue // is read by machines and never printed to a log
		}
		for _, marker := range []string{"##vso[", "##teamcity[", "section_start:", "##["} {
			if strings.Contains(text, marker) {
				t.Errorf("%s holds %s", name, marker)
			}
		}
	}
}

func TestNarrowTerminalKeepsToItsWidth(t *testing.T) {
	for _, width := range []int{40, 80, 132} {
		text := printed(t, func(w io.Writer, r *Report) error { return Terminal(w, r, TerminalOptions{Width: width}) }, sampleReport())
		lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
		for _, line := range lines[:len(lines)-1] { // the verdict is never cut
			if n := utf8.RuneCountInString(line); n > width {
				t.Errorf("width %d: %d cells: %s", width, n, line)
			}
		}
		for _, word := range []string{"verdict", "ruled out", "left out", "FAIL: "} {
			if !strings.Contains(text, word) {
				t.Errorf("width %d: %q is not shown", width, word)
			}
		}
	}
}

// Outside code spans nothing of recorded text is left that Markdown reads.
func TestMarkdownHoldsNoForeignMarkup(t *testing.T) {
	text := printed(t, func(w io.Writer, r *Report) error { return Markdown(w, r, 0) }, hostileReport())
	for n, line := range strings.Split(text, "\n") {
		bare := withoutCode(line)
		for _, ours := range []string{"<details><summary>", "</summary>", "</details>"} {
			bare = strings.ReplaceAll(bare, ours, "")
		}
		if at := regexp.MustCompile(`<|@[^&]|]\(|://|(?i)www\.`).FindString(bare); at != "" {
			t.Errorf("line %d: %q in %s", n+1, at, line)
		}
		if strings.HasPrefix(line, "| ") && strings.Count(bare, "|") != 14 {
			t.Errorf("line %d: not 13 cells: %s", n+1, line)
		}
	}
	if strings.Count(text, "<details>") != strings.Count(text, "</details>") {
		t.Error("details are not balanced")
	}
}

// withoutCode removes code spans as CommonMark finds them.
func withoutCode(line string) string {
	var b strings.Builder
	for line != "" {
		at := strings.IndexByte(line, '`')
		if at < 0 {
			break
		}
		b.WriteString(line[:at])
		fence := line[at : len(line)-len(strings.TrimLeft(line[at:], "`"))]
		line = line[at+len(fence):]
		end := fenceEnd(line, fence)
		if end < 0 {
			b.WriteString(fence)
			continue
		}
		line = line[end+len(fence):]
	}
	return b.String() + line
}

// fenceEnd is where a run of backquotes as long as fence begins.
func fenceEnd(line, fence string) int {
	for at := 0; at < len(line); {
		if line[at] != '`' {
			at++
			continue
		}
		run := len(line[at:]) - len(strings.TrimLeft(line[at:], "`"))
		if run == len(fence) {
			return at
		}
		at += run
	}
	return -1
}

func TestJUnitIsReadBack(t *testing.T) {
	r := hostileReport()
	var back junitSuites
	if err := xml.Unmarshal([]byte(printed(t, JUnit, r)), &back); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, c := range back.Suites[0].Cases {
		name := c.Class + "@" + c.Name
		if names[name] {
			t.Errorf("%q twice", name)
		}
		names[name] = true
		for _, x := range []*junitText{c.Failure, c.Error, c.Skipped} {
			if x != nil && strings.ContainsAny(x.Message, "\n\r\t\ufffd") {
				t.Errorf("message %q", x.Message)
			}
		}
	}
	if back.Tests != len(names) || back.Failures+back.Errors == 0 {
		t.Errorf("%d tests, %d failures, %d errors of %d", back.Tests, back.Failures, back.Errors, len(names))
	}
	if !strings.Contains(fmt.Sprint(back), `a\u0000b`) {
		t.Error("controls are not shown")
	}
}
