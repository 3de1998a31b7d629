package jsondiff

import (
	"testing"

	"pgregory.net/rapid"
)

func canonical(t rapid.TB, text string) string {
	form, err := AppendCanonical([]byte("."), []byte(text), Limits{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if again, err := AppendCanonical([]byte("."), form[1:], Limits{}); err != nil || string(again) != string(form) {
		t.Fatalf("%s: %s, and then %s (%v)", text, form, again, err)
	}
	return string(form[1:])
}

func TestCanonical(t *testing.T) {
	for text, want := range map[string]string{
		` { "b" : [ 1.50 , null ] , "a" : "\u00e9\/" } `: `{"a":"é/","b":[1.5,null]}`,
		`{"a":2,"b":0,"a":1}`:                            `{"a":2,"a":1,"b":0}`,
		`[1e2,100,-0.0,0.00012e1,1E-30,12e40,12.30]`:     `[100,100,0,0.0012,1e-30,1.2e41,12.3]`,
		`["\ud83d\ude00","\uD83d","a\tb","\"\\"]`:        `["😀","\uD83D","a\u0009b","\"\\"]`,
		`1e123456789012345678`:                           `1e123456789012345678`,
		"\"\xff\"":                                       "\"\xff\"",
	} {
		if got := canonical(t, text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "{", "01", "nul", "[1] 2"} {
		if got, err := AppendCanonical(nil, []byte(text), Limits{}); err == nil || len(got) > 0 {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestCanonicalIsWhatCompareSays: one form if and only if nothing differs.
func TestCanonicalIsWhatCompareSays(t *testing.T) {
	r := compile(t)
	rapid.Check(t, func(rt *rapid.T) {
		v := tree(rt, 3, false)
		a, b := write(rt, v, true), write(rt, mutate(rt, v), true)
		same := len(run(t, a, b, r).differences) == 0
		if x, y := canonical(rt, a), canonical(rt, b); (x == y) != same {
			rt.Fatalf("%s and %s, compared: %v; forms %s and %s", a, b, same, x, y)
		}
	})
}
