package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"parallax/capture/database"
	"parallax/capture/snapshot"
	"parallax/internal/literal"
)

// databaseConfig is the configuration's key database: what is captured of a
// store. The same file serves both sides.
type databaseConfig struct {
	Include []string            `yaml:"include"`
	Exclude []string            `yaml:"exclude"`
	Views   bool                `yaml:"views"`
	Keys    map[string][]string `yaml:"keys"`
	Queries []database.Query    `yaml:"queries"`
	// Types and NullText say what the texts of CSV and NDJSON files are; other stores
	// declare it themselves.
	Types    map[string]string `yaml:"types"`
	NullText scalarText        `yaml:"null_text"`
}

// databaseConnections are enough to read one table while another is written.
const databaseConnections = 2

// options are those of a source that the configuration says; the caller may change
// them.
func (c *databaseConfig) options() database.Options {
	o := database.Options{
		Include: c.Include, Exclude: slices.Clone(c.Exclude), Views: c.Views, Keys: map[string][]string{}, Queries: c.Queries,
		Types: c.Types, NullText: c.NullText.text,
	}
	maps.Copy(o.Keys, c.Keys)
	return o
}

// scalarText is a text that may be left out, or be empty.
type scalarText struct{ text *string }

// UnmarshalYAML takes the scalar as it is spelled: null is no text.
func (s *scalarText) UnmarshalYAML(raw []byte) error {
	var text literal.Text
	if err := text.UnmarshalYAML(raw); err != nil {
		return err
	}
	plain := string(text)
	s.text = &plain
	return nil
}

// refuseNullText refuses null_text: NULL, which to YAML is no text but as if the key
// were not there.
func refuseNullText(text []byte) error {
	path, err := yaml.PathString("$.database.null_text")
	if err != nil {
		return err
	}
	if _, err := path.ReadNode(bytes.NewReader(text)); err != nil {
		return nil // it is not there
	}
	return errors.New(`database: null_text: null is no value here; the text is written "NULL"`)
}

// validate checks what can be without a store.
func (c *databaseConfig) validate() error {
	for _, column := range slices.Sorted(maps.Keys(c.Types)) {
		class, err := snapshot.ParseClass(c.Types[column])
		if err != nil || !slices.Contains(textClasses, class) {
			return fmt.Errorf("database: types: %s: %q is none of %s", column, c.Types[column], listClasses())
		}
	}
	return nil
}

// textClasses are those that a text can be read as.
var textClasses = []snapshot.Class{snapshot.Text, snapshot.Number, snapshot.Float, snapshot.Bool, snapshot.Date, snapshot.WallTime,
	snapshot.Instant, snapshot.Time, snapshot.UUID, snapshot.JSON}

func listClasses() string {
	out := ""
	for i, class := range textClasses {
		if i > 0 {
			out += ", "
		}
		out += class.String()
	}
	return out
}
