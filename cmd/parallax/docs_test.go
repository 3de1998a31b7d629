package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

var (
	fencedBlock = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")
	codeSpan    = regexp.MustCompile("`([^`]+)`")
	flagWord    = regexp.MustCompile(`^--?([a-z][a-z-]*)(=.*)?$`)
)

// Every command that the pages name exists, with every flag that they give it.
func TestPagesNameRealCommandsAndFlags(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ci, err := filepath.Glob("../../docs/ci/*")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(append(pages, ci...), "../../README.md") {
		info, err := os.Stat(page)
		if err != nil || info.IsDir() || strings.HasSuffix(page, "architecture.md") {
			continue
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range commandLines(string(text)) {
			found++
			if fault := unknownIn(newApp(streams{}), line); fault != "" {
				t.Errorf("%s: %q: %s", page, line, fault)
			}
		}
	}
	if found < 100 {
		t.Errorf("%d command lines: the search misses some", found)
	}
}

func TestUnknownIn(t *testing.T) {
	for line, want := range map[string]string{
		"parallax replay rec --target x": "", "parallax replay --nosuch": "no flag --nosuch", "parallax nosuch": "no command nosuch",
		"parallax capture nosuch": "no command nosuch", "parallax gate cmp -o x": "no flag --o", "parallax capture packets -r x -o y": "",
		"parallax run FILE --speed 2": "no flag --speed",
	} {
		if got := unknownIn(newApp(streams{}), line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// commandLines are the lines of blocks and the spans that begin with the program.
func commandLines(text string) []string {
	var lines []string
	add := func(code string) {
		for line := range strings.Lines(strings.ReplaceAll(code, "\\\n", "")) {
			for _, part := range regexp.MustCompile(`[|;&()]+|\s#\s`).Split(line, -1) {
				part = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(part), "$ "))
				if strings.HasPrefix(part, "parallax ") && !strings.Contains(part, `\n`) { // the journal's first line
					lines = append(lines, part)
				}
			}
		}
	}
	for _, m := range fencedBlock.FindAllStringSubmatch(text, -1) {
		add(m[1])
	}
	for _, m := range codeSpan.FindAllStringSubmatch(fencedBlock.ReplaceAllString(text, ""), -1) {
		add(strings.ReplaceAll(m[1], "\n", " "))
	}
	return lines
}

// unknownIn says what of a line the command line does not have.
func unknownIn(app *cli.App, line string) string {
	commands, words := app.Commands, strings.Fields(line)[1:]
	var at *cli.Command
	for len(words) > 0 && len(commands) > 0 {
		if strings.HasPrefix(words[0], "-") || words[0] == "…" || words[0] == "X" {
			return ""
		}
		if at = find(commands, words[0]); at == nil {
			return "no command " + words[0]
		}
		commands, words = at.Subcommands, words[1:]
	}
	for _, w := range words {
		m := flagWord.FindStringSubmatch(w)
		if m == nil || at == nil || m[1] == "help" {
			continue
		}
		if !hasFlag(at, m[1]) {
			return "no flag --" + m[1]
		}
	}
	return ""
}

func hasFlag(c *cli.Command, name string) bool {
	for _, f := range c.Flags {
		for _, n := range f.Names() {
			if n == name {
				return true
			}
		}
	}
	return false
}
