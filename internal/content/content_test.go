package content

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/flate"
	"pgregory.net/rapid"
)

var layerNames = []string{"gzip", "deflate", "br", "zstd"}

func encode(t testing.TB, body []byte, values ...string) []byte {
	t.Helper()
	out, err := Encode(values, body)
	if err != nil {
		t.Fatalf("encode %q: %v", values, err)
	}
	return out
}

func rawDeflate(t testing.TB, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, 6)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDecodeUndoesEncode(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(rt, "body")
		values := rapid.SliceOfN(rapid.SampledFrom(layerNames), 0, 2).Draw(rt, "layers")
		got, err := Decode(values, encode(t, body, values...), Limits{})
		if err != nil {
			rt.Fatalf("decode: %v", err)
		}
		if !bytes.Equal(got, body) {
			rt.Fatalf("got %d bytes, want %d", len(got), len(body))
		}
	})
}

func TestDecode(t *testing.T) {
	text := bytes.Repeat([]byte("parallax "), 500)
	twoMembers := append(encode(t, text, "gzip"), encode(t, text, "gzip")...)
	for _, tc := range []struct {
		name   string
		values []string
		body   []byte
		want   []byte
		err    error
	}{
		{"raw deflate", []string{"deflate"}, rawDeflate(t, text), text, nil},
		{"zlib deflate", []string{"Deflate"}, encode(t, text, "deflate"), text, nil},
		{"x-gzip", []string{"x-gzip"}, encode(t, text, "gzip"), text, nil},
		{"members", []string{"gzip"}, twoMembers, append(bytes.Clone(text), text...), nil},
		{"identity", []string{"identity, "}, text, text, nil},
		{"two layers in one header", []string{"gzip , br"}, encode(t, text, "gzip", "br"), text, nil},
		{"two layers in two headers", []string{"zstd", "gzip"}, encode(t, text, "zstd", "gzip"), text, nil},
		{"empty body", []string{"gzip"}, nil, nil, nil},
		{"three layers", []string{"br, br, br"}, text, nil, ErrTooLarge},
		{"unknown", []string{"compress"}, text, nil, ErrUnsupported},
		{"not gzip", []string{"gzip"}, text, nil, ErrCorrupt},
		{"not deflate", []string{"deflate"}, []byte("\xff\xff\xff\xff"), nil, ErrCorrupt},
		{"not br", []string{"br"}, []byte("\xff\xff\xff"), nil, ErrCorrupt},
		{"not zstd", []string{"zstd"}, text, nil, ErrCorrupt},
		{"after deflate", []string{"deflate"}, append(encode(t, text, "deflate"), 'x'), nil, ErrCorrupt},
		{"after raw deflate", []string{"deflate"}, append(rawDeflate(t, text), 'x'), nil, ErrCorrupt},
		{"after gzip", []string{"gzip"}, append(encode(t, text, "gzip"), 'x'), nil, ErrCorrupt},
		{"after br", []string{"br"}, append(encode(t, text, "br"), 'x'), nil, ErrCorrupt},
		{"after zstd", []string{"zstd"}, append(encode(t, text, "zstd"), 'x'), nil, ErrCorrupt},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Decode(tc.values, tc.body, Limits{})
			if !errors.Is(err, tc.err) || (err != nil) != (tc.err != nil) {
				t.Fatalf("error %v, want %v", err, tc.err)
			}
			if !bytes.Equal(got, tc.want) {
				t.Fatalf("got %d bytes, want %d", len(got), len(tc.want))
			}
		})
	}
}

// Every prefix of an encoded body is corrupt, never a shorter body: a body that
// was cut must not be compared as if it were whole.
func TestDecodeRefusesPrefixes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	body := make([]byte, 300)
	for i := range body {
		body[i] = byte(r.IntN(64))
	}
	for _, name := range layerNames {
		whole := encode(t, body, name)
		for n := 1; n < len(whole); n++ {
			if out, err := Decode([]string{name}, whole[:n], Limits{}); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s cut to %d of %d: %d bytes, error %v", name, n, len(whole), len(out), err)
			}
		}
	}
}

func TestDecodeBombs(t *testing.T) {
	zeros := make([]byte, 80<<20)
	for _, values := range [][]string{{"gzip"}, {"deflate"}, {"br"}, {"zstd"}, {"gzip", "gzip"}} {
		bomb := encode(t, zeros, values...)
		out, err := Decode(values, bomb, Limits{})
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%v: %d bytes from %d, error %v", values, len(out), len(bomb), err)
		}
	}
	small := encode(t, zeros[:1<<20], "gzip")
	if _, err := Decode([]string{"gzip"}, small, Limits{Ratio: 2}); err != nil {
		t.Errorf("a ratio counts from %d bytes on: %v", RatioFrom, err)
	}
	if _, err := Decode([]string{"gzip"}, small, Limits{Output: 1000}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("over the output limit: %v", err)
	}
}

func TestParseMedia(t *testing.T) {
	for value, want := range map[string]Media{
		"":                 {},
		"nonsense":         {Type: "nonsense"},
		"application/json": {"application/json", "", JSON},
		"Application/Problem+JSON; charset=UTF-8": {"application/problem+json", "utf-8", JSON},
		`text/html;x="a;b";Charset="Latin1" `:     {"text/html", "latin1", HTML},
		"application/xhtml+xml":                   {"application/xhtml+xml", "", HTML},
		"image/svg+xml":                           {"image/svg+xml", "", XML},
		"text/csv":                                {"text/csv", "", Text},
		"application/x-ndjson":                    {"application/x-ndjson", "", Text},
		"application/x-www-form-urlencoded":       {"application/x-www-form-urlencoded", "", Form},
		"multipart/form-data; boundary=x":         {"multipart/form-data", "", Multipart},
		"application/octet-stream":                {"application/octet-stream", "", Bytes},
		"application/jsonp":                       {"application/jsonp", "", Bytes},
	} {
		if got := ParseMedia(value); got != want {
			t.Errorf("%q: got %+v, want %+v", value, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range layerNames {
		f.Add(name, encode(f, []byte("a small body"), name))
	}
	f.Add("gzip, br", encode(f, []byte("two"), "gzip", "br"))
	f.Add("deflate", rawDeflate(f, []byte("raw")))
	f.Fuzz(func(t *testing.T, value string, body []byte) {
		const limit = 1 << 16
		out, err := Decode([]string{value}, body, Limits{Output: limit})
		if err == nil && len(Encodings([]string{value})) > 0 && len(out) > limit {
			t.Fatalf("%d bytes over the limit", len(out))
		}
		if err != nil && out != nil {
			t.Fatal("bytes beside an error")
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	body := bytes.Repeat([]byte(`{"id":12345,"name":"a name","ok":true},`), 200)
	for _, name := range layerNames {
		whole := encode(b, body, name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := Decode([]string{name}, whole, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
