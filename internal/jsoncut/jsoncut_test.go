package jsoncut

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// TestMembersAreThoseOfEncodingJSON holds the cutting to the standard library.
func TestMembersAreThoseOfEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())).Draw(t, "object")
		text, err := json.MarshalIndent(m, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		err = Members(text, func(name string, value []byte) error {
			seen++
			var list []string
			if err := json.Unmarshal(value, &list); err != nil {
				return err
			}
			n := 0
			return Elements(orEmpty(value), func(one []byte) error {
				if s, whole := Text(one); s != m[name][n] || !whole {
					t.Errorf("%q[%d]: %q, %v", name, n, s, whole)
				}
				n++
				return nil
			})
		})
		if err != nil || seen != len(m) {
			t.Fatalf("%d of %d members: %v", seen, len(m), err)
		}
	})
}

// orEmpty: a nil list is written null.
func orEmpty(value []byte) []byte {
	if value[0] == 'n' {
		return []byte("[]")
	}
	return value
}

func TestMember(t *testing.T) {
	text := []byte(` {"a" : 1, "\u0061":[2,{"a":"}"}] , "b":"\"]" }`)[1:]
	if v, times := Member(text, "a"); string(v) != `[2,{"a":"}"}]` || times != 2 {
		t.Errorf("%s, %d times", v, times)
	}
	if v, times := Member(text, "c"); v != nil || times != 0 {
		t.Errorf("%s, %d times", v, times)
	}
	if v := Element([]byte(`[1, "x" ,3]`), "1"); string(v) != `"x"` {
		t.Errorf("%s", v)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]struct {
		text  string
		whole bool
	}{
		`"a\n\u00e4\ud83d\ude00"`: {"a\nä😀", true}, `"\ud83d"`: {"\uFFFD", false}, "\"\xff\"": {"\xff", false}, `"\ufffd"`: {"\uFFFD", true},
	} {
		if text, whole := Text([]byte(in)); text != want.text || whole != want.whole {
			t.Errorf("%s: %q, %v", in, text, whole)
		}
	}
}
