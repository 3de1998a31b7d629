package openapi

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const shop = `openapi: 3.0.3 # a shop
info: {title: Shop, version: 1.0}
servers:
  - url: https://{host}/v{major}/
    variables:
      host: {default: shop.example}
      major: {enum: ["1", '2'], default: "1"}
  - url: /beta
paths:
  /orders:
    summary: all of them
    get: &list {responses: {}}
    post: {}
  /orders/{orderId}:
    parameters: [{name: orderId, in: path}]
    get: *list
    delete: {servers: [{url: "https://admin.example"}]}
  "/files/{name}.json":
    servers: [{url: "/"}]
    get: {}
  x-note: none
components: {schemas: {Order: {type: object}}}
`

const shopJSON = `{"paths": {"/files/{name}.json": {"get": {}, "servers": [{"url": "\/"}]},
	"/orders": {"post": {}, "get": {"responses": {}}},
	"/orders/{orderId}": {"get": {}, "delete": {"servers": [{"url": "https://admin.example"}]}}},
 "servers": [{"url": "/beta"}, {"url": "https://{host}/v{major}/", "variables": {"host": {"default": "shop.example"}, "major": {"enum": ["1", "2"]}}}],
 "openapi": "3.1.0"}`

func TestRead(t *testing.T) {
	var digests []string
	for name, text := range map[string]string{"yaml": shop, "json": shopJSON, "yaml that is json": strings.ReplaceAll(shopJSON, `\/`, "/") + " # end"} {
		r, err := Read([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		digests = append(digests, r.Digest())
		if r.Paths() != 3 {
			t.Errorf("%s: %d paths", name, r.Paths())
		}
		for request, want := range map[string]string{
			"GET /v1/orders": "GET /orders true", "POST /v2/orders": "POST /orders true", "GET /beta/orders/abc": "GET /orders/{orderId} true",
			"PUT /beta/orders/abc": "PUT /orders/{orderId} false", "DELETE /orders/abc": "DELETE /orders/{orderId} true", "GET /v3/orders": "GET /v3/orders false",
			"GET /files/a.json": "GET /files/{name}.json true", "GET /v1/files/a.json": "GET /v1/files/a.json false", "GET /orders": "GET /orders false",
		} {
			method, target, _ := strings.Cut(request, " ")
			got, described := r.Of(method, target)
			if s := fmt.Sprint(got, " ", described); s != want {
				t.Errorf("%s: %s is %s, want %s", name, request, s, want)
			}
		}
	}
	if digests[0] != digests[1] || digests[1] != digests[2] || len(digests[0]) != 64 {
		t.Errorf("digests %q", digests)
	}
	other, err := Read([]byte(strings.Replace(shop, "post: {}", "put: {}", 1)))
	if err != nil || other.Digest() == digests[0] {
		t.Errorf("another method gives no other digest: %v", err)
	}
}

func TestRefused(t *testing.T) {
	const head = "openapi: 3.0.0\n"
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	bomb := "openapi: 3.0.0\na0: &a0 {servers: [{url: /}]}\n"
	for i := range 9 {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i, i, i, i, i, i, i)
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", "the file is empty"},
		"no description":    {"a: 1", "the key openapi is missing"},
		"a text":            {"hello", "the key openapi is missing"},
		"version 2":         {"info: {}\nswagger: '2.0'\npaths: {}", "line 2: this is OpenAPI 2 (swagger: 2.0)"},
		"version 2 in JSON": {"{\n\"swagger\": \"2.0\",\n\"paths\": {}}", "line 2: this is OpenAPI 2"},
		"version 4":         {"openapi: 4.0.0", `line 1: openapi: "4.0.0", want 3.x`},
		"no paths":          {head + "paths: {}", "paths: there are none"},
		"not YAML":          {head + "paths: [", "[2:"},
		"two documents":     {head + "paths: {/a: {}}\n---\nopenapi: 3.0.0", "a second document"},
		"no slash":          {head + "paths:\n  orders: {get: {}}", `line 3: path "orders" does not begin with /`},
		"reference":         {head + "paths:\n  /a: {$ref: other.yaml}", `line 3: path "/a": $ref is not followed`},
		"two of one path":   {head + "paths:\n  /a/{x}: {}\n  /a/{y}: {}", "fits the same requests"},
		"twice in JSON":     {"{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{},\n\"/a\":{}}}", `line 2: the key "/a" stands twice`},
		"twice":             {head + "paths:\n  /a: {}\n  /a: {}", "/a"},
		"bad template":      {head + "paths:\n  /a/{: {}", "a placeholder is written {name}"},
		"server":            {head + "servers: [{}]\npaths: {/a: {}}", "a server without a url"},
		"open variable":     {head + "servers: [{url: '/{v}'}]\npaths: {/a: {}}", "neither a default nor an enum"},
		"query":             {head + "servers: [{url: '/a?b'}]\npaths: {/a: {}}", "a query or a fragment"},
		"many forms":        {head + "servers: [{url: '/{a}{b}', variables: {a: {enum: [" + many(40, "x%d,") + "]}, b: {enum: [" + many(40, "y%d,") + "]}}}]\npaths: {/a: {}}", "more than 1000 forms"},
		"many servers":      {head + "servers:\n" + many(101, "  - {url: /s%d}\n") + "paths: {/a: {}}", "more than 100 servers"},
		"many paths":        {head + "paths:\n" + many(10_001, "  /p%d: {}\n"), "more than 10000 paths"},
		"no anchor":         {head + "paths: {/a: *gone}", "no anchor &gone"},
		"merge":             {head + "x: &x {get: {}}\npaths: {/a: {<<: *x}}", "merge key"},
		"a bomb":            {bomb + "servers: *a9\npaths: {/a: {}}", "a server without a url"},
		"deep brackets":     {head + "x: " + strings.Repeat("[", 100_000), "nested more than 200 deep"},
		"deep dashes":       {head + "x:\n" + strings.Repeat("- ", 100_000) + "1", "nested more than 200 deep"},
		"deep keys":         {head + many(1000, "%[1]*[1]s1: \n"), "more than 200 deep"},
	} {
		if name == "deep keys" {
			var b strings.Builder
			for i := range 2000 {
				b.WriteString(strings.Repeat(" ", i) + "k:\n")
			}
			c.text = b.String()
		}
		if _, err := Read([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := Read(make([]byte, maxBytes+1)); err == nil {
		t.Error("a large file is taken")
	}
}

// A bomb that nobody asks for is not followed.
func TestUnusedAliasesCostNothing(t *testing.T) {
	if _, err := Read([]byte("openapi: 3.0.0\npaths: &p\n  /a: *p\n")); err != nil {
		t.Errorf("an alias within what it stands for: %v", err)
	}
	text := "openapi: 3.0.0\na0: &a0 x\n"
	for i := range 30 {
		text += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i)
	}
	if _, err := Read([]byte(text + "components: *a30\npaths: {/a: {get: *a30}}")); err != nil {
		t.Error(err)
	}
}

func TestReadFileNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api.yaml")
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(path, []byte("openapi: 2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), path+": line 1") {
		t.Errorf("error %v", err)
	}
}

// TestOrderMeansNothing: the same routes in any order have one digest.
func TestOrderMeansNothing(t *testing.T) {
	paths := []string{"/a", "/b/{x}", "/c", "/d/{y}.json"}
	read := func(rt *rapid.T, list []string) *Routes {
		r, err := Read([]byte("openapi: 3.0.0\npaths:\n  " + strings.Join(list, ": {post: {}, get: {}}\n  ") + ": {get: {}, post: {}}\n"))
		if err != nil {
			rt.Fatal(err)
		}
		return r
	}
	rapid.Check(t, func(rt *rapid.T) {
		if a, b := read(rt, paths), read(rt, rapid.Permutation(paths).Draw(rt, "order")); a.Digest() != b.Digest() {
			rt.Fatal("the order changes the digest")
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{shop, shopJSON, "swagger: '2.0'", "openapi: 3.0.0\npaths: &p\n  /a: *p\n", "openapi: 3\n<<: *x", "- a\n- b", "openapi: 3.0.0\npaths: {/a: !t {get: |\n  x\n}}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Read(text)
		if err != nil {
			return
		}
		if name, _ := r.Of("GET", "/a"); name == "" || r.Paths() == 0 && r.Digest() == "" {
			t.Errorf("%q", text)
		}
	})
}
