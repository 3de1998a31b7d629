// Package schema writes the JSON Schema of a configuration from the Go structs that
// it is decoded into, so that the two cannot tell different stories.
//
// Terms. A place is "TYPE.key", the struct's name with its package (but for main)
// and the key as the file has it: "replay.Target.url". A struct that lies inline in others has its
// own places. Words are what is said of places.
//
// Steps. Of walks the struct's fields by their yaml tags. Each struct becomes a
// definition, which refuses keys that it does not have. A type that decodes itself
// is looked up in Options.Types.
//
// Limits. What a file means beyond the types of its values (two keys that exclude
// each other) stays with the program. A place without words, words without a place
// and a type that is not known are errors: a new key cannot be forgotten.
package schema

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Dialect is the version of JSON Schema that is written.
const Dialect = "https://json-schema.org/draft/2020-12/schema"

// Node is a schema, or a part of one.
type Node struct {
	Dialect     string           `json:"$schema,omitempty"`
	Title       string           `json:"title,omitempty"`
	Ref         string           `json:"$ref,omitempty"`
	Description string           `json:"description,omitempty"`
	Type        Types            `json:"type,omitempty"`
	Enum        []any            `json:"enum,omitempty"`
	Examples    []any            `json:"examples,omitempty"`
	Items       *Node            `json:"items,omitempty"`
	AnyOf       []*Node          `json:"anyOf,omitempty"`
	Required    []string         `json:"required,omitempty"`
	Properties  map[string]*Node `json:"properties,omitempty"`
	// Additional is false for structs, a schema for maps.
	Additional any              `json:"additionalProperties,omitempty"`
	Defs       map[string]*Node `json:"$defs,omitempty"`
}

// Types are the JSON types that a value may have: one or several.
type Types []string

// MarshalJSON writes one type as a text, as people do.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// Options say what the structs do not.
type Options struct {
	Title string
	// Words describe places; every one must be described.
	Words map[string]string
	// Types describe types that decode themselves; of gives the schema of a type
	// that one is made of.
	Types map[reflect.Type]func(of func(reflect.Type) *Node) *Node
	// Values list the values that a place takes, Required the keys that a struct
	// ("replay.Target") must have.
	Values   map[string][]any
	Required map[string][]string
	// Nullable lets the keys of this struct stand without a value. Else only what
	// is a pointer may: elsewhere it is a slip, whatever the decoder says of it.
	Nullable reflect.Type
}

// Of returns the schema of a document that is decoded into a value of type t.
func Of(t reflect.Type, o Options) (*Node, error) {
	w := &walker{o: o, defs: map[string]*Node{}, used: map[string]bool{}}
	root := w.node(t)
	for place := range o.Words {
		if !w.used[place] {
			w.fault("%s is described, and there is no such key", place)
		}
	}
	for place := range o.Values {
		if !w.used[place] {
			w.fault("%s has values, and there is no such key", place)
		}
	}
	for name := range o.Required {
		if w.defs[name] == nil {
			w.fault("%s has required keys, and there is no such struct", name)
		}
	}
	if len(w.faults) > 0 {
		slices.Sort(w.faults)
		return nil, errors.New(strings.Join(w.faults, "\n"))
	}
	return &Node{Dialect: Dialect, Title: o.Title, Ref: root.Ref, Defs: w.defs}, nil
}

// Text is the schema as a file.
func (n *Node) Text() ([]byte, error) {
	text, err := json.MarshalIndent(n, "", "  ")
	return append(text, '\n'), err
}

// Structs are the names of the structs that n describes, sorted.
func (n *Node) Structs() []string { return slices.Sorted(maps.Keys(n.Defs)) }

type walker struct {
	o      Options
	defs   map[string]*Node
	used   map[string]bool
	faults []string
}

func (w *walker) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// Scalars are what a text, a number and a truth value may be written as: a decoder
// takes each for a text.
var scalars = [...]string{"string", "number", "boolean"}

func (w *walker) node(t reflect.Type) *Node {
	if describe := w.o.Types[t]; describe != nil {
		return describe(w.node)
	}
	if decodesItself(t) {
		w.fault("type %s decodes itself: Options.Types must describe it", t)
		return &Node{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullable(w.node(t.Elem()))
	case reflect.String:
		return &Node{Type: scalars[:]}
	case reflect.Bool:
		return &Node{Type: []string{"boolean"}}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return &Node{Type: []string{"integer"}}
	case reflect.Slice:
		return &Node{Type: []string{"array"}, Items: w.node(t.Elem())}
	case reflect.Map:
		return &Node{Type: []string{"object"}, Additional: w.node(t.Elem())}
	case reflect.Struct:
		return w.define(t)
	}
	w.fault("type %s cannot be described", t)
	return &Node{}
}

func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	_, yaml := p.MethodByName("UnmarshalYAML")
	return yaml || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) || p.Implements(reflect.TypeFor[json.Unmarshaler]())
}

// nameOf leaves out the package of a program's own structs, which is always main.
func nameOf(t reflect.Type) string { return strings.TrimPrefix(t.String(), "main.") }

// define makes the definition of a struct, once, and returns a reference to it.
func (w *walker) define(t reflect.Type) *Node {
	name := nameOf(t)
	ref := &Node{Ref: "#/$defs/" + name}
	if w.defs[name] != nil {
		return ref
	}
	def := &Node{Type: []string{"object"}, Properties: map[string]*Node{}, Additional: false, Required: w.o.Required[name]}
	w.defs[name] = def
	w.fields(t, t, def)
	for _, key := range def.Required {
		if def.Properties[key] == nil {
			w.fault("%s.%s is required, and there is no such key", name, key)
		}
	}
	return ref
}

// fields adds the fields of t, which is root or lies inline in it.
func (w *walker) fields(root, t reflect.Type, def *Node) {
	for f := range t.Fields() {
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			w.fields(root, f.Type, def)
		case !f.IsExported() || key == "-":
		case key == "":
			w.fault("%s.%s has no yaml tag", t, f.Name)
		default:
			def.Properties[key] = w.property(root, nameOf(t)+"."+key, f.Type)
		}
	}
}

func (w *walker) property(root reflect.Type, place string, t reflect.Type) *Node {
	w.used[place] = true
	n := w.node(t)
	if n.Description = w.o.Words[place]; n.Description == "" {
		w.fault("%s is not described", place)
	}
	if values := w.o.Values[place]; values != nil {
		into := n
		if n.Items != nil {
			into = n.Items
		}
		into.Type, into.Enum = nil, values
	}
	if root == w.o.Nullable {
		return nullable(n)
	}
	return n
}

// nullable is n, or nothing.
func nullable(n *Node) *Node {
	switch {
	case slices.Contains(n.Type, "null") || n.AnyOf != nil && slices.Contains(n.AnyOf[len(n.AnyOf)-1].Type, "null"):
		return n
	case n.Enum != nil:
		n.Enum = append(slices.Clone(n.Enum), nil)
		return n
	case n.AnyOf != nil:
		n.AnyOf = append(slices.Clone(n.AnyOf), &Node{Type: Types{"null"}})
		return n
	case n.Ref == "":
		n.Type = append(slices.Clone(n.Type), "null")
		return n
	}
	ref := *n
	ref.Description = ""
	return &Node{Description: n.Description, AnyOf: []*Node{&ref, {Type: []string{"null"}}}}
}
