package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"parallax/internal/sanitise"
	"parallax/report/gate"
)

// JUnit prints at most maxCases test cases in at most maxJUnit bytes: CI systems
// refuse or drop what is larger.
const (
	maxCases    = 2000
	maxJUnit    = 2 << 20
	maxExamples = 5
	maxMessage  = 500
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string     `xml:"classname,attr"`
	Name    string     `xml:"name,attr"`
	Failure *junitText `xml:"failure,omitempty"`
	Error   *junitText `xml:"error,omitempty"`
	Skipped *junitText `xml:"skipped,omitempty"`
	Output  string     `xml:"system-out,omitempty"`
}

type junitText struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit prints one case a check of the gate and one a route: a failure is a
// limit that is not met, an error what could not be verified, skipped a route of
// which nothing was meant to be compared.
func JUnit(w io.Writer, r *Report) error {
	examples, cases := maxExamples, maxCases
	for {
		text, err := renderJUnit(r, cases, examples)
		if err != nil {
			return fmt.Errorf("junit: %w", err)
		}
		if len(text) <= maxJUnit || cases <= 1 {
			_, err = w.Write(text)
			return err
		}
		if examples > 0 {
			examples /= 2
		} else {
			cases /= 2
		}
	}
}

func renderJUnit(r *Report, cases, examples int) ([]byte, error) {
	suite := junitSuite{Name: "parallax"}
	suite.Cases = append(gateCases(r), routeCases(r, examples)...)
	suite.Cases = boundCases(suite.Cases, cases)
	for i := range suite.Cases {
		suite.count(&suite.Cases[i])
	}
	all := junitSuites{Name: "parallax", Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Skipped: suite.Skipped, Suites: []junitSuite{suite}}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", " ")
	if err := enc.Encode(all); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func (s *junitSuite) count(c *junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// boundCases keeps the first most cases, those that did not pass before the
// others, and ends with one case that says how many are left out: an error where
// one of those did not pass.
func boundCases(cases []junitCase, most int) []junitCase {
	if len(cases) <= most {
		return cases
	}
	var bad, good []junitCase
	for _, c := range cases {
		if c.Failure != nil || c.Error != nil {
			bad = append(bad, c)
		} else {
			good = append(good, c)
		}
	}
	keep := max(0, most-1)
	kept := append(bad, good...)[:keep]
	more := junitCase{Class: "parallax.gate", Name: "cases left out"}
	text := &junitText{Message: fmt.Sprintf("%d more cases: see report.json", len(cases)-keep)}
	if len(bad) > keep {
		more.Error = text
	} else {
		more.Skipped = text
	}
	return append(kept, more)
}

// gateCases has one case a check. Checks of one name (a waiver both expired and
// over its cap) are one case, so that names are unique.
func gateCases(r *Report) []junitCase {
	var cases []junitCase
	at := map[string]int{}
	for _, c := range r.Gate.Checks {
		made := junitCase{Class: "parallax.gate", Name: strings.TrimSpace(sanitise.Log(c.Rule + " " + c.Subject))}
		made.set(c.Verdict, c.Text, "limit "+c.Limit+", actual "+c.Actual)
		if i, seen := at[made.Name]; !seen {
			at[made.Name] = len(cases)
			cases = append(cases, made)
		} else if cases[i].Failure == nil && c.Verdict != gate.Pass {
			cases[i] = made
		}
	}
	return cases
}

func routeCases(r *Report, examples int) []junitCase {
	groups := groupsByRoute(r)
	cases := make([]junitCase, 0, len(r.Routes))
	for i := range r.Routes {
		row := &r.Routes[i]
		c := junitCase{Class: "parallax.http." + sanitise.Log(row.Route), Name: "answers"}
		c.set(row.Verdict, row.Text, rowText(row)+exampleText(groups[row.Route], examples))
		cases = append(cases, c)
	}
	return cases
}

func groupsByRoute(r *Report) map[string][]*Group {
	by := map[string][]*Group{}
	for _, groups := range [][]Group{r.Groups, r.Uncompared} {
		for i := range groups {
			by[groups[i].Route] = append(by[groups[i].Route], &groups[i])
		}
	}
	return by
}

// set puts message and text where the verdict belongs; a message is one line.
func (c *junitCase) set(v gate.Verdict, message, text string) {
	made := &junitText{Message: sanitise.LogCut(message, maxMessage), Text: sanitise.XML(text)}
	switch v {
	case gate.Pass:
		c.Output = made.Text
	case gate.Fail:
		made.Type = "difference"
		c.Failure = made
	case gate.RuledOut:
		c.Skipped = made
	default:
		made.Type = "could not verify"
		c.Error = made
	}
}

func rowText(row *Row) string {
	return fmt.Sprintf("recorded %d, compared %d: equal %d, equal under rules %d, noise only %d, different %d, missing in new %d, missing in old %d\n"+
		"could not compare %d, incomplete %d, filtered %d, blocked %d, not reached %d; failed answers %d\n",
		row.Recorded, row.Compared, row.Equal, row.UnderRules, row.Noise, row.Different, row.MissingNew, row.MissingOld,
		row.NotCompared, row.Incomplete, row.Filtered, row.Blocked, row.NotReached, row.Failed)
}

// exampleText shows one sample of the first groups. Each line begins with our
// own words: CI systems obey some that begin otherwise.
func exampleText(groups []*Group, most int) string {
	var b strings.Builder
	for i, g := range groups {
		if i == most {
			fmt.Fprintf(&b, "… %d more groups: see report.html\n", len(groups)-i)
			break
		}
		fmt.Fprintf(&b, "%s: %s, %d records\n", sanitise.Log(place(string(g.Part), g.Pattern)), g.Kind, g.Records)
		if len(g.Samples) > 0 {
			s := &g.Samples[0]
			fmt.Fprintf(&b, "  old: %s\n  new: %s\n  in:  %s\n", exampleValue(s.OldType, s.Old), exampleValue(s.NewType, s.New), sanitise.Log(s.Record))
		}
	}
	return b.String()
}

func exampleValue(typ, text string) string {
	return sanitise.LogCut(side(typ, text), maxMessage)
}
