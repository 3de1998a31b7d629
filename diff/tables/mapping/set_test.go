package mapping

import (
	"os"
	"regexp"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func compile(t *testing.T, text string) *Set {
	t.Helper()
	var c Config
	if err := yaml.UnmarshalWithOptions([]byte(text), &c, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	s, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNamesAndWhatIsIgnored(t *testing.T) {
	s := compile(t, `
tables:
  - {old: customers, new: crm.client, columns: [{old: no, new: id}, {old: flag, ignore: true, reason: gone}, {new: extra, ignore: true}]}
  - {old: other.customers, new: guests}
ignore:
  - {table: "*", column: updated_at}
  - {table: client, column: updated_at, name: the clients'}
`)
	name := func(s string, ok bool) string { return map[bool]string{true: s, false: "none"}[ok] }
	ruleName := func(i int, ok bool) string {
		if !ok {
			return "none"
		}
		return s.Name(i)
	}
	got := []string{
		name(s.TableName("public.customers")), name(s.TableName("other.customers")), name(s.TableName("x")),
		name(s.ColumnName("customers", "no")), name(s.ColumnName("customers", "flag")), name(s.ColumnName("x", "no")),
		ruleName(s.Ignored("customers", "flag")), ruleName(s.Ignored("customers", "no")),
		ruleName(s.IgnoredNew("crm.client", "extra")), ruleName(s.IgnoredNew("crm.client", "flag")),
		ruleName(s.Ignored("x", "updated_at")), ruleName(s.Ignored("x.y", "not_updated_at")),
		ruleName(s.Ignored("customers", "updated_at")), ruleName(s.IgnoredNew("crm.client", "updated_at")),
		ruleName(s.IgnoredNew("client2", "updated_at")), s.Reason(1),
	}
	want := []string{
		"crm.client", "guests", "none", "id", "none", "none",
		"mapping customers.flag", "none", "mapping customers.extra", "mapping customers.flag",
		"mapping ignore *.updated_at", "none", "the clients'", "the clients'", "mapping ignore *.updated_at", "gone",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if s.Len() != 5 || s.Builtin(0) {
		t.Errorf("%d rules", s.Len())
	}
}

// TestTheManualDecodes compiles every example of docs/mapping.md.
func TestTheManualDecodes(t *testing.T) {
	for _, file := range []string{"mapping.md", "configuration.md"} {
		text, err := os.ReadFile("../../../docs/" + file)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, m := range regexp.MustCompile("(?s)```yaml\n(mapping:.*?)```").FindAllSubmatch(text, -1) {
			var c struct {
				Mapping    Config `yaml:"mapping"`
				Invariants any    `yaml:"invariants"`
			}
			if err := yaml.UnmarshalWithOptions(m[1], &c, yaml.Strict()); err != nil {
				t.Fatalf("%s: %v", file, yaml.FormatError(err, false, true))
			}
			if _, err := Compile(c.Mapping); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			found++
		}
		if found == 0 {
			t.Errorf("%s has no example", file)
		}
	}
}

func TestTheDigestFollowsTheWords(t *testing.T) {
	a := compile(t, `ignore: [{table: a, column: b}]`)
	b := compile(t, `ignore: [{table: a, column: c}]`)
	if a.Digest() == b.Digest() || len(a.Digest()) != 64 {
		t.Error(a.Digest(), b.Digest())
	}
}
