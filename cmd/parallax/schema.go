package main

import (
	"reflect"

	"github.com/urfave/cli/v2"

	"parallax/diff/comparison"
	"parallax/diff/rules"
	"parallax/internal/literal"
	"parallax/internal/schema"
	"parallax/replay"
	"parallax/replay/sessions"
	"parallax/report/gate"
)

func schemaCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "schema", Usage: "print the JSON Schema of the configuration",
		Description: "Editors complete and check the file by it (docs/configuration.md). What keys mean\n" +
			"together only parallax checks: parallax doctor --config FILE --check config.",
		Action: func(c *cli.Context) error {
			if _, err := arguments(c); err != nil {
				return err
			}
			n, err := configSchema()
			if err != nil {
				return err
			}
			text, err := n.Text()
			if err != nil {
				return err
			}
			_, err = s.out.Write(text)
			return err
		},
	}
}

// configSchema describes config; it fails where a key has no words.
func configSchema() (*schema.Node, error) {
	return schema.Of(reflect.TypeFor[config](), schema.Options{
		Title: "parallax configuration", Words: configWords, Types: configTypes(), Values: configValues(), Required: configRequired,
		Nullable: reflect.TypeFor[config](),
	})
}

// configTypes are the types that decode themselves from the scalar as it stands.
func configTypes() map[reflect.Type]func(func(reflect.Type) *schema.Node) *schema.Node {
	number := func(examples ...any) func(func(reflect.Type) *schema.Node) *schema.Node {
		return func(func(reflect.Type) *schema.Node) *schema.Node {
			return &schema.Node{Type: []string{"string", "number"}, Examples: examples}
		}
	}
	span := func(func(reflect.Type) *schema.Node) *schema.Node {
		return &schema.Node{Type: []string{"string"}, Examples: []any{"500ms", "2s"}}
	}
	return map[reflect.Type]func(func(reflect.Type) *schema.Node) *schema.Node{
		reflect.TypeFor[gate.Ratio]():       number("0.1%", 0.001),
		reflect.TypeFor[replay.Share]():     number("20%", 0.2),
		reflect.TypeFor[literal.Duration](): span,
		reflect.TypeFor[literal.Text]():     scalarNode,
		reflect.TypeFor[scalarText]():       scalarNode,
		reflect.TypeFor[rules.Sides]():      sidesNode, reflect.TypeFor[rules.Matches](): sidesNode,
		reflect.TypeFor[sessions.Keys](): func(of func(reflect.Type) *schema.Node) *schema.Node {
			one := of(reflect.TypeFor[sessions.Key]())
			return &schema.Node{AnyOf: []*schema.Node{one, {Type: []string{"array"}, Items: one}}}
		},
	}
}

func scalarNode(func(reflect.Type) *schema.Node) *schema.Node {
	return &schema.Node{Type: schema.Types{"string", "number", "boolean"}}
}

// sidesNode is a text or a list of texts, of both sides or of each.
func sidesNode(of func(reflect.Type) *schema.Node) *schema.Node {
	texts := []*schema.Node{scalarNode(of), {Type: schema.Types{"array"}, Items: scalarNode(of)}}
	side := &schema.Node{AnyOf: texts}
	return &schema.Node{AnyOf: append(texts, &schema.Node{
		Type: schema.Types{"object"}, Properties: map[string]*schema.Node{"old": side, "new": side}, Additional: false,
	})}
}

// configValues are the values of keys that take no others.
func configValues() map[string][]any {
	return map[string][]any{
		"redact.Config.profile":             {"secrets", "off"},
		"carry.Rule.scope":                  {"session", "run"},
		"rules.Action.equal":                {nil, "null", "missing", "empty"},
		"rules.Where.builtin":               texts(rules.BuiltinNames()),
		"gate.Waiver.part":                  {comparison.Status, comparison.Headers, comparison.Body, comparison.Trailers, comparison.Whole, comparison.Row, comparison.Column},
		"gate.Waiver.kind":                  {comparison.MissingInOld, comparison.MissingInNew, comparison.Changed, comparison.TypeChanged},
		"invariants.Invariant.side":         {"old", "new", "both"},
		"invariants.Invariant.foreign_keys": {"all"},
		"invariants.Invariant.sequences":    {"all"},
		"rules.Time.truncate":               {"s", "ms", "us"},
		"shift.Rule.round":                  {"day"},
		"mapping.Column.else":               {"error", "keep"},
	}
}

func texts(list []string) []any {
	var all []any
	for _, s := range list {
		all = append(all, s)
	}
	return all
}

// configRequired are keys without which a file is refused.
var configRequired = map[string][]string{
	"job":          {"folder"},
	"replayJob":    {"target"},
	"captureJob":   {"packets"},
	"gate.Waiver":  {"owner", "reason", "route", "max_count", "expires"},
	"carry.Rule":   {"from", "to"},
	"entity.Rule":  {"entity", "at"},
	"snapshotsJob": {"old", "new"},
}
