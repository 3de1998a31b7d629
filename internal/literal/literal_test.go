package literal

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestScalarsStayAsSpelled(t *testing.T) {
	for text, want := range map[string]string{
		`0.10000000000000000000001`: "0.10000000000000000000001",
		`010`:                       "010", `1.50`: "1.50", `1%`: "1%", `"1%"`: "1%", `'it''s'`: "it's",
		`"a\tä"`: "a\tä", `"null"`: "null", `true`: "true", `''`: "", `.5 # half`: ".5", `A b`: "A b",
	} {
		var got struct {
			V Text
			M map[Text]*Text
		}
		value := strings.TrimSuffix(text, " # half")
		yml := "v: " + text + "\nm: {? " + value + " : " + value + "}\n"
		if err := yaml.Unmarshal([]byte(yml), &got); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if p := got.M[Text(want)]; string(got.V) != want || p == nil || string(*p) != want {
			t.Errorf("%s: %q, %v", text, got.V, got.M)
		}
	}
}

func TestWhatIsNoScalar(t *testing.T) {
	for text, want := range map[string]string{
		"m: {null: x}": "null is no value here", "m: {~: x}": "null is no value here",
		"v: [1]": "not one word", "v: |\n  a\n  b\n": "not one word",
	} {
		var got struct {
			V Text
			M map[Text]*Text
		}
		if err := yaml.Unmarshal([]byte(text), &got); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestNullAsAValueIsNil(t *testing.T) {
	var got map[Text]*Text
	if err := yaml.Unmarshal([]byte("{A: null}"), &got); err != nil || len(got) != 1 || got["A"] != nil {
		t.Error(got, err)
	}
}
