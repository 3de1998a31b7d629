package redact

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"parallax/capture/recording"
)

func testKey(t testing.TB) Key {
	t.Helper()
	k, err := ParseKey(strings.Repeat("5a", 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newTest(t testing.TB, c Config) *Redactor {
	t.Helper()
	r, err := New(c, testKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tok is the token of a value, made the slow way.
func tok(t testing.TB, value string) string {
	tz := newTokenizer(testKey(t))
	return string(tz.appendToken(nil, []byte(value)))
}

// header is what one header's value becomes.
func header(t testing.TB, r *Redactor, name, value string) string {
	t.Helper()
	ex := &recording.Exchange{Request: &recording.Request{Headers: []recording.Header{{Name: name, Value: value}}}}
	if err := r.Apply(ex); err != nil {
		t.Fatal(err)
	}
	return ex.Request.Headers[0].Value
}

// body is what a request's body becomes.
func body(t testing.TB, r *Redactor, kind, text string) string {
	t.Helper()
	ex := &recording.Exchange{Request: &recording.Request{
		Headers: []recording.Header{{Name: "Content-Type", Value: kind}}, Body: recording.StoredBody([]byte(text)),
	}}
	if err := r.Apply(ex); err != nil {
		t.Fatal(err)
	}
	return string(ex.Request.Body.Bytes)
}

func target(t testing.TB, r *Redactor, text string) string {
	t.Helper()
	ex := &recording.Exchange{Request: &recording.Request{Target: text}}
	if err := r.Apply(ex); err != nil {
		t.Fatal(err)
	}
	return ex.Request.Target
}

const jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl"

// The cases are read as data: in <<x>> stands a secret, whose token is wanted
// there; everything else must stay as it is.
var headerCases = [][2]string{
	{"Authorization", "Bearer <<abc.def>>"},
	{"authorization", "Basic  <<dTpw>>"},
	{"Authorization", "<<nothing-but-this>>"},
	{"Proxy-Authorization", `Digest <<username="u", response="x">>`},
	{"Cookie", "a=<<1>>; b=<<two>>;c=; <<lonely>>"},
	{"Cookie", `q="<<quoted>>"`},
	{"Set-Cookie", "sid=<<a=b>>; Path=/; HttpOnly; Expires=Wed, 21 Oct 2026 07:28:00 GMT"},
	{"Set-Cookie", "gone=; Max-Age=0"},
	{"X-Api-Key", "<<k1>>"},
	{"X-Auth-Token", "<<k1>>"},
	{"X-Amz-Security-Token", "<<k1>>"},
	{"X-XSRF-TOKEN", "<<k1>>"},
	{"X-Client-Secret", "<<k1>>"},
	{"Ocp-Apim-Subscription-Key", "<<k1>>"},
	{"X-Token", "Bearer <<k1>>"},
	{"Location", "https://<<u:p>>@shop.example/cb?x=1#access_token=<<t>>&token_type=bearer"},
	{"Referer", "/login?password=<<it's>>&lang=en"},
	{"Link", "<https://x/?api_key=<<abc>>>; rel=next"},
	{"X-User", "<<" + jwt + ">>"},
	{"Content-Type", "application/json; charset=utf-8"},
	{"Access-Control-Allow-Headers", "X-Api-Key"},
	{"ETag", `"abc:def=="`},
	{"Cache-Control", "max-age=0, private"},
}

var targetCases = []string{
	"/a?token=<<x>>&b=1", "/a?b=1&accessToken=<<x%2By>>", "/a?page_token=7&next-token=x&tokens=3",
	"/a?user[password]=<<p;q>>&x=1#f", "http://<<u:p>>@host/a", "/a;jsessionid=<<ABC>>?x=1",
	"/a?X-Amz-Signature=<<00ff>>&X-Amz-Date=20260101", "/verify/<<" + jwt + ">>/x", "/a?sig=<<s>>",
	"/a?q=secret&password=", "*", "/a?code=1&sort=desc",
}

var jsonCases = []string{
	`{"password":"<<p>>","user":"anna"}`,
	`{ "accessToken" : "<<t>>" , "token_type":"bearer","expires_in":3600}`,
	`{"a":[{"client-secret":"<<s>>"}],"next_page_token":"2"}`,
	`{"password":"","token":null,"has_password":true,"secretary":"bob"}`,
	`{"secret":{"a":"<<x>>","b":["<<y>>",null,true,false]},"c":"d"}`,
	`{"token":"<<with \"quotes\" and \\>>","x":"password"}`,
	`{"\u0070assword":"<<p>>"}`,
	`{"log":"{\"password\":\"<<p\\\"q>>\",\"x\":1}"}`,
	`{"log":"{\"a\":\"{\\\"apiKey\\\":\\\"<<p>>\\\"}\"}","password":"<<q>>"}`,
	`{"authorization":"Bearer <<t>>"}`,
	`{"url":"https://<<u:p>>@h/x?a=1&access_token=<<t>>","u2":"https:\/\/<<u:q>>@h\/","u3":"/x?a=1\u0026token=<<t>>"}`,
	`{"data":"<<` + jwt + `>>"}`,
	"{\"password\":\"<<one>>\"}\n{\"password\":\"<<two>>\"}\n",
	`callback({"session_id":"<<x>>"})`,
	`{"password":"<<cut off`,
	`{"a":":","b":"x:y","password":"<<p:q>>","t":"12:00"}`,
	`{"h":["Host","a","Authorization","Basic <<dXNlcjpwYXNz>>","User-Agent","x"]}`,
	`{"t":"basic <<dTpwdw==>>, Basic  <<dXNlcjpwYXNz>>","u":"Basic authentication, Basic YWJj, basics dXNlcjpwYXNz","v":"Basic "}`,
	`{"mail":"a@b.example","at":"http://x/y"}`,
}

// wanted replaces <<x>> by the token of canonical(x).
func wanted(t testing.TB, text string, canonical func(string) string) (in, out string) {
	in, out = "", ""
	for {
		before, rest, ok := strings.Cut(text, "<<")
		in, out = in+before, out+before
		if !ok {
			return in, out
		}
		value, after, closed := strings.Cut(rest, ">>")
		in, out = in+value, out+tok(t, canonical(value))
		if text = after; !closed {
			return in, out
		}
		if strings.HasPrefix(text, ">") && strings.Contains(before, "<http") { // "<url>>>"
			continue
		}
	}
}

func same(s string) string { return s }

func TestHeaders(t *testing.T) {
	r := newTest(t, Config{})
	for _, c := range headerCases {
		in, want := wanted(t, c[1], same)
		if got := header(t, r, c[0], in); got != want {
			t.Errorf("%s: %s\n got %s\nwant %s", c[0], in, got, want)
		}
	}
}

func TestTargets(t *testing.T) {
	r := newTest(t, Config{})
	for _, c := range targetCases {
		in, want := wanted(t, c, func(s string) string { return string(unpercent([]byte(s))) })
		if got := target(t, r, in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	r := newTest(t, Config{})
	for _, c := range jsonCases {
		in, want := wanted(t, c, func(s string) string {
			for strings.Contains(s, `\`) {
				next := string(unescape([]byte(s)))
				if next == s {
					break
				}
				s = next
			}
			return s
		})
		if got := body(t, r, "application/json", in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestNumbersStayNumbers(t *testing.T) {
	r := newTest(t, Config{})
	got := body(t, r, "application/json", `{"token":12345,"b":-1.50}`)
	if !strings.HasPrefix(got, `{"token":`) || !strings.HasSuffix(got, `E+0,"b":-1.50}`) || strings.Contains(got, "12345E") {
		t.Fatal(got)
	}
	if !Contains(got) || !IsToken(strings.TrimSuffix(strings.TrimPrefix(got, `{"token":`), `,"b":-1.50}`)) {
		t.Fatalf("%s: no token seen", got)
	}
	if again := body(t, r, "application/json", got); again != got {
		t.Fatalf("redacted again: %s", again)
	}
}

// A number's spelling is no part of its value, which is why replies that differ in
// nothing else are equal; so are their tokens.
func TestOneNumberOneToken(t *testing.T) {
	r := newTest(t, Config{})
	token := func(number string) string { return body(t, r, "application/json", `{"token":`+number+`}`) }
	for _, c := range []struct {
		a, b  string
		equal bool
	}{
		{"1", "1.0", true}, {"-1.5", "-1.500", true}, {"100", "100.00", true},
		{"1", "10", false}, {"1.5", "15", false}, {"10", "1.0", false}, {"1e10", "1e1", false}, {"1.5e10", "1.5e1", false},
	} {
		if got := token(c.a) == token(c.b); got != c.equal {
			t.Errorf("%s and %s: one token: %v", c.a, c.b, got)
		}
	}
}

func TestForms(t *testing.T) {
	r := newTest(t, Config{})
	const kind = "application/x-www-form-urlencoded"
	want := "user=anna&password=" + tok(t, "a b+c") + "&x=1&client_secret=" + tok(t, "z")
	for _, kind := range []string{kind, kind + "; charset=UTF-8", "", "text/plain"} {
		if got := body(t, r, kind, "user=anna&password=a+b%2Bc&x=1&client_secret=z"); got != want {
			t.Errorf("%s: got %s, want %s", kind, got, want)
		}
	}
}

var markupCases = []string{
	`<?xml version="1.0"?><a><Password> <<p>> </Password><user>anna</user></a>`,
	`<soap:Envelope><wsse:Password Type="x#PasswordText"><<p&amp;q>></wsse:Password></soap:Envelope>`,
	`<a><apiKey><![CDATA[<<x<y>>]]></apiKey><b token="<<t>>" id='1'/></a>`,
	`<html><input type="password" name="password"><input type=hidden name='csrf_token' value='<<t>>'></html>`,
	`<meta name="csrf-token" content="<<t>>"/><meta name="author" content="anna">`,
	`<add key="ApiKey" value="<<k>>" /><p>password: <b>x</b></p>`,
	`<password/><p>text</p><token></token><secret>`,
	`<password><<cut off`,
}

func TestMarkup(t *testing.T) {
	r := newTest(t, Config{})
	for _, c := range markupCases {
		in, want := wanted(t, c, html.UnescapeString)
		if got := body(t, r, "text/xml", in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestMultipart(t *testing.T) {
	r := newTest(t, Config{})
	text := strings.ReplaceAll("--b\nContent-Disposition: form-data; name=\"user\"\n\nanna\n--b\n"+
		"content-disposition: form-data; name=password\n\n<<p\nq>>\n--b\nContent-Disposition: form-data; name=\"f\"; filename=\"password\"\n\nx\n--b--\n", "\n", "\r\n")
	in, want := wanted(t, text, same)
	if got := body(t, r, "multipart/form-data; boundary=b", in); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if n := r.Counts()[ruleNames[notMultipart]]; n != 0 {
		t.Errorf("%d counted as not inspected", n)
	}
}

func TestPEM(t *testing.T) {
	r := newTest(t, Config{})
	const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAK\nabc=\n-----END RSA PRIVATE KEY-----"
	plain := body(t, r, "text/plain", "before\n"+pem+"\nafter")
	if plain != "before\n"+tok(t, strings.ReplaceAll(pem, "\n", ""))+"\nafter" {
		t.Error(plain)
	}
	escaped := body(t, r, "application/json", `{"x":"`+strings.ReplaceAll(pem, "\n", `\n`)+`"}`)
	if escaped != `{"x":"`+tok(t, strings.ReplaceAll(pem, "\n", ""))+`"}` {
		t.Error(escaped)
	}
	const public = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
	if got := body(t, r, "text/plain", public); got != public {
		t.Error(got)
	}
	if got := body(t, r, "text/plain", pem[:50]); strings.Contains(got, "MIIB") {
		t.Errorf("without its end: %s", got)
	}
}

func TestOneSecretOneToken(t *testing.T) {
	r := newTest(t, Config{})
	want := tok(t, "abc123")
	for _, got := range []string{
		header(t, r, "Authorization", "Bearer abc123"), header(t, r, "Cookie", "sid=abc123"),
		header(t, r, "Set-Cookie", "sid=abc123; Path=/"), header(t, r, "X-Api-Key", "abc123"),
		body(t, r, "application/json", `{"token":"abc123"}`), body(t, r, "application/json", `{"token":"\u0061bc123"}`),
		body(t, r, "application/x-www-form-urlencoded", "token=abc12%33"), target(t, r, "/?token=abc123"),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
}

func TestCustomRules(t *testing.T) {
	r := newTest(t, Config{
		Headers: []string{"X-Customer"}, Keys: []string{"iban"}, Query: []string{"code"},
		Pointers: []string{"/users/*/mail", "/pin", "/a~1b/1/c"},
		Keep:     Keep{Headers: []string{"X-Csrf-Token"}, Cookies: []string{"lang"}, Keys: []string{"demo_token"}},
	})
	for _, c := range [][2]string{
		{header(t, r, "x-customer", "Anna"), tok(t, "Anna")},
		{header(t, r, "X-Csrf-Token", "x"), "x"},
		{header(t, r, "Cookie", "lang=en; s=1"), "lang=en; s=" + tok(t, "1")},
		{body(t, r, "application/json", `{"IBAN":"DE1","demo_token":"t"}`), `{"IBAN":"` + tok(t, "DE1") + `","demo_token":"t"}`},
		{target(t, r, "/?code=1&demoToken=2"), "/?code=" + tok(t, "1") + "&demoToken=2"},
		{body(t, r, "", `{"users":[{"mail":"a","n":"b"},{"x":{"mail":"no"},"mail":"c"}],"mail":"no","a/b":[0,{"c":"d"}]}`),
			`{"users":[{"mail":"` + tok(t, "a") + `","n":"b"},{"x":{"mail":"no"},"mail":"` + tok(t, "c") + `"}],"mail":"no","a/b":[0,{"c":"` + tok(t, "d") + `"}]}`},
	} {
		if diff := cmp.Diff(c[1], c[0]); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := New(Config{Pointers: []string{"x"}}, testKey(t)); err == nil {
		t.Error("a pointer without / was taken")
	}
	if _, err := New(Config{Profile: "strict"}, testKey(t)); err == nil {
		t.Error("an unknown profile was taken")
	}
	if _, err := New(Config{}, Key{}); err == nil {
		t.Error("no key was taken")
	}
}

func TestOff(t *testing.T) {
	r, err := New(Config{Profile: Off}, Key{})
	if err != nil {
		t.Fatal(err)
	}
	if got := header(t, r, "Cookie", "a=b"); got != "a=b" || r.KeyID() != "" || len(r.Counts()) != 0 {
		t.Fatal(got, r.KeyID(), r.Counts())
	}
}

func TestCounts(t *testing.T) {
	r := newTest(t, Config{})
	header(t, r, "Cookie", "a=1; b=2")
	header(t, r, "Accept", "*/*")
	body(t, r, "application/json", `{"password":"x"}`)
	body(t, r, "multipart/form-data; boundary=x", `preamble`)
	want := map[string]int64{"cookie": 2, "json key": 1, "not inspected: multipart body": 1}
	if diff := cmp.Diff(want, r.Counts()); diff != "" {
		t.Fatal(diff)
	}
}

func zip(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	fmt.Fprint(w, text)
	w.Close()
	return b.Bytes()
}

func TestOldBytesAreLeftAlone(t *testing.T) {
	old := []byte(`{"password":"x"}`)
	keep := bytes.Clone(old)
	ex := &recording.Exchange{Response: &recording.Response{Body: recording.StoredBody(old)}}
	if err := newTest(t, Config{}).Apply(ex); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(old, keep) {
		t.Fatal("the caller's bytes were written to")
	}
	want := recording.StoredBody([]byte(`{"password":"` + tok(t, "x") + `"}`))
	want.Redacted = true
	if diff := cmp.Diff(want, ex.Response.Body); diff != "" {
		t.Fatal(diff)
	}
}

func TestTokenForm(t *testing.T) {
	token := tok(t, "x")
	if !IsToken(token) || !Contains("a="+token+"; b") || len(token) != tokenLength {
		t.Fatal(token)
	}
	for _, s := range []string{"", "redacted-", "redacted-ABCDEFGHIJKLMNOP", token + "x", "12E+0x", "E+0", base64.StdEncoding.EncodeToString([]byte(token))} {
		if IsToken(s) {
			t.Errorf("IsToken(%q)", s)
		}
	}
	if Contains("redacted-abc redacted-abc") || Contains("2E+01") || Contains("123E+0") {
		t.Error("Contains sees what is none")
	}
}

// TestTokensBesideSecrets: what was found beside one another once is one secret the
// second time; redacting again must change nothing.
func TestTokensBesideSecrets(t *testing.T) {
	r := newTest(t, Config{})
	for _, text := range []string{
		`<password>"password":0<![CDATA[`,
		"eyJhbGciOiJub25lIn0.-----BEGIN PRIVATE KEY-----",
		"&token=-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----{",
	} {
		checkBody(t, r, r, "application/json", []byte(text))
	}
}

// Token is what stands in a form in the place of its secret.
func TestTokenOfAValue(t *testing.T) {
	r, err := New(Config{}, testKey(t))
	if err != nil {
		t.Fatal(err)
	}
	ex := &recording.Exchange{Request: &recording.Request{Method: "POST", Target: "/x?csrf_token=a%2Fb"}}
	if err := r.Apply(ex); err != nil {
		t.Fatal(err)
	}
	if want := "/x?csrf_token=" + r.Token("a/b"); ex.Request.Target != want || !IsToken(r.Token("a/b")) {
		t.Errorf("%s, want %s", ex.Request.Target, want)
	}
	off, err := New(Config{Profile: Off}, Key{})
	if err != nil || off.Token("a") != "" {
		t.Errorf("%v %q", err, off.Token("a"))
	}
}
