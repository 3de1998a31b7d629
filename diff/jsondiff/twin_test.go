package jsondiff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// record is a Sink that keeps what it is told as lines.
type record struct {
	differences, equalities []string
	patterns                []string
}

func (r *record) Difference(at *Place, d Difference) {
	where := at.AppendPointer(nil)
	r.differences = append(r.differences, fmt.Sprintf("%s %s [%s] %s %s", where, d.Kind, d.Class, show(d.Old), show(d.New)))
	r.patterns = append(r.patterns, fmt.Sprintf("%s %s", at.AppendPattern(nil), d.Kind))
}

func (r *record) Equal(at *Place, e Equality) {
	r.equalities = append(r.equalities, fmt.Sprintf("%s rule %d %s %s", at.AppendPointer(nil), e.Rule, show(e.Old), show(e.New)))
}

func show(v Value) string {
	if v.Type == "" {
		return "-"
	}
	return v.Type + ":" + string(v.Text)
}

func compile(t testing.TB, list ...rules.Rule) *rules.RouteRules {
	t.Helper()
	set, err := rules.Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	return set.For("GET /x")
}

func body(pattern string) rules.Where { return rules.Where{Body: &pattern} }

func run(t testing.TB, old, new string, r *rules.RouteRules) *record {
	t.Helper()
	rec := &record{}
	if err := Compare([]byte(old), []byte(new), r, rec, Limits{}); err != nil {
		t.Fatalf("compare %q with %q: %v", old, new, err)
	}
	return rec
}

// node is a decoded value of the plain twin: nil, bool, json.Number, string,
// []node or an object as a list of members in order.
type tmember struct {
	key   string
	value any
}

func decode(t testing.TB, text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := decodeValue(d)
	if err != nil {
		t.Fatalf("twin: %q: %v", text, err)
	}
	return v
}

func decodeValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Delim('{'):
		list := []tmember{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, tmember{key.(string), v})
		}
		_, err = d.Token()
		return list, err
	}
	return token, nil
}

// twin is a plain comparison of decoded trees whose arrays have equal lengths:
// it returns "pointer kind" lines, sorted.
func twin(at string, a, b any) []string {
	changed := func(kind comparison.Kind) []string { return []string{at + " " + string(kind)} }
	if typeName(a) != typeName(b) {
		return changed(comparison.TypeChanged)
	}
	switch a := a.(type) {
	case []any:
		return twinArray(at, a, b.([]any))
	case []tmember:
		return twinObject(at, a, b.([]tmember))
	case json.Number:
		if sameNumber([]byte(a.String()), []byte(b.(json.Number).String())) {
			return nil
		}
		return changed(comparison.Changed)
	}
	if a != b {
		return changed(comparison.Changed)
	}
	return nil
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "bool"
	case json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

func twinArray(at string, a, b []any) (out []string) {
	for i := range min(len(a), len(b)) {
		out = append(out, twin(at+"/"+strconv.Itoa(i), a[i], b[i])...)
	}
	return out
}

func twinObject(at string, a, b []tmember) (out []string) {
	used := make([]bool, len(b))
	for _, m := range a {
		place := at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(m.key)
		j := slices.IndexFunc(b, func(o tmember) bool { return o.key == m.key })
		for j >= 0 && used[j] {
			next := slices.IndexFunc(b[j+1:], func(o tmember) bool { return o.key == m.key })
			if next < 0 {
				j = -1
				break
			}
			j += 1 + next
		}
		if j < 0 {
			out = append(out, place+" "+string(comparison.MissingInNew))
			continue
		}
		used[j] = true
		out = append(out, twin(place, m.value, b[j].value)...)
	}
	for j, m := range b {
		if !used[j] {
			place := at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(m.key)
			out = append(out, place+" "+string(comparison.MissingInOld))
		}
	}
	return out
}

// places cuts record lines to "pointer kind", sorted.
func places(lines []string) []string {
	out := []string{}
	for _, l := range lines {
		out = append(out, l[:strings.Index(l, " [")])
	}
	slices.Sort(out)
	return out
}

func compact(t testing.TB, text []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
