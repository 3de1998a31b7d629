package sanitise

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"plain é 日 😀"}`:        `{"a":"plain é 日 😀"}`,
		"{\"a\":\t1}\n":              "{\"a\":\t1}\n",
		"\"\u202e\u009b31m\x7f\"":    `"\u202e\u009b31m\u007f"`,
		"\"\ufeff\u200b\U000e0041\"": `"\ufeff\u200b\udb40\udc41"`,
	} {
		if got := string(JSON(nil, []byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// The text keeps its meaning, and nothing invisible is left in it.
func TestJSONMeansTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "value")
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		out := JSON(nil, text)
		var got string
		if err := json.Unmarshal(out, &got); err != nil || got != want {
			t.Fatalf("%q became %q: %v", want, got, err)
		}
		for _, r := range string(out) {
			if r != '\ufffd' && !visible(r) {
				t.Fatalf("%U is left in %q", r, out)
			}
		}
	})
}
