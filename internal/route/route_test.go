package route

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// cases are read as data: path, template.
var cases = [][2]string{
	{"/", "/"},
	{"", "/"},
	{"*", "*"},
	{"/orders", "/orders"},
	{"/orders/", "/orders/"},
	{"/orders/123", "/orders/{id}"},
	{"/orders/123/lines/4?x=1#f", "/orders/{id}/lines/{id}"},
	{"/orders?from=2026-01-01", "/orders"},
	{"/orders#a?b", "/orders"},
	{"http://shop.example:8080/orders/7?x", "/orders/{id}"},
	{"https://shop.example", "/"},
	{"https://shop.example?x=/a/b", "/"},
	{"//a/b", "//a/b"},
	{"/a/../b/./c", "/a/../b/./c"},
	{"/a/-5", "/a/{id}"},
	{"/a/1,2,3", "/a/{ids}"},
	{"/weather/52.52/13.405", "/weather/{number}/{number}"},
	{"/api/1.0/x", "/api/1.0/x"},
	{"/pkg/1.2.3", "/pkg/{version}"},
	{"/ip/10.1.2.3", "/ip/{ip}"},
	{"/api/v1/v2/v10/v2.1", "/api/v1/v2/v10/v2.1"},
	{"/u/7f3e1c9a-0b52-4d4e-9f5a-2f6f0f1e2d3c", "/u/{uuid}"},
	{"/u/7F3E1C9A-0B52-4D4E-9F5A-2F6F0F1E2D3C.json", "/u/{uuid}.json"},
	{"/u/7f3e1c9a0b524d4e9f5a2f6f0f1e2d3c", "/u/{uuid}"},
	{"/c/da39a3ee5e6b4b0d3255bfef95601890afd80709", "/c/{hash}"},
	{"/c/507f1f77bcf86cd799439011", "/c/{hash}"},
	{"/c/deadbeef", "/c/deadbeef"},
	{"/c/abcdefabcdefabcdef", "/c/abcdefabcdefabcdef"},
	{"/d/2026-01-31", "/d/{date}"},
	{"/d/2026-01", "/d/{date}"},
	{"/d/2026-W05", "/d/{date}"},
	{"/d/2026-01-31T12:30:00Z", "/d/{date}"},
	{"/d/2026-01-31T12%3A30%3A00%2B02:00", "/d/{date}"},
	{"/d/2026-13-31", "/d/2026-13-31"},
	{"/d/2026-01-31.csv", "/d/{date}.csv"},
	{"/x/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/x/{ulid}"},
	{"/x/V1StGXR8_Z5jdHi6B-myT", "/x/{token}"},
	{"/x/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlMTIz", "/x/{token}"},
	{"/x/SGVsbG8gd29ybGQxMjM0NQ==", "/x/{token}"},
	{"/x/redacted-abcdefghijklm2pq", "/x/{token}"},
	{"/x/getCustomerInvoiceList2", "/x/getCustomerInvoiceList2"},
	{"/blog/my-post-about-2024-and-other-things", "/blog/my-post-about-2024-and-other-things"},
	{"/img/123.png", "/img/{id}.png"},
	{"/img/logo.png", "/img/logo.png"},
	{"/a/order-1001", "/a/order-{id}"},
	{"/a/ORD-2026-0001", "/a/ORD-2026-{id}"},
	{"/a/SKU10007", "/a/SKU{id}"},
	{"/a/page-2/utf-8/sha256", "/a/page-2/utf-8/sha256"},
	{"/users/anna@example.com", "/users/{email}"},
	{"/users/anna%40example.com/x", "/users/{email}/x"},
	{"/users/@anna", "/users/@anna"},
	{"/a%2fb/%7euser", "/a%2Fb/~user"},
	{"/caf\xc3\xa9", "/caf%C3%A9"},
	{"/caf%c3%a9", "/caf%C3%A9"},
	{"/bad%zz/%4", "/bad%zz/%4"},
	{"/sp ace", "/sp%20ace"},
	{"/map;v=1/a;jsessionid=ABC123/b", "/map/a/b"},
	{"/12;v=2/x", "/{id}/x"},
	{"/{id}/{uuid}.json", "/{id}/{uuid}.json"},
	{"/" + strings.Repeat("x", 65), "/{text}"},
	{"/" + strings.Repeat("x", 64), "/" + strings.Repeat("x", 64)},
	{"relative/7", "/relative/{id}"},
}

func TestOf(t *testing.T) {
	for _, c := range cases {
		if got := Of("GET", c[0]); got != "GET "+c[1] {
			t.Errorf("Of(GET, %q) = %q, want %q", c[0], got, "GET "+c[1])
		}
	}
}

func TestMethodsAndForms(t *testing.T) {
	for _, c := range [][3]string{
		{"CONNECT", "shop.example:443", "CONNECT {authority}"},
		{"OPTIONS", "*", "OPTIONS *"},
		{"PATCH", "/a/1", "PATCH /a/{id}"},
		{"", "/a", "{method} /a"},
		{"GE T", "/a", "{method} /a"},
		{strings.Repeat("A", 25), "/a", "{method} /a"},
	} {
		if got := Of(c[0], c[1]); got != c[2] {
			t.Errorf("Of(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestSegmentsAreBounded(t *testing.T) {
	got := Of("GET", strings.Repeat("/a", 1000))
	if n := strings.Count(got, "/"); n != maxSegments || !strings.HasSuffix(got, "/{more}") {
		t.Fatalf("%d segments in %q", n, got)
	}
}

// checkRoute holds what is true of every route.
func checkRoute(t interface{ Fatalf(string, ...any) }, method, target string) {
	got := Of(method, target)
	m, path, ok := strings.Cut(got, " ")
	if !ok || m == "" || path == "" || !utf8.ValidString(got) {
		t.Fatalf("Of(%q, %q) = %q: not a method and a path", method, target, got)
	}
	if len(got) > maxMethod+1+maxSegments*(maxLiteral+1) {
		t.Fatalf("Of(%q, %q): %d bytes", method, target, len(got))
	}
	if again := Of(m, path); again != got {
		t.Fatalf("Of(%q, %q) = %q, applied again %q", method, target, got, again)
	}
}

func TestIdempotentAndTotal(t *testing.T) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"/", "/", "%", ";", "?", "{", "}", ".", "-", "@", "%2F", "%7B", "://", "http", "2026-01-31", "eyJ"}),
		rapid.StringMatching(`[0-9]{1,20}`), rapid.StringMatching(`[0-9a-f]{1,40}`),
		rapid.StringMatching(`[A-Za-z0-9_=+-]{1,40}`), rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		target := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
		checkRoute(t, rapid.SampledFrom([]string{"GET", "CONNECT", "", "x y"}).Draw(t, "method"), target)
	})
}

func FuzzOf(f *testing.F) {
	for _, c := range cases {
		f.Add("GET", c[0])
	}
	f.Fuzz(func(t *testing.T, method, target string) { checkRoute(t, method, target) })
}

func TestOneAllocation(t *testing.T) {
	n := testing.AllocsPerRun(100, func() { Of("GET", "/v1/customers/10044/orders/7f3e1c9a-0b52-4d4e-9f5a-2f6f0f1e2d3c?x=1") })
	if n > 1 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkOf(b *testing.B) {
	const target = "/v1/customers/10044/orders/7f3e1c9a-0b52-4d4e-9f5a-2f6f0f1e2d3c/lines.json?x=1"
	b.ReportAllocs()
	b.SetBytes(int64(len(target)))
	for b.Loop() {
		Of("GET", target)
	}
}
