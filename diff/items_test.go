package diff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestItems(t *testing.T) {
	for value, want := range map[string][]string{
		"":                       {""},
		"a, b ,c":                {"a", "b", "c"},
		`"a,b", c`:               {`"a,b"`, "c"},
		`"a\",b", c`:             {`"a\",b"`, "c"},
		"<u?a,b>; rel=x, <v>":    {"<u?a,b>; rel=x", "<v>"},
		`"a, b`:                  {`"a`, "b"},
		"<a, b":                  {"<a", "b"},
		`<a, "b,c", <d,e>, "f,g`: {`<a, "b,c", <d,e>`, `"f`, "g"},
	} {
		if diff := cmp.Diff(want, appendItems(nil, value)); diff != "" {
			t.Errorf("%s:\n%s", value, diff)
		}
	}
	// A mebibyte of what is never closed is gone through once, not once a character.
	for _, part := range []string{"<,", `",`, `<"`, "<"} {
		appendItems(nil, strings.Repeat(part, 1<<20/len(part)))
	}
}
