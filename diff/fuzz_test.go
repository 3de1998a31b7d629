package diff

import (
	"strings"
	"testing"

	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// FuzzHeaders: whatever a server sends as a header, it equals itself, and another
// text is either told or, for a cookie, of the same parts.
func FuzzHeaders(f *testing.F) {
	for _, seed := range [][2]string{
		{"sid=1; Path=/", "sid=1"}, {"", "="}, {";;;", "a"}, {"a=b=c; =; Max-Age", "a=b=c; max-age="},
		{"a=1; Path=/a; path=/b", "a=1; Path=/b; path=/a"}, {"\xff=\x00", " "}, {"a/b~c=1", "a/b~c=2"},
	} {
		f.Add("Set-Cookie", seed[0], seed[1])
		f.Add("date", seed[0], seed[1])
	}
	none, err := rules.Compile(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, a, b string) {
		c := comparer{max: 1000}
		at := answer{Headers: [][2]string{{name, a}, {name, b}}}
		same, other := at.exchange(idOf(0), oldClock), answer{Headers: [][2]string{{name, b}, {name, a}}}.exchange(idOf(0), oldClock)
		c.begin("GET /", idOf(0), none.For("GET /"), same, same)
		if c.answers(); len(c.differences) != 0 || c.underRules {
			t.Fatalf("%q does not equal itself: %v", a, shown(c.differences))
		}
		c.begin("GET /", idOf(0), none.For("GET /"), same, other)
		c.answers()
		for _, d := range c.differences {
			if d.Part != comparison.Headers || d.Subject == "" || d.Kind == "" || d.Severity == "" {
				t.Fatalf("%+v", d)
			}
		}
		if a != b && len(c.differences) == 0 && !c.underRules && !strings.EqualFold(name, "Set-Cookie") {
			t.Fatalf("%s: %q and %q are told equal", name, a, b)
		}
	})
}
