package report

import (
	"math"
	"strings"
	"testing"

	"parallax/diff/comparison"
	"pgregory.net/rapid"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Number(0), "0"}, {Number(999), "999"}, {Number(1000), "1,000"}, {Number(-1234567), "-1,234,567"}, {Number(-123), "-123"}, {Number(math.MaxInt64), "9,223,372,036,854,775,807"},
		{Duration(0), "0 µs"}, {Duration(999), "999 µs"}, {Duration(1009), "1.00 ms"}, {Duration(12345), "12.3 ms"}, {Duration(999999), "999 ms"}, {Duration(1_500_000), "1.50 s"}, {Duration(7200_000_000), "7200 s"},
		{percentUp(3, 3), "100%"}, {percentUp(3, 1), "100%"}, {percentUp(3, 4), "75%"}, {percentUp(3, 400), "0.75%"}, {percentUp(3, 1000), "0.3%"}, {percentUp(3, 7000), "0.043%"}, {percentUp(3, 1e12), "0.0000000003%"},
		{intervalText(&comparison.LatencyRatio{Ratio: 1204, Low: 1139, High: 1281}), "1.20 × (1.13–1.29)"},
		{intervalText(&comparison.LatencyRatio{Ratio: 990, Low: 0, Unbounded: true}), "0.99 × (too few)"},
		{intervalText(&comparison.LatencyRatio{Ratio: 990, Low: 715, Unbounded: true}), "0.99 × (0.71 or more)"},
		{plural(1, "route"), "1 route"}, {plural(2000, "route"), "2,000 routes"},
		{place("body", ""), "body"}, {place("body", "/x"), "body /x"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestMarks(t *testing.T) {
	for _, c := range []struct{ a, b, left, right string }{
		{"19.99", "20.00", "[19.99]", "[20.00]"}, {"4.05", "4.1", "4.[05]", "4.[1]"}, {"same", "same", "same", "same"},
		{"", "x", "", "[x]"}, {"aaa", "aa", "aa[a]", "aa"}, {"é", "è", "[é]", "[è]"}, {"xéy", "xèy", "x[é]y", "x[è]y"}, {"a/b/c", "a/c", "a/[b/]c", "a/c"},
	} {
		left, right := marks(c.a, c.b)
		if show(left) != c.left || show(right) != c.right {
			t.Errorf("%q, %q: %s and %s, want %s and %s", c.a, c.b, show(left), show(right), c.left, c.right)
		}
	}
}

func show(ms []Mark) string {
	var b strings.Builder
	for _, m := range ms {
		if m.Changed {
			b.WriteString("[" + m.Text + "]")
		} else {
			b.WriteString(m.Text)
		}
	}
	return b.String()
}

func TestMarksKeepTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		left, right := marks(a, b)
		if join(left) != a || join(right) != b {
			t.Fatalf("%q, %q become %v, %v", a, b, left, right)
		}
		if (a == b) != (!anyChanged(left) && !anyChanged(right)) {
			t.Fatalf("%q, %q: %v, %v", a, b, left, right)
		}
	})
}

func join(ms []Mark) (s string) {
	for _, m := range ms {
		s += m.Text
	}
	return s
}

func anyChanged(ms []Mark) bool {
	for _, m := range ms {
		if m.Changed {
			return true
		}
	}
	return false
}

func TestUseColor(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(key string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == key {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	for _, c := range []struct {
		terminal bool
		getenv   func(string) string
		want     bool
	}{
		{true, env(), true}, {false, env(), false}, {true, env("NO_COLOR", "1"), false}, {true, env("TERM", "dumb"), false}, {true, env("TERM", "xterm"), true},
	} {
		if UseColor(c.terminal, c.getenv) != c.want {
			t.Errorf("%+v", c)
		}
	}
}

func TestCompact(t *testing.T) {
	for text, want := range map[string]string{
		"{\n  \"a b\": [1, 2],\r\n\t\"c\": {}\n}": `{"a b":[1,2],"c":{}}`,
		`{"q": "a \" b", "s": "\\" , "t" : 1}`:    `{"q":"a \" b","s":"\\","t":1}`,
		`[1, "cut in a str`:                       `[1,"cut in a str`,
		`["cut at an escape\`:                     `["cut at an escape\`,
		"":                                        "",
	} {
		if got := compact(text); got != want {
			t.Errorf("compact(%q) = %q, want %q", text, got, want)
		}
	}
}
