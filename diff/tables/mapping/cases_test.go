package mapping

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"parallax/capture/snapshot"
	"parallax/diff/expression"
)

// case_ is one entry of testdata/cases.yaml.
type case_ struct {
	Name, Reason string
	Column       Column
	Old, New     string
	Row          map[string]string
	Expect       string
}

func TestCases(t *testing.T) {
	text, err := os.ReadFile("testdata/cases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var cases []case_
	if err := yaml.UnmarshalWithOptions(text, &cases, yaml.Strict()); err != nil {
		t.Fatal(yaml.FormatError(err, false, true))
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { c.run(t) })
	}
}

func (c *case_) run(t *testing.T) {
	s, err := Compile(Config{Tables: []Table{{Old: "t", Columns: []Column{c.Column}}}})
	if err != nil {
		t.Fatal(err)
	}
	var equal bool
	if c.Row != nil {
		equal, err = c.computed(t, s)
	} else {
		oldClass, old := makeCell(t, c.Old)
		newClass, new := makeCell(t, c.New)
		equal, err = s.Judge("t", c.Column.Old).Equal(oldClass, old, newClass, new)
	}
	got := map[bool]string{true: "equal", false: "different"}[equal]
	if err != nil {
		got = err.Error()
	}
	if got != c.Expect && (err == nil || !strings.Contains(got, c.Expect)) {
		t.Errorf("got %s, want %s: %s", got, c.Expect, c.Reason)
	}
}

func (c *case_) computed(t *testing.T, s *Set) (bool, error) {
	computed := s.Compute("t")[0]
	class, value, err := computed.Value(func(name string) (snapshot.Class, []byte) {
		text, ok := c.Row[name]
		if !ok {
			t.Fatalf("asked for the column %q", name)
		}
		return makeCell(t, text)
	})
	if err != nil {
		return false, err
	}
	actual := c.New
	if computed.Of == New {
		actual = c.Old
	}
	actualClass, cell := makeCell(t, actual)
	return computed.Equal(class, value, actualClass, cell)
}

// makeCell reads "class:text".
func makeCell(t *testing.T, text string) (snapshot.Class, []byte) {
	t.Helper()
	name, value, _ := strings.Cut(text, ":")
	class, err := snapshot.ParseClass(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := appendClass(class, value)
	if err != nil {
		t.Fatal(err)
	}
	return class, c
}

func appendClass(class snapshot.Class, text string) ([]byte, error) {
	switch class {
	case snapshot.Null:
		return nil, nil
	case snapshot.Number:
		return snapshot.AppendNumberText(nil, text)
	case snapshot.Float:
		var v float64
		err := yaml.Unmarshal([]byte(text), &v)
		return snapshot.AppendFloat(nil, v), err
	case snapshot.Bool:
		return snapshot.AppendBool(nil, text == "true"), nil
	case snapshot.Instant, snapshot.WallTime, snapshot.Date:
		if text == "infinity" {
			return snapshot.AppendEndless(nil, 1, class == snapshot.Date), nil
		}
		return expression.ParseTime(class, text)
	}
	return []byte(text), nil
}
