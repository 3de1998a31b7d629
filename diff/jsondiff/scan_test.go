package jsondiff

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestCommonPrefixIsThePlainOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := bytes.Repeat([]byte("x"), rapid.IntRange(0, 1200).Draw(rt, "length"))
		b := bytes.Repeat([]byte("x"), rapid.IntRange(0, 1200).Draw(rt, "other"))
		want := min(len(a), len(b))
		if want > 0 && rapid.Bool().Draw(rt, "differ") {
			want = rapid.IntRange(0, want-1).Draw(rt, "at")
			b[want] = 'y'
		}
		if got := commonPrefix(a, b); got != want {
			rt.Fatalf("got %d, want %d of %d and %d", got, want, len(a), len(b))
		}
	})
}

// Every byte at every offset of a string ends it, goes wrong or is passed over as
// encoding/json has it.
func TestStringEndSeesEveryByte(t *testing.T) {
	for length := range 20 {
		for at := range length {
			for c := range 256 {
				text := []byte{'"'}
				text = append(text, bytes.Repeat([]byte("x"), length)...)
				text = append(text, '"')
				text[1+at] = byte(c)
				end, _ := stringEnd(text, 0)
				if valid := json.Valid(text); valid != (end == len(text)) {
					t.Fatalf("%q: ends at %d, valid %v", text, end, valid)
				}
			}
		}
	}
}

// A document is JSON here exactly where encoding/json says so, byte order marks
// and levels apart.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e+3,true,null,"\u00e9\n"]}`, `[1,]`, `{"a":1,}`, `01`, `"\ud800"`, ` [ ] `, `{"a"}`, `truex`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var p parser
		p.reset(text, Limits{}.withDefaults(0))
		if err := p.parse(); (err == nil) != json.Valid(text) {
			t.Fatalf("%q: %v, valid %v", text, err, json.Valid(text))
		}
	})
}
