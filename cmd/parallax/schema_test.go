package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parallax/internal/schema"
)

var update = flag.Bool("update", false, "write generated files anew")

const schemaFile = "../../docs/parallax.schema.json"

// The published schema is the one that the decoder's structs give.
func TestSchemaIsPublished(t *testing.T) {
	n, err := configSchema()
	if err != nil {
		t.Fatalf("%v\nhint: a new key needs its words in schema_words.go", err)
	}
	want, err := n.Text()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil || string(got) != string(want) {
		t.Errorf("%s is not what `parallax schema` prints (%v)\nhint: go test ./cmd/parallax -run TestSchemaIsPublished -update", schemaFile, err)
	}
}

// leaf is a place of a file at which the schema knows what may stand.
type leaf struct {
	// path leads from the document to it: keys, "0" for the element of a list, "key"
	// for the entry of a map.
	path []string
	node *schema.Node
}

func (l leaf) String() string { return strings.Join(l.path, ".") }

// text is a document in flow style that has nothing but value at the place.
func (l leaf) text(value string) string {
	text := value
	for _, step := range slices.Backward(l.path) {
		if step == "0" {
			text = "[" + text + "]"
		} else {
			text = "{" + step + ": " + text + "}"
		}
	}
	return text + "\n"
}

// leaves walks the schema down to what is no struct any more.
func leaves(n *schema.Node, root *schema.Node, path []string) []leaf {
	var all []leaf
	down := func(step string, n *schema.Node) {
		all = append(all, leaves(n, root, append(slices.Clone(path), step))...)
	}
	switch {
	case n.Ref != "":
		def := root.Defs[strings.TrimPrefix(n.Ref, "#/$defs/")]
		for _, key := range slices.Sorted(maps.Keys(def.Properties)) {
			down(key, def.Properties[key])
		}
	case n.AnyOf != nil:
		all = append(all, leaves(n.AnyOf[0], root, path)...)
	case n.Items != nil:
		all = append(all, leaf{path, n})
		down("0", n.Items)
	case len(n.Type) > 0 && n.Type[0] == "object":
		down("key", n.Additional.(*schema.Node))
	default:
		all = append(all, leaf{path, n})
	}
	return all
}

// kinds are samples of the types of JSON Schema.
var kinds = map[string]string{"string": `"text"`, "number": "1.5", "integer": "7", "boolean": "true", "array": "[]", "object": "{}"}

// accepts reports whether the schema takes a value of the kind.
func accepts(n *schema.Node, kind string) bool {
	if slices.Contains(n.Type, kind) || kind == "integer" && slices.Contains(n.Type, "number") {
		return true
	}
	return n.Enum != nil && kind == "string" // which ones is TestSchemaValues's
}

// The schema takes a kind of value at a place exactly where the strict decoder does.
func TestSchemaKindsAreTheDecoders(t *testing.T) {
	root, err := configSchema()
	if err != nil {
		t.Fatal(err)
	}
	all := leaves(root, root, nil)
	if len(all) < 150 {
		t.Fatalf("%d leaves: the walk misses some", len(all))
	}
	for _, l := range all {
		for kind, sample := range kinds {
			if kind == "string" && len(l.node.Examples) > 0 {
				sample = fmt.Sprintf("%q", l.node.Examples[0])
			}
			if kind == "number" && slices.Contains(l.node.Type, "number") && len(l.node.Examples) > 1 {
				sample = fmt.Sprint(l.node.Examples[1])
			}
			if kind == "integer" && l.node.Examples != nil || l.node.Enum != nil && kind != "array" && kind != "object" {
				continue // 7 is no share; values are looked at one by one
			}
			err := decodeConfig([]byte(l.text(sample)), &config{})
			if takes := err == nil; takes != accepts(l.node, kind) {
				t.Errorf("%s: the schema takes a value of type %s: %v, the decoder: %v (%v)", l, kind, accepts(l.node, kind), takes, err)
			}
		}
		unknown := slices.Clone(l.path)
		unknown[0] += "x"
		if err := decodeConfig([]byte(leaf{path: unknown}.text("1")), &config{}); err == nil {
			t.Errorf("%s: an unknown key is taken", leaf{path: unknown})
		}
	}
}

// schemaValues have a document for each place with values of its own; %s is the value.
var schemaValues = map[string]string{
	"redact.Config.profile":             "redact: {profile: %s}",
	"carry.Rule.scope":                  "carry: [{from: {header: X}, to: {header: Y}, scope: %s}]",
	"rules.Action.equal":                "rules: [{body: /a, equal: [missing, %s]}, {body: /b, equal: [empty, %s]}]",
	"rules.Where.builtin":               "rules: [{builtin: [%s], off: true}]",
	"gate.Waiver.part":                  "waivers: [{owner: a, reason: b, route: c, max_count: 1, expires: 2026-12-31, part: %s}]",
	"gate.Waiver.kind":                  "waivers: [{owner: a, reason: b, route: c, max_count: 1, expires: 2026-12-31, kind: %s}]",
	"invariants.Invariant.side":         "invariants: [{name: a, foreign_keys: all, side: %s}]",
	"invariants.Invariant.foreign_keys": "invariants: [{name: a, foreign_keys: %s}]",
	"invariants.Invariant.sequences":    "invariants: [{name: a, sequences: %s}]",
	"rules.Time.truncate":               "rules: [{body: /a, time: {within: 1s, truncate: %s}}]",
	"shift.Rule.round":                  "shift: [{body: /a, round: %s}]",
	"mapping.Column.else":               "mapping: {tables: [{old: a, columns: [{old: b, values: {x: y}, else: %s}]}]}",
}

// Where the schema lists values, parallax takes these and no others.
func TestSchemaValues(t *testing.T) {
	listed := configValues()
	for place := range schemaValues {
		if listed[place] == nil {
			t.Errorf("%s has no values any more", place)
		}
	}
	for place, values := range listed {
		document := schemaValues[place]
		if document == "" {
			t.Errorf("%s: schemaValues lacks a document", place)
			continue
		}
		for _, v := range values {
			if err := loadText(t, fill(document, v)); err != nil && !bothEmpty(place, v) {
				t.Errorf("%s: %v is refused: %v", place, v, err)
			}
		}
		if err := loadText(t, fill(document, "nosuch")); err == nil {
			t.Errorf("%s: nosuch is taken", place)
		}
	}
}

func fill(document string, v any) string {
	if v == nil {
		v = "null"
	}
	return strings.ReplaceAll(document, "%s", fmt.Sprint(v))
}

// bothEmpty are the values that the document of rules.Action.equal has already.
func bothEmpty(place string, v any) bool {
	return place == "rules.Action.equal" && (v == "missing" || v == "empty")
}

func loadText(t *testing.T, text string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	writeText(t, path, text)
	_, err := loadConfig(path)
	return err
}
