package redact

import (
	"strings"
	"testing"
)

// A URL inside of another one's parameter is encoded; its secrets are secrets.
func TestEncodedURLs(t *testing.T) {
	for _, c := range []struct{ text, secret string }{
		{"/go?url=http%3A%2F%2Fuser%3AhuNter2x%40h%2Fp", "huNter2x"},
		{"/go?url=http%3a%2f%2fuser:huNter2x@h/p", "huNter2x"},
		{"/go?next=https%3A%2F%2Fh%2Fcb%3Faccess_token%3DhuNter2x%26page%3D2&x=1", "huNter2x"},
		{"/go?next=%2Fcb%3Fa%3D1%26password%3DhuNter2x", "huNter2x"},
		{"/go?next=%2Fcb%23access_token%3DhuNter2x", "huNter2x"},
		{"/go?url=http%3A%2F%2Fh%2Fa%40b", ""},
		{"/go?next=%2Fcb%3Fpage%3D2%26sort%3Dname", ""},
		{"/go?q=password%3Dx", ""},
		{"%3D%3A%2F%2F%", ""},
	} {
		f := &finder{names: newNames(Config{})}
		f.text([]byte(c.text), true)
		found := ""
		for _, s := range f.settle() {
			found += c.text[s.from:s.to]
		}
		if (c.secret == "") != (found == "") || !strings.Contains(found, c.secret) || strings.Contains(found, "page") {
			t.Errorf("%s: found %q, want %q", c.text, found, c.secret)
		}
	}
}
