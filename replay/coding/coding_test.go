package coding

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/internal/httpmsg"
)

func TestOf(t *testing.T) {
	got := Of([]httpmsg.Header{{Name: "content-encoding", Value: "GZIP, identity"}, {Name: "X", Value: "br"}, {Name: "Content-Encoding", Value: " br "}})
	if diff := cmp.Diff([]string{"gzip", "br"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codings := rapid.SliceOfN(rapid.SampledFrom([]string{"gzip", "x-gzip", "deflate", "br", "zstd"}), 0, 2).Draw(t, "codings")
		body := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "body")
		coded, err := Encode(codings, body)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := Decode(codings, coded, 2000)
		if err != nil || !bytes.Equal(plain, body) {
			t.Fatalf("%v: %v", codings, err)
		}
	})
}

func TestLimits(t *testing.T) {
	bomb, err := Encode([]string{"gzip"}, make([]byte, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode([]string{"gzip"}, bomb, 1<<19); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
	if _, err := Decode([]string{"gzip", "gzip", "gzip"}, bomb, 1<<30); err == nil {
		t.Error("three layers")
	}
	if _, err := Decode([]string{"rot13"}, nil, 1); err == nil {
		t.Error("an unknown coding")
	}
	if _, err := Encode([]string{"rot13"}, nil); err == nil {
		t.Error("an unknown coding")
	}
}

// FuzzDecode: whatever comes, no panic, and never more than the limit.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"gzip", "deflate", "br", "zstd"} {
		body, err := Encode([]string{name}, []byte(`{"id":"seed"}`))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, body)
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		if out, err := Decode([]string{name}, body, 1<<16); err == nil && len(out) > 1<<16 {
			t.Fatal("over the limit")
		}
	})
}
