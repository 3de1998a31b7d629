package multipart

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	if _, err := Parse([]byte(strings.Repeat("--b\n\n1\n", maxParts+1)+"--b--"), "b"); !errors.Is(err, ErrLimit) {
		t.Errorf("%d parts: %v", maxParts+1, err)
	}
	if _, err := Parse([]byte("--b\n"+strings.Repeat("a:b\n", maxHeaders+1)+"\n\n--b--"), "b"); !errors.Is(err, ErrLimit) {
		t.Errorf("%d header lines: %v", maxHeaders+1, err)
	}
}

func TestBoundary(t *testing.T) {
	for value, want := range map[string]string{
		"multipart/mixed; boundary=b": "b", `multipart/mixed; Boundary="a b"`: "a b", "multipart/mixed; boundary=----=_Part_1.2": "----=_Part_1.2",
		"multipart/mixed": "", "": "", `multipart/mixed; boundary="b`: "", "multipart/mixed; boundary=a=; boundary=b": "", "multipart/mixed; boundary=" + strings.Repeat("b", 141): "",
	} {
		if got, ok := Boundary(value); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %v", value, got, ok)
		}
	}
	if !SameButBoundary("multipart/mixed; boundary==1; a=b", "Multipart/Mixed; a=b; boundary==2") ||
		SameButBoundary("multipart/mixed; boundary=1; a=b", "multipart/mixed; boundary=2; a=c") ||
		SameButBoundary("multipart/mixed; boundary=1", "multipart/form-data; boundary=2") || SameButBoundary("a/b; boundary=1", "a/b; boundary=1") {
		t.Error("SameButBoundary")
	}
}

// FuzzParse: no byte that is not of a delimiter is lost, and where the standard
// library reads the same text, it reads the same parts.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"--b\r\nA: 1\r\n\r\nx\r\n--b--\r\n", "pre\r\n--b \t\r\n\r\nx\r\n--b\r\n\r\n--b--post", "--b\n\nx\n--b--", "--b--",
		"--b\r\nA: 1\r\n\tmore\r\n\r\n\r\n--b--", "--b\r\n--b\r\n--b--", "--b\r\n\r\n--bc\r\n\n--b\r\n--b--", "--b\r\nA\r\n--b--", "--b",
	} {
		f.Add([]byte(seed), "b")
	}
	f.Fuzz(func(t *testing.T, text []byte, boundary string) {
		if boundary == "" || len(boundary) > maxBoundary {
			return
		}
		m, err := Parse(text, boundary)
		if err != nil {
			return
		}
		n := len(m.Preamble) + len(m.Epilogue)
		for i := range m.Parts {
			n += len(m.Parts[i].Raw)
			if !bytes.HasSuffix(m.Parts[i].Raw, m.Parts[i].Body) {
				t.Fatalf("%q is not of %q", m.Parts[i].Body, m.Parts[i].Raw)
			}
		}
		if delimiters := (len(m.Parts) + 1) * (len(boundary) + 2); n+delimiters > len(text) {
			t.Fatalf("%d bytes of %d", n+delimiters, len(text))
		}
		standard(t, text, boundary, m)
	})
}

func standard(t *testing.T, text []byte, boundary string, m *Message) {
	if strings.TrimRight(boundary, " \t") != boundary || len(m.Preamble) > 0 || !bytes.Contains(text, []byte("\r\n")) || bytes.IndexByte(m.Framing, 0) >= 0 {
		return // it is more lenient there
	}
	r := multipart.NewReader(bytes.NewReader(text), boundary)
	for i := range m.Parts {
		part, err := r.NextRawPart()
		if err != nil {
			return
		}
		body, err := io.ReadAll(part)
		if err != nil {
			return
		}
		if !bytes.Equal(body, m.Parts[i].Body) && !bytes.Contains(m.Parts[i].Body, []byte(boundary)) {
			t.Fatalf("part %d: %q, the standard library has %q", i, m.Parts[i].Body, body)
		}
	}
}
