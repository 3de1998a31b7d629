package expression

import (
	"strings"
	"testing"

	"parallax/capture/snapshot"
)

// FuzzExpr: no expression panics, and none gives a value that no store has.
func FuzzExpr(f *testing.F) {
	for _, seed := range []string{
		"old * 100", "row.a + ' ' + row.b", "round(old / 3, 2)", "split(row.a, ' ')[0]", "old in [1, 2.5]", "let x = old; x ?? 'a'",
		"date(row.t) > date('2024-01-01') ? 1 : 0", "substr(text(old), 0, 2)", "-old ** 3 % 7", "old | text() | len()", "if old > 1 {2} else {3}",
		"row['a'] matches '^x'", "add_seconds(instant(1.5), 2)", "not (old == nil)", "1 < old <= 2 and true",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Compile(text)
		if err != nil {
			return
		}
		for _, c := range []string{"number:-7.25", "text:2024-01-31", "null", "instant:2024-01-31T00:00:00Z", "bool:true", "float:1e300"} {
			class, bytes := taggedCell(t, c)
			got, _, err := p.Run(func(string) (snapshot.Class, []byte) { return class, bytes })
			if err == nil && (got == snapshot.Float || strings.HasPrefix(got.String(), "class")) {
				t.Errorf("%s of %s is of class %s", text, c, got)
			}
		}
	})
}

func taggedCell(t *testing.T, text string) (snapshot.Class, []byte) {
	t.Helper()
	if text == "null" {
		return snapshot.Null, nil
	}
	class, value, err := snapshot.ParseTagged(nil, text)
	if err != nil {
		t.Fatal(err)
	}
	return class, value
}
