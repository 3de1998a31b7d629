package jsontext

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestPointers(t *testing.T) {
	for _, c := range []struct {
		pointer string
		want    []string
	}{{"", nil}, {"/a/0", []string{"a", "0"}}, {"/a~1b/~0", []string{"a/b", "~"}}, {"/", []string{""}}} {
		got, err := ParsePointer(c.pointer)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, %v", c.pointer, got, err)
		}
	}
	if _, err := ParsePointer("a"); err == nil {
		t.Error("a pointer without / is taken")
	}
}

// TestOnlyTheScalarChanges: spaces, order, duplicates and number forms stay.
func TestOnlyTheScalarChanges(t *testing.T) {
	text := "{ \"a\" : [1.10, \"x\\u00e9\"] ,\n \"a\":2, \"b\": 1E400 }"
	out, n := Replace([]byte(text), func(s Scalar) (string, bool) {
		return "7", Match([]string{"a", "*"}, s.Path) && !s.Quoted || slices.Equal(s.Path, []string{"b"})
	})
	if want := "{ \"a\" : [7, \"x\\u00e9\"] ,\n \"a\":2, \"b\": 7 }"; n != 2 || string(out) != want {
		t.Errorf("%d replaced: %s", n, out)
	}
	if !json.Valid(out) {
		t.Error("no JSON any more")
	}
}

// FuzzReplace: what is replaced is a JSON text still, and only where asked.
func FuzzReplace(f *testing.F) {
	for _, seed := range []string{`{"a":1,"a":"1"}`, `[1.10,-0,1e400,"é",null]`, `{"a":{"b":[{}]}} x`, `"lone"`, `{"a" : 1 ,`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, n := Replace(text, func(s Scalar) (string, bool) { return s.Text, s.Text == "1" })
		same, m := Replace(out, func(s Scalar) (string, bool) { return "", false })
		if m != 0 || string(same) != string(out) || n == 0 && string(out) != string(text) {
			t.Fatalf("%q -> %q", text, out)
		}
		Visit(text, func(s Scalar) {
			if s.Start < 0 || s.End > len(text) || s.Start >= s.End {
				t.Fatalf("%q: scalar at %d to %d", text, s.Start, s.End)
			}
		})
	})
}
