package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// jsonOracle is a folder of documents made by others, beside the repository.
const jsonOracle = "../../../shared/oracle/json"

// jsonPair is what the old and the new server answer on one path. A side may be
// empty, which is no JSON.
type jsonPair struct{ name, old, new string }

// Documents made by others go through the whole chain: two servers, recording,
// replay, comparison. A document with itself has no difference. Of two documents
// the differences are exact: applied to the old one they give the new one, and
// where all arrays have one length they are those of a plain walk.
func TestOracleJSONChain(t *testing.T) {
	pairs := readJSONPairs(t)
	dir := home(t)
	compareJSONPairs(t, dir, pairs)
	found := map[int][]map[string]any{}
	routes := routesOf(t, dir)
	for _, row := range rows(t, dir, "cmp") {
		i, ok := routes[row["record"].(string)]
		if !ok {
			t.Fatalf("a difference of no record: %v", row)
		}
		found[i] = append(found[i], row)
	}
	for i, p := range pairs {
		checkJSONPair(t, p, found[i])
	}
}

// compareJSONPairs makes dir/cmp from a recording and a run with one exchange a
// pair.
func compareJSONPairs(t *testing.T, dir string, pairs []jsonPair) {
	t.Helper()
	old := newJSONStub(t, pairs, func(p jsonPair) string { return p.old })
	c, url := startProxy(t, dir, old.url, "rec")
	client := &http.Client{Timeout: childLimit}
	for i := range pairs {
		resp, err := client.Get(fmt.Sprintf("%s/case?n=%d", url, i))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c.signal(os.Interrupt)
	if got := c.wait(signalLimit); got.code != 130 {
		t.Fatalf("the proxy ended with %d\n%s", got.code, got.stderr)
	}
	fresh := newJSONStub(t, pairs, func(p jsonPair) string { return p.new })
	px(t, dir, 0, "replay", "rec", "--target", fresh.url, "-o", "run", "--max")
	px(t, dir, 0, "diff", "rec", "run", "-o", "cmp")
	px(t, dir, 0, "verify", "cmp")
}

func newJSONStub(t *testing.T, pairs []jsonPair, side func(jsonPair) string) *stub {
	t.Helper()
	return newStubThat(t, 0, func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil || n >= len(pairs) {
			http.Error(w, "no such case", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, side(pairs[n])) // who went away is seen by the test
	})
}

// routesOf finds each exchange's pair by its target.
func routesOf(t *testing.T, dir string) map[string]int {
	t.Helper()
	routes := map[string]int{}
	for _, row := range rows(t, dir, "rec") {
		_, n, _ := strings.Cut(row["request"].(map[string]any)["target"].(string), "n=")
		i, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		routes[row["id"].(string)] = i
	}
	return routes
}

// checkJSONPair holds one pair's differences against its documents.
func checkJSONPair(t *testing.T, p jsonPair, found []map[string]any) {
	t.Helper()
	if p.old == "" || p.new == "" {
		checkNoJSON(t, p, found)
		return
	}
	old, fresh := decodeExact(t, p.old), decodeExact(t, p.new)
	got := []string{}
	for _, row := range found {
		if row["part"] != "body" || row["noise"] == true {
			t.Errorf("%s: not a difference of bodies: %v", p.name, row)
			return
		}
		got = append(got, fmt.Sprint(row["field"], " ", row["kind"]))
	}
	walk := &plainWalk{places: []string{}, sameLengths: true}
	walk.compare("", old, fresh)
	slices.Sort(got)
	slices.Sort(walk.places)
	if walk.sameLengths {
		if d := cmp.Diff(walk.places, got); d != "" {
			t.Errorf("%s: %s against %s (-plain walk +found):\n%s", p.name, p.old, p.new, d)
		}
	} else if len(got) == 0 || len(got) > len(walk.places) {
		t.Errorf("%s: %d differences, by position there are %d:\n%s", p.name, len(got), len(walk.places), strings.Join(got, "\n"))
	}
	if patched := applyDifferences(t, old, found); !sameJSON(patched, fresh) {
		t.Errorf("%s: %s with the differences is %v, not %s:\n%s", p.name, p.old, patched, p.new, strings.Join(got, "\n"))
	}
}

// checkNoJSON: an empty text beside a document is one difference of the whole
// body, or could not be compared; never nothing.
func checkNoJSON(t *testing.T, p jsonPair, found []map[string]any) {
	t.Helper()
	if (p.old == p.new) != (len(found) == 0) {
		t.Errorf("%s: %q against %q: %v", p.name, p.old, p.new, found)
	}
	for _, row := range found {
		if row["part"] != "body" || row["field"] != "" {
			t.Errorf("%s: %v", p.name, row)
		}
	}
}

// decodeExact keeps numbers as their texts.
func decodeExact(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

// plainWalk compares decoded documents, arrays by position.
type plainWalk struct {
	places []string
	// sameLengths: no two arrays at one place have different lengths.
	sameLengths bool
}

func (w *plainWalk) compare(at string, a, b any) {
	switch x := a.(type) {
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			w.objects(at, x, y)
			return
		}
	case []any:
		if y, ok := b.([]any); ok {
			w.arrays(at, x, y)
			return
		}
	}
	switch {
	case jsonKind(a) != jsonKind(b):
		w.places = append(w.places, at+" type changed")
	case !sameJSON(a, b):
		w.places = append(w.places, at+" changed")
	}
}

func (w *plainWalk) objects(at string, a, b map[string]any) {
	for k := range a {
		if v, ok := b[k]; ok {
			w.compare(at+"/"+pointerToken(k), a[k], v)
		} else {
			w.places = append(w.places, at+"/"+pointerToken(k)+" missing in new")
		}
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			w.places = append(w.places, at+"/"+pointerToken(k)+" missing in old")
		}
	}
}

func (w *plainWalk) arrays(at string, a, b []any) {
	w.sameLengths = w.sameLengths && len(a) == len(b)
	for i := range max(len(a), len(b)) {
		place := at + "/" + strconv.Itoa(i)
		switch {
		case i >= len(b):
			w.places = append(w.places, place+" missing in new")
		case i >= len(a):
			w.places = append(w.places, place+" missing in old")
		default:
			w.compare(place, a[i], b[i])
		}
	}
}

func pointerToken(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

func jsonKind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case json.Number:
		return "number"
	default:
		return fmt.Sprintf("%T", v)
	}
}

// sameJSON: numbers are equal by their exact values.
func sameJSON(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && maps.EqualFunc(x, y, sameJSON)
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, sameJSON)
	case json.Number:
		y, ok := b.(json.Number)
		return ok && (x == y || sameNumber(string(x), string(y)))
	default:
		return a == b
	}
}

func sameNumber(a, b string) bool {
	x, ok := new(big.Rat).SetString(a)
	y, both := new(big.Rat).SetString(b)
	return ok && both && x.Cmp(y) == 0
}

// patch is a tree of differences: what happens at a place and below it.
type patch struct {
	row   map[string]any
	below map[string]*patch
	// added are elements and members that only the new document has; an index
	// of theirs is one of another array than the keys of below.
	added map[string]any
}

// applyDifferences makes the new document from the old one and what is reported.
func applyDifferences(t *testing.T, old any, found []map[string]any) any {
	t.Helper()
	root := &patch{}
	for _, row := range found {
		tokens := strings.Split(row["field"].(string), "/")[1:]
		if row["field"] == "" {
			tokens = nil
		}
		at := root
		for i, token := range tokens {
			token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
			if i == len(tokens)-1 && row["kind"] == "missing in old" {
				at.add(token, decodeExact(t, row["new"].(string)))
				at = nil
				break
			}
			at = at.child(token)
		}
		if at != nil {
			at.row = row
		}
	}
	return root.apply(t, old)
}

func (p *patch) add(token string, v any) {
	if p.added == nil {
		p.added = map[string]any{}
	}
	p.added[token] = v
}

func (p *patch) child(token string) *patch {
	if p.below == nil {
		p.below = map[string]*patch{}
	}
	if p.below[token] == nil {
		p.below[token] = &patch{}
	}
	return p.below[token]
}

// apply returns v with the differences; removed ones are left to the container.
func (p *patch) apply(t *testing.T, v any) any {
	t.Helper()
	if p == nil {
		return v
	}
	if p.row != nil {
		if old := decodeExact(t, p.row["old"].(string)); !sameJSON(old, v) {
			t.Errorf("%v shows an old value that is not there: %v", p.row, v)
		}
		return decodeExact(t, p.row["new"].(string))
	}
	switch x := v.(type) {
	case map[string]any:
		return p.applyObject(t, x)
	case []any:
		return p.applyArray(t, x)
	}
	if len(p.below)+len(p.added) > 0 {
		t.Errorf("differences below %v", v)
	}
	return v
}

func (p *patch) removes(token string) bool {
	c := p.below[token]
	return c != nil && c.row != nil && c.row["kind"] == "missing in new"
}

func (p *patch) applyObject(t *testing.T, old map[string]any) any {
	t.Helper()
	out := map[string]any{}
	for k, v := range old {
		if !p.removes(k) {
			out[k] = p.below[k].apply(t, v)
		}
	}
	maps.Copy(out, p.added)
	return out
}

func (p *patch) applyArray(t *testing.T, old []any) any {
	t.Helper()
	kept := []any{}
	for i, v := range old {
		if token := strconv.Itoa(i); !p.removes(token) {
			kept = append(kept, p.below[token].apply(t, v))
		}
	}
	out := []any{}
	for i := range len(kept) + len(p.added) {
		if v, ok := p.added[strconv.Itoa(i)]; ok {
			out = append(out, v)
		} else if len(kept) > 0 {
			out, kept = append(out, kept[0]), kept[1:]
		}
	}
	return out
}

// readJSONPairs reads all documents; each stands beside itself as well.
func readJSONPairs(t *testing.T) []jsonPair {
	t.Helper()
	if _, err := os.Stat(jsonOracle); os.IsNotExist(err) {
		t.Skipf("NOT CHECKED: %s is not there", jsonOracle)
	}
	pairs := slices.Concat(readPatchPairs(t), readJDPairs(t), readCanonicalPairs(t), readNaughtyPairs(t))
	for _, p := range slices.Clone(pairs) {
		pairs = append(pairs, jsonPair{p.name + " with itself", p.old, p.old}, jsonPair{p.name + ", turned round", p.new, p.old})
	}
	if len(pairs) < 1000 {
		t.Fatalf("%d pairs, want at least 1,000", len(pairs))
	}
	return pairs
}

func readPatchPairs(t *testing.T) []jsonPair {
	t.Helper()
	var pairs []jsonPair
	for _, name := range []string{"tests.json", "spec_tests.json"} {
		var cases []struct{ Doc, Expected json.RawMessage }
		readJSON(t, filepath.Join(jsonOracle, name), &cases)
		for i, c := range cases {
			if c.Expected == nil {
				c.Expected = c.Doc
			}
			pairs = append(pairs, jsonPair{fmt.Sprintf("%s %d", name, i), string(c.Doc), string(c.Expected)})
		}
	}
	return pairs
}

func readJDPairs(t *testing.T) []jsonPair {
	t.Helper()
	var cases []struct {
		Name string
		A    string `json:"content_a"`
		B    string `json:"content_b"`
	}
	readJSON(t, filepath.Join(jsonOracle, "jd/core.json"), &cases)
	var pairs []jsonPair
	for _, c := range cases {
		pairs = append(pairs, jsonPair{"jd " + c.Name, c.A, c.B})
	}
	return pairs
}

func readCanonicalPairs(t *testing.T) []jsonPair {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(jsonOracle, "jcs/input/*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no canonical documents: %v", err)
	}
	var pairs []jsonPair
	for _, in := range files {
		name := filepath.Base(in)
		old, err := os.ReadFile(in)
		if err != nil {
			t.Fatal(err)
		}
		canonical, err := os.ReadFile(filepath.Join(jsonOracle, "jcs/output", name))
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, jsonPair{"canonical " + name, string(old), string(canonical)})
	}
	return pairs
}

// readNaughtyPairs puts each string where values and where keys stand.
func readNaughtyPairs(t *testing.T) []jsonPair {
	t.Helper()
	var list []string
	readJSON(t, filepath.Join(jsonOracle, "blns.json"), &list)
	var pairs []jsonPair
	for i, s := range list {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		q, next := string(text), `"`+strconv.Itoa(i)+`"`
		old := `{"v":` + q + `,"in":{` + q + `:[1,{` + q + `:` + q + `}]},"list":[` + q + `,0]}`
		fresh := `{"v":` + next + `,"in":{` + q + `:[1,{` + q + `:null}]},"list":[` + q + `,` + q + `,0]}`
		pairs = append(pairs, jsonPair{fmt.Sprintf("string %d", i), old, fresh})
	}
	return pairs
}
