// Package docs holds what the pages beside it claim of tests.
package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// held is a code span that names a test: a folder and a function.
var held = regexp.MustCompile("`([a-z0-9/_.-]+) (Test[A-Za-z0-9_]+)`")

// command is a code span that runs one.
var command = regexp.MustCompile("`go test ([a-z0-9/_.-]+) -run ([A-Za-z0-9_/^$|]+)`")

// file is a code span that names a file.
var file = regexp.MustCompile("`([a-z0-9/_-]+/[a-z0-9/_.-]+\\.(?:txtar|sh|go))`")

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// isTest reports whether a folder of the module has the test.
func isTest(t *testing.T, folder, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.Contains(page(t, name), "\nfunc "+test+"(") {
			return true
		}
	}
	return false
}

// rows are a page's table rows whose first cell is an id of the letter.
func rows(text, letter string) (ids, lines []string) {
	line := regexp.MustCompile(`(?m)^\| (` + letter + `\d+) \|.*$`)
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		ids, lines = append(ids, m[1]), append(lines, m[0])
	}
	return ids, lines
}

// Every fault, threat and trap has its row, in order, and every row names tests
// that exist or says that nothing holds it.
func TestFaultsAndThreatsAreHeld(t *testing.T) {
	text := page(t, "faults-and-threats.md")
	for letter, n := range map[string]int{"F": 34, "T": 32, "H": 23} {
		ids, lines := rows(text, letter)
		if len(ids) != n {
			t.Errorf("%s: %d rows, want %d", letter, len(ids), n)
		}
		for i, id := range ids {
			if want := fmt.Sprint(letter, i+1); id != want {
				t.Errorf("row %d is %s, want %s", i+1, id, want)
			}
			tests, files := held.FindAllStringSubmatch(lines[i], -1), file.FindAllStringSubmatch(lines[i], -1)
			if len(tests)+len(files) == 0 && !strings.Contains(lines[i], "| not held: ") {
				t.Errorf("%s names nothing that holds it", id)
			}
			for _, m := range tests {
				if !isTest(t, m[1], m[2]) {
					t.Errorf("%s: there is no %s in %s", id, m[2], m[1])
				}
			}
			for _, m := range files {
				if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
		}
	}
}

// Tests that carry an id in their name carry one that has a row.
func TestNamedTestsHaveARow(t *testing.T) {
	text := page(t, "faults-and-threats.md")
	name := regexp.MustCompile(`(?m)^func Test([FTH]\d+)_\w+\(`)
	found := 0
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, m := range name.FindAllStringSubmatch(page(t, path), -1) {
			found++
			if ids, _ := rows(text, m[1][:1]); !slices.Contains(ids, m[1]) {
				t.Errorf("%s: there is no row %s", path, m[1])
			}
		}
		return nil
	})
	if err != nil || found < 20 {
		t.Errorf("%d tests found: %v", found, err)
	}
}

// Every entry of the track record has a command, and the command a test.
func TestTrackRecordCanBeRepeated(t *testing.T) {
	entries := 0
	for line := range strings.Lines(page(t, "track-record.md")) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| what ") {
			continue
		}
		entries++
		found := command.FindAllStringSubmatch(line, -1)
		if len(found) == 0 {
			t.Errorf("no command: %s", line)
		}
		for _, m := range found {
			if !strings.HasPrefix(m[1], "./") || !isTest(t, m[1], m[2]) {
				t.Errorf("there is no %s in %s", m[2], m[1])
			}
		}
	}
	if entries < 25 {
		t.Errorf("%d entries: nothing is ever taken out", entries)
	}
}
