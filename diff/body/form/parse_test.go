package form

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	many := []byte(strings.Repeat("a&", maxFields+1))
	if _, _, err := Parse(many); !errors.Is(err, ErrLimit) {
		t.Fatalf("%d fields: %v", maxFields+1, err)
	}
	if _, blank, err := Parse(bytes.Repeat([]byte("&"), maxFields+1)); err != nil || blank.Count != maxFields+2 {
		t.Fatalf("blanks are no fields: %+v, %v", blank, err)
	}
	var bad *SyntaxError
	if _, _, err := Parse([]byte("a=1&b=%2")); !errors.As(err, &bad) || bad.Offset != 6 {
		t.Fatalf("%v", err)
	}
}

// FuzzParse: no byte is lost, and what is decoded was escaped.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a=1&b=2", "a+b=%20&&", "=&=", "%", "a=%zz", "%C3%A9=\xff", "a=b=c;d"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fields, blank, err := Parse(text)
		if err != nil {
			if fields != nil {
				t.Fatal("fields beside an error")
			}
			return
		}
		n := len(fields) + blank.Count - 1
		for _, field := range fields {
			n += len(field.Raw)
			if bytes.ContainsAny(field.Raw, "&") || !bytes.ContainsAny(field.Value.Raw, "+%") && !bytes.Equal(field.Value.Raw, field.Value.Text) {
				t.Fatalf("%q", field.Raw)
			}
		}
		if n != len(text) {
			t.Fatalf("%q: %d of %d bytes", text, n, len(text))
		}
	})
}
