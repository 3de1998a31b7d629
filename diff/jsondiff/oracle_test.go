package jsondiff

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// oracle is a folder of documents made by others, beside the repository.
const oracle = "../../../shared/oracle/json"

func readOracle(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(oracle, name))
	if os.IsNotExist(err) {
		t.Skipf("SKIPPED: %s is not beside the repository; %s was not checked", oracle, name)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// exactNumbers are the cases in which jd, which compares float64, sees less.
var exactNumbers = map[string]string{"floating_point_precision": "/float"}

func TestOracleJD(t *testing.T) {
	var cases []struct {
		Name string
		A    string `json:"content_a"`
		B    string `json:"content_b"`
		Want string `json:"expected_output"`
	}
	readOracle(t, "jd/core.json", &cases)
	if len(cases) < 40 {
		t.Fatalf("only %d cases", len(cases))
	}
	r := compile(t)
	for _, tc := range cases {
		if tc.A == "" || tc.B == "" {
			var side *SideError
			if err := Compare([]byte(tc.A), []byte(tc.B), r, &record{}, Limits{}); !errors.As(err, &side) {
				t.Errorf("%s: no text is no JSON: %v", tc.Name, err)
			}
			continue
		}
		want := jdPaths(t, tc.Want)
		if p, ok := exactNumbers[tc.Name]; ok {
			want = []string{p}
		}
		if d := cmp.Diff(want, pointers(run(t, tc.A, tc.B, r))); d != "" {
			t.Errorf("%s (-jd +got):\n%s", tc.Name, d)
		}
		checkSelf(t, tc.A)
	}
}

// jdPaths reads the places of jd's hunks: in an array the k-th line that is
// removed, or added, is k-1 further.
func jdPaths(t *testing.T, hunks string) []string {
	seen := map[string]bool{}
	var path []any
	var removed, added int
	for line := range strings.Lines(hunks) {
		switch line[0] {
		case '@':
			if err := json.Unmarshal([]byte(line[1:]), &path); err != nil {
				t.Fatal(err)
			}
			removed, added = 0, 0
		case '-':
			seen[pointerOf(path, removed)] = true
			removed++
		case '+':
			seen[pointerOf(path, added)] = true
			added++
		}
	}
	return sortedKeys(seen)
}

func pointerOf(path []any, further int) string {
	var out strings.Builder
	for i, p := range path {
		token := fmt.Sprint(p)
		if n, ok := p.(float64); ok && i == len(path)-1 {
			token = strconv.Itoa(int(n) + further)
		}
		out.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
	}
	return out.String()
}

func sortedKeys(seen map[string]bool) []string {
	out := []string{}
	for k := range seen {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func pointers(r *record) []string {
	seen := map[string]bool{}
	for _, p := range places(r.differences) {
		for _, kind := range []string{" missing in new", " missing in old", " type changed", " changed"} {
			if q, ok := strings.CutSuffix(p, kind); ok {
				p = q
				break
			}
		}
		seen[p] = true
	}
	return sortedKeys(seen)
}

// checkSelf compares a document with itself, and with itself in other white space.
func checkSelf(t *testing.T, text string) {
	t.Helper()
	r := compile(t)
	for _, other := range []string{text, "\n" + text + " ", compact(t, []byte(text))} {
		if got := run(t, text, other, r); len(got.differences)+len(got.equalities) > 0 {
			t.Errorf("%q differs from itself: %v", text, got)
		}
	}
}

func TestOracleJSONPatch(t *testing.T) {
	for _, name := range []string{"tests.json", "spec_tests.json"} {
		var cases []struct {
			Comment  string
			Doc      json.RawMessage
			Expected json.RawMessage
			Patch    []struct{ Op, Path string }
		}
		readOracle(t, name, &cases)
		for _, tc := range cases {
			checkSelf(t, string(tc.Doc))
			if tc.Expected == nil {
				continue
			}
			got := run(t, string(tc.Doc), string(tc.Expected), compile(t))
			x, y := decode(t, string(tc.Doc)), decode(t, string(tc.Expected))
			if equalLengths(x, y) {
				want := append([]string{}, twin("", x, y)...)
				slices.Sort(want)
				if d := cmp.Diff(want, places(got.differences)); d != "" {
					t.Errorf("%s %q (-twin +got):\n%s", name, tc.Comment, d)
				}
			} else if len(got.differences) == 0 {
				t.Errorf("%s %q: arrays of two lengths are equal", name, tc.Comment)
			}
			if len(tc.Patch) == 1 && tc.Patch[0].Op != "move" && tc.Patch[0].Op != "copy" && !strings.HasSuffix(tc.Patch[0].Path, "/-") {
				checkBelow(t, name+" "+tc.Comment, tc.Patch[0].Path, pointers(got))
			}
		}
	}
}

// checkBelow holds that all that differs is at a place or below it.
func checkBelow(t *testing.T, name, place string, found []string) {
	t.Helper()
	for _, p := range found {
		if p != place && !strings.HasPrefix(p, place+"/") {
			t.Errorf("%s: changed at %q, found %q", name, place, p)
		}
	}
}

// notExact are the places at which canonical JSON (RFC 8785) rounds to float64.
var notExact = map[string][]string{"values.json": {"/numbers/0"}}

func TestOracleCanonical(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(oracle, "jcs/input/*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("SKIPPED: %s is not beside the repository", oracle)
	}
	for _, in := range files {
		name := filepath.Base(in)
		old, err := os.ReadFile(in)
		if err != nil {
			t.Fatal(err)
		}
		new, err := os.ReadFile(filepath.Join(oracle, "jcs/output", name))
		if err != nil {
			t.Fatal(err)
		}
		want := append([]string{}, notExact[name]...)
		if d := cmp.Diff(want, pointers(run(t, string(old), string(new), compile(t)))); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestOracleNaughtyStrings(t *testing.T) {
	var list []string
	readOracle(t, "blns.json", &list)
	if len(list) < 500 {
		t.Fatalf("only %d strings", len(list))
	}
	r := compile(t)
	seen := map[string]bool{}
	for i, s := range list {
		if seen[s] {
			continue
		}
		seen[s] = true
		plain, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		spelled := spelledOut(s)
		if got := run(t, `{"k":`+string(plain)+`}`, `{"k":`+spelled+`}`, r); len(got.differences) > 0 {
			t.Errorf("string %d: %v", i, got.differences)
		}
		if got := run(t, `{`+string(plain)+`:1,"":2}`, `{"":2,`+spelled+`:1}`, r); s != "" && len(got.differences) > 0 {
			t.Errorf("key %d: %v", i, got.differences)
		}
		if got := run(t, `{"k":[`+string(plain)+`]}`, `{"k":["x`+spelled[1:]+`]}`, r); len(got.differences) != 1 || !strings.HasPrefix(got.differences[0], "/k/0 changed") {
			t.Errorf("string %d with an x before it: %v", i, got.differences)
		}
	}
}

// spelledOut writes every character as an escape.
func spelledOut(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&out, `\u%04x`, u)
	}
	return out.String() + `"`
}
