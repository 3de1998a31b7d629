package redact

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
)

// applied returns what becomes of a response's body, and the counts.
func applied(t testing.TB, coding string, b recording.Body) (recording.Body, map[string]int64) {
	t.Helper()
	r := newTest(t, Config{})
	ex := &recording.Exchange{Response: &recording.Response{
		Headers: []recording.Header{{Name: "Content-Encoding", Value: coding}}, Body: b,
	}}
	if err := r.Apply(ex); err != nil {
		t.Fatal(err)
	}
	return ex.Response.Body, r.Counts()
}

func TestEncodedWithoutSecretIsUntouched(t *testing.T) {
	for _, coding := range []string{"gzip", "deflate", "raw", "br", "zstd"} {
		b, name := encode(coding, []byte(`{"user":"anna"}`))
		want := recording.StoredBody(b)
		got, counts := applied(t, name, want)
		if diff := cmp.Diff(want, got); diff != "" || len(counts) > 0 {
			t.Errorf("%s: %v %s", coding, counts, diff)
		}
	}
}

func TestEncodedWithSecretIsStoredDecoded(t *testing.T) {
	for _, coding := range []string{"gzip", "deflate", "raw", "br", "zstd"} {
		b, name := encode(coding, []byte(`{"password":"x"}`))
		got, counts := applied(t, name, recording.StoredBody(b))
		want := recording.StoredBody([]byte(`{"password":"` + tok(t, "x") + `"}`))
		want.Redacted = true
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", coding, diff)
		}
		if diff := cmp.Diff(map[string]int64{"json key": 1}, counts); diff != "" {
			t.Errorf("%s: %s", coding, diff)
		}
	}
}

func TestTruncated(t *testing.T) {
	sum := sha256.Sum256([]byte("the whole"))
	for _, coding := range []string{"", "gzip", "deflate", "br", "zstd"} {
		text := []byte(`{"password":"x","pad":"` + pseudoRandom(600000) + `"}`)
		b, name := text, ""
		if coding != "" {
			b, name = encode(coding, text)
		}
		cut := b[:len(b)/2]
		got, counts := applied(t, name, recording.Body{State: recording.BodyTruncated, Bytes: cut, Length: 900000, SHA256: sum})
		if got.State != recording.BodyTruncated || !got.Redacted || got.Length != 900000 || got.SHA256 == sum {
			t.Errorf("%q: state %v, redacted %v, length %d, same hash %v", coding, got.State, got.Redacted, got.Length, got.SHA256 == sum)
		}
		if !bytes.HasPrefix(got.Bytes, []byte(`{"password":"`+tok(t, "x")+`"`)) {
			t.Errorf("%q: %.60s", coding, got.Bytes)
		}
		want := map[string]int64{"json key": 1}
		if coding == "zstd" {
			want[ruleNames[notDecoded]] = 1
		}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Errorf("%q: %s", coding, diff)
		}
	}
}

// pseudoRandom is text that hardly compresses.
func pseudoRandom(n int) string {
	var b strings.Builder
	for x := uint32(1); b.Len() < n; {
		x = x*1664525 + 1013904223
		fmt.Fprintf(&b, "%x", x>>8)
	}
	return b.String()[:n]
}

func TestNotInspected(t *testing.T) {
	bomb := zip(strings.Repeat("0", 80<<20))
	layered := zip(string(zip(string(zip(string(zip("x")))))))
	half := zip(`{"password":"x","pad":"` + pseudoRandom(20000) + `"}`)
	for _, c := range []struct {
		name, coding string
		body         []byte
		want         map[string]int64
	}{
		{"garbage", "gzip", []byte("\x1f\x8b\x08garbage"), map[string]int64{ruleNames[notDecoded]: 1}},
		{"unknown", "snappy", []byte("abc"), map[string]int64{ruleNames[notDecoded]: 1}},
		{"trailing", "gzip", append(zip("x"), "more"...), map[string]int64{ruleNames[notDecoded]: 1}},
		{"bomb", "gzip", bomb, map[string]int64{ruleNames[overLimit]: 1}},
		{"layers", "gzip, gzip, gzip, gzip", layered, map[string]int64{ruleNames[overLimit]: 1}},
		{"damaged", "gzip", half[:len(half)/2], map[string]int64{ruleNames[notDecoded]: 1, "json key": 1}},
	} {
		got, counts := applied(t, c.coding, recording.StoredBody(c.body))
		if diff := cmp.Diff(c.want, counts); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if c.name == "damaged" {
			if got.State != recording.BodyTruncated || bytes.Contains(got.Bytes, []byte(`"x"`)) {
				t.Errorf("damaged: %v %.40s", got.State, got.Bytes)
			}
		} else if !bytes.Equal(got.Bytes, c.body) {
			t.Errorf("%s: changed", c.name)
		}
	}
}

func TestOpaqueTypes(t *testing.T) {
	r := newTest(t, Config{})
	const text = `{"password":"x"}`
	for kind, touched := range map[string]bool{"image/png": false, "video/mp4": false, "image/svg+xml": true, "application/octet-stream": true, "Font/Woff2; x": false} {
		if got := body(t, r, kind, text); (got != text) != touched {
			t.Errorf("%s: %s", kind, got)
		}
	}
}
