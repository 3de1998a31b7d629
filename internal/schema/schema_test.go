package schema

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

type inner struct {
	A string `yaml:"a"`
}

type inline struct {
	N *int `yaml:"n,omitempty"`
}

type loud string

func (l *loud) UnmarshalText(text []byte) error { *l = loud(text); return nil }

type outer struct {
	inline `yaml:",inline"`
	Flag   bool             `yaml:"flag"`
	List   []inner          `yaml:"list"`
	Map    map[string]inner `yaml:"map"`
	Word   string           `yaml:"word"`
	hidden int
}

func words(places ...string) map[string]string {
	m := map[string]string{}
	for _, p := range places {
		m["schema."+p] = "About " + p + "."
	}
	return m
}

func TestOf(t *testing.T) {
	_ = outer{}.hidden
	n, err := Of(reflect.TypeFor[outer](), Options{
		Title: "T", Words: words("inner.a", "inline.n", "outer.flag", "outer.list", "outer.map", "outer.word"),
		Values: map[string][]any{"schema.outer.word": {"x", "y"}}, Required: map[string][]string{"schema.inner": {"a"}},
		Nullable: reflect.TypeFor[outer](),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"$schema":"https://json-schema.org/draft/2020-12/schema","title":"T","$ref":"#/$defs/schema.outer","$defs":{` +
		`"schema.inner":{"type":"object","required":["a"],"properties":{"a":{"description":"About inner.a.","type":["string","number","boolean"]}},"additionalProperties":false},` +
		`"schema.outer":{"type":"object","properties":{` +
		`"flag":{"description":"About outer.flag.","type":["boolean","null"]},` +
		`"list":{"description":"About outer.list.","type":["array","null"],"items":{"$ref":"#/$defs/schema.inner"}},` +
		`"map":{"description":"About outer.map.","type":["object","null"],"additionalProperties":{"$ref":"#/$defs/schema.inner"}},` +
		`"n":{"description":"About inline.n.","type":["integer","null"]},` +
		`"word":{"description":"About outer.word.","enum":["x","y",null]}},"additionalProperties":false}}}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A key cannot be forgotten, nor can words outlive their key.
func TestWhatIsForgotten(t *testing.T) {
	type odd struct {
		L loud     `yaml:"l"`
		C chan int `yaml:"c"`
		F float64
	}
	for name, c := range map[string]struct {
		of    reflect.Type
		o     Options
		fault string
	}{
		"no words":       {reflect.TypeFor[inner](), Options{}, "schema.inner.a is not described"},
		"old words":      {reflect.TypeFor[inner](), Options{Words: words("inner.a", "inner.b")}, "schema.inner.b is described, and there is no such key"},
		"old values":     {reflect.TypeFor[inner](), Options{Words: words("inner.a"), Values: map[string][]any{"x.y": {1}}}, "x.y has values"},
		"old required":   {reflect.TypeFor[inner](), Options{Words: words("inner.a"), Required: map[string][]string{"schema.inner": {"b"}}}, "schema.inner.b is required"},
		"no such struct": {reflect.TypeFor[inner](), Options{Words: words("inner.a"), Required: map[string][]string{"schema.x": {"b"}}}, "schema.x has required keys"},
		"own decoder":    {reflect.TypeFor[odd](), Options{Words: words("odd.l", "odd.c")}, "type schema.loud decodes itself"},
		"no type":        {reflect.TypeFor[odd](), Options{Words: words("odd.l", "odd.c")}, "type chan int cannot be described"},
		"no tag":         {reflect.TypeFor[odd](), Options{Words: words("odd.l", "odd.c")}, "F has no yaml tag"},
	} {
		if _, err := Of(c.of, c.o); err == nil || !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v, want %q", name, err, c.fault)
		}
	}
}

func TestTypesThatDecodeThemselves(t *testing.T) {
	type holder struct {
		L loud `yaml:"l"`
	}
	n, err := Of(reflect.TypeFor[holder](), Options{Words: words("holder.l", "inner.a"), Types: map[reflect.Type]func(func(reflect.Type) *Node) *Node{
		reflect.TypeFor[loud](): func(of func(reflect.Type) *Node) *Node {
			one := of(reflect.TypeFor[inner]())
			return &Node{AnyOf: []*Node{one, {Type: Types{"array"}, Items: one}}}
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if l := n.Defs["schema.holder"].Properties["l"]; len(l.AnyOf) != 2 || n.Defs["schema.inner"] == nil {
		t.Errorf("%+v", l)
	}
}
