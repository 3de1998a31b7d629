package redact

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parallax/capture/recording"
)

// checkBody holds what is true of every body: redacting twice is redacting
// once, what is not redacted is not changed, and valid JSON stays valid. Where
// pointers lead in something that is no JSON is anybody's guess, and may change
// once it is redacted.
func checkBody(t interface{ Fatalf(string, ...any) }, r, pointed *Redactor, kind string, text []byte) {
	if json.Valid(text) {
		r = pointed
	}
	once := bodyOf(r, kind, text)
	if len(text) > 0 && !once.Redacted && !bytes.Equal(once.Bytes, text) {
		t.Fatalf("%q changed to %q without saying so", text, once.Bytes)
	}
	twice := bodyOf(r, kind, once.Bytes)
	if twice.Redacted || !bytes.Equal(once.Bytes, twice.Bytes) {
		t.Fatalf("%q\nonce  %q\ntwice %q", text, once.Bytes, twice.Bytes)
	}
	if kind == "application/json" && json.Valid(text) && !json.Valid(once.Bytes) {
		t.Fatalf("valid %q became invalid %q", text, once.Bytes)
	}
}

func bodyOf(r *Redactor, kind string, text []byte) recording.Body {
	ex := &recording.Exchange{Response: &recording.Response{
		Headers: []recording.Header{{Name: "Content-Type", Value: kind}}, Body: recording.StoredBody(bytes.Clone(text)),
	}}
	if err := r.Apply(ex); err != nil {
		panic(err)
	}
	return ex.Response.Body
}

func FuzzBody(f *testing.F) {
	for _, c := range jsonCases {
		in, _ := wanted(f, c, same)
		f.Add("application/json", []byte(in))
	}
	for _, c := range markupCases {
		in, _ := wanted(f, c, same)
		f.Add("text/xml", []byte(in))
	}
	f.Add("multipart/form-data", []byte("--b\r\nContent-Disposition: form-data; name=\"pwd\"\r\n\r\nx\r\n--b--"))
	f.Add("application/x-www-form-urlencoded", []byte("a=b&password=c+d&token"))
	f.Add("text/plain", []byte("-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY----- http://a:b@c "+jwt))
	r, pointed := newTest(f, Config{}), newTest(f, Config{Pointers: []string{"/a/*/b", "/*/0"}})
	f.Fuzz(func(t *testing.T, kind string, text []byte) { checkBody(t, r, pointed, kind, text) })
}

func FuzzHeader(f *testing.F) {
	for _, c := range headerCases {
		in, _ := wanted(f, c[1], same)
		f.Add(c[0], in)
	}
	for _, c := range targetCases {
		in, _ := wanted(f, c, same)
		f.Add("", in)
	}
	r := newTest(f, Config{})
	f.Fuzz(func(t *testing.T, name, value string) {
		ex := &recording.Exchange{Request: &recording.Request{Target: value, Headers: []recording.Header{{Name: name, Value: value}}}}
		if err := r.Apply(ex); err != nil {
			t.Fatal(err)
		}
		once := ex.Request.Headers[0].Value
		target := ex.Request.Target
		again := newTest(t, Config{})
		if err := again.Apply(ex); err != nil {
			t.Fatal(err)
		}
		if ex.Request.Headers[0].Value != once || ex.Request.Target != target || len(again.Counts()) > 0 {
			t.Fatalf("%q: %q\nonce  %q %q\ntwice %q %q", name, value, once, target, ex.Request.Headers[0].Value, ex.Request.Target)
		}
	})
}

// TestBodies is checkBody over documents made of the pieces that matter.
func TestBodies(t *testing.T) {
	r, pointed := newTest(t, Config{}), newTest(t, Config{Pointers: []string{"/a/*/b", "/*/0"}})
	piece := rapid.OneOf(rapid.SampledFrom([]string{
		`{`, `}`, `[`, `]`, `,`, `:`, `"`, `\"`, `\\\"`, `\`, `"password":`, `"token" : `, `\"secret\":`, `"a":`, `"b"`,
		`1`, `-2.5e3`, `true`, `null`, `&token=`, `?password=`, `\u0026pwd=`, `://`, `:\/\/`, `@`, `/`, ` `, "\n", `eyJhbGciOiJub25lIn0.`, `a.b.c`,
		`-----BEGIN PRIVATE KEY-----`, `-----END PRIVATE KEY-----`, `Bearer `, `redacted-`, `redacted-abcdefghijklmnop`, `E+0`, `%41`,
		`<`, `>`, `<password>`, `</`, `/>`, ` token=`, ` name="csrf"`, ` value=`, `'`, `<![CDATA[`, `]]>`, "--b\r\n", "; name=pwd\r\n\r\n",
	}), rapid.StringMatching(`[a-z0-9]{1,5}`))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 14).Draw(t, "pieces"), "")
		kind := rapid.SampledFrom([]string{"application/json", "application/x-www-form-urlencoded", "multipart/x", ""}).Draw(t, "kind")
		checkBody(t, r, pointed, kind, []byte(text))
	})
}

// TestHostileTexts: what is made to be slow takes no longer than the rest.
func TestHostileTexts(t *testing.T) {
	r := newTest(t, Config{})
	for _, unit := range []string{
		"eyJ", "eyJa.", ";token=", "?token=", `"token":`, `"token":{`, `\"secret\":\"`, "-----BEGIN PRIVATE KEY-----\"", "://", "://@", `":`, `\`, `"secret":[1,`, "<a ", "<token>", "<a b='", "<token><![CDATA[", "=", "&pwd=",
	} {
		start := time.Now()
		checkBody(t, r, r, "", []byte(strings.Repeat(unit, (1<<19)/len(unit))))
		if d := time.Since(start); d > 4*time.Second {
			t.Errorf("%s: %v for half a megabyte", unit, d)
		}
	}
}

func TestTooManySecrets(t *testing.T) {
	text := []byte(strings.Repeat(`"sid":1,`, maxSpans+1))
	r := newTest(t, Config{})
	body := bodyOf(r, "", text)
	if body.State != recording.BodyDropped || body.Bytes != nil || body.SHA256 == recording.StoredBody(text).SHA256 || r.Counts()[ruleNames[tooMany]] != 1 {
		t.Fatal(body.State, r.Counts())
	}
}

// TestConcurrentUse: one Redactor serves many, and loses no count.
func TestConcurrentUse(t *testing.T) {
	r := newTest(t, Config{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := bodyOf(r, "application/json", []byte(`{"password":"x"}`)); string(got.Bytes) != `{"password":"`+tok(t, "x")+`"}` {
					t.Error(string(got.Bytes))
				}
			}
		})
	}
	wg.Wait()
	if n := r.Counts()["json key"]; n != 400 {
		t.Errorf("%d counted, want 400", n)
	}
}

// document is JSON without a secret.
func document(n int) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := 0; b.Len() < n; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"id":10234,"name":"Wooden chair, oak","description":"A chair with four legs, made of oak","price":{"currency":"EUR","amount":"129.90"},"tags":["wood","chair"],"created_at":"2026-01-31T12:30:00Z","url":"https://shop.example/products/10234","in_stock":true}`)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func benchmarkBody(b *testing.B, text []byte) {
	r := newTest(b, Config{})
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	body := recording.StoredBody(text)
	headers := []recording.Header{{Name: "Content-Type", Value: "application/json"}}
	for b.Loop() {
		if err := r.Apply(&recording.Exchange{Response: &recording.Response{Headers: headers, Body: body}}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJSONWithoutSecrets(b *testing.B) { benchmarkBody(b, document(16<<10)) }

func BenchmarkJSONWithSecret(b *testing.B) {
	benchmarkBody(b, append(document(2<<10), `{"access_token":"abcdefghijklmnopqrstuvwxyz"}`...))
}

func BenchmarkHeaders(b *testing.B) {
	r := newTest(b, Config{})
	headers := []recording.Header{
		{Name: "Host", Value: "shop.example"}, {Name: "User-Agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
		{Name: "Accept", Value: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, {Name: "Accept-Language", Value: "en-US,en;q=0.5"},
		{Name: "Accept-Encoding", Value: "gzip, deflate, br, zstd"}, {Name: "Cookie", Value: "session=abcdef; lang=en"},
		{Name: "Cache-Control", Value: "no-cache"}, {Name: "Authorization", Value: "Bearer abc"},
	}
	b.ReportAllocs()
	for b.Loop() {
		q := recording.Request{Target: "/products?page=2&sort=price", Headers: append([]recording.Header(nil), headers...)}
		if err := r.Apply(&recording.Exchange{Request: &q}); err != nil {
			b.Fatal(err)
		}
	}
}
