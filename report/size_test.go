package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"parallax/diff/comparison"
	"parallax/internal/store"
	"parallax/report/gate"
)

// hugeReport has n routes that differ in values which every form makes longer.
func hugeReport(n, groups int) *Report {
	value := strings.Repeat("<\x01&\u202e", 400)
	s := &comparison.Summary{Ledgers: []comparison.NamedLedger{{Name: "old"}}}
	for i := range n {
		u := comparison.Subject{Name: fmt.Sprintf("GET /route%05d/%s", i, strings.Repeat("@", 60)), Recorded: 10, Equal: 5, Different: 5}
		for k := range groups {
			sample := comparison.Sample{Record: "r", Old: value, New: value + "x", OldType: "string", NewType: "string"}
			u.Groups = append(u.Groups, comparison.Group{Part: comparison.Body, Pattern: fmt.Sprintf("/%d", k), Kind: comparison.Changed, Records: 5, Count: 5, Samples: []comparison.Sample{sample, sample, sample}})
		}
		s.Subjects = append(s.Subjects, u)
		s.Notes = append(s.Notes, value)
	}
	return Build(s, gate.Evaluate(s, gate.Policy{}, nil, today))
}

func TestFormsAreBounded(t *testing.T) {
	r := hugeReport(3000, 3)
	for _, c := range []struct {
		name  string
		print func(io.Writer, *Report) error
		most  int
		says  string
	}{
		{"html", HTML, HTMLLimit, `\d+ more routes are in report.json`},
		{"markdown", func(w io.Writer, r *Report) error { return Markdown(w, r, 0) }, MarkdownLimit, `\d+ more routes: see report.html`},
		{"small markdown", func(w io.Writer, r *Report) error { return Markdown(w, r, 40000) }, 40000, `\d+ more groups of differences`},
		{"junit", JUnit, maxJUnit, `\d+ more cases`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := printed(t, c.print, r)
			if len(text) > c.most {
				t.Errorf("%d bytes, at most %d wanted", len(text), c.most)
			}
			if !regexp.MustCompile(c.says).MatchString(text) {
				t.Errorf("does not say %s", c.says)
			}
		})
	}
}

func TestJUnitHasAtMost2000Cases(t *testing.T) {
	var back junitSuites
	if err := xml.Unmarshal([]byte(printed(t, JUnit, hugeReport(3000, 0))), &back); err != nil {
		t.Fatal(err)
	}
	cases := back.Suites[0].Cases
	last := cases[len(cases)-1]
	if len(cases) != maxCases || back.Tests != maxCases || last.Error == nil {
		t.Errorf("%d cases, %d tests, the last %+v", len(cases), back.Tests, last)
	}
	more, _, _ := strings.Cut(last.Error.Message, " ")
	if n, err := strconv.Atoi(more); err != nil || n < 1001 {
		t.Errorf("%q", last.Error.Message)
	}
}

// Every group is either shown or counted in a "more" line.
func TestMarkdownCountsWhatItLeavesOut(t *testing.T) {
	r := hugeReport(30, 10)
	text := printed(t, func(w io.Writer, r *Report) error { return Markdown(w, r, 60000) }, r)
	shown := strings.Count(text, "<details>")
	left := regexp.MustCompile(`(\d+) more groups of differences`).FindStringSubmatch(text)
	if left == nil {
		t.Fatal("nothing is left out")
	}
	if n, _ := strconv.Atoi(left[1]); shown+n != len(r.Groups) {
		t.Errorf("%d shown, %d more, %d in all", shown, n, len(r.Groups))
	}
}

func TestMarkdownThatHoldsNothingIsAnError(t *testing.T) {
	if err := Markdown(io.Discard, sampleReport(), 100); err == nil {
		t.Error("100 bytes are taken")
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	for range 2 { // the second time replaces
		if err := Write(sampleReport(), InDir(dir)); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		info, _ := e.Info()
		names = append(names, fmt.Sprintf("%s %o", e.Name(), info.Mode().Perm()))
	}
	want := "junit.xml 600 metrics.txt 600 report.html 600 report.json 600 summary.md 600"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	var back Report
	if err != nil || json.Unmarshal(text, &back) != nil || back.Format != Format || back.Version != Version || back.Verdict != gate.Fail {
		t.Errorf("report.json holds %q %d %q (%v)", back.Format, back.Version, back.Verdict, err)
	}
}

// A form that fails leaves what was there and nothing else.
func TestWriteFileIsAllOrNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := writeFile(store.OS{}, path, func(w io.Writer) error {
		fmt.Fprint(w, strings.Repeat("half", 10000))
		return broken
	})
	entries, _ := os.ReadDir(filepath.Dir(path))
	text, _ := os.ReadFile(path)
	if !errors.Is(err, broken) || string(text) != "before" || len(entries) != 1 {
		t.Errorf("error %v, file %.20q, %d entries", err, text, len(entries))
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteErrorsAreReturned(t *testing.T) {
	r := sampleReport()
	for name, print := range map[string]func(io.Writer, *Report) error{
		"html": HTML, "junit": JUnit, "json": JSON, "metrics": Metrics,
		"markdown": func(w io.Writer, r *Report) error { return Markdown(w, r, 0) },
		"terminal": func(w io.Writer, r *Report) error { return Terminal(w, r, TerminalOptions{}) },
	} {
		if err := print(fullDisk{}, r); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestMetricsEndAsTheFormatAsks(t *testing.T) {
	text := printed(t, Metrics, hostileReport())
	if !strings.HasSuffix(text, "\n# EOF\n") {
		t.Errorf("ends with %q", text[len(text)-20:])
	}
	line := regexp.MustCompile(`^(# (TYPE|HELP) [a-z_]+ .+|# EOF|[a-z_]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? -?\d+)$`)
	for _, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if !line.MatchString(l) {
			t.Errorf("no metric line: %q", l)
		}
	}
}

func TestTheSamePageTwice(t *testing.T) {
	var a, b bytes.Buffer
	if HTML(&a, hugeReport(50, 2)) != nil || HTML(&b, hugeReport(50, 2)) != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two pages of one comparison differ")
	}
}
