package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"parallax/capture/redact"
	"parallax/diff/rules"
	"parallax/diff/tables/invariants"
	"parallax/diff/tables/mapping"
	"parallax/replay"
	"parallax/replay/carry"
	"parallax/replay/entity"
	"parallax/replay/sessions"
	"parallax/replay/shift"
	"parallax/report/gate"
)

// maxConfig bounds a configuration file, in bytes: it is trusted, but a wrong
// path should not read a recording into memory.
const maxConfig = 4 << 20

// config is the one YAML schema. A command reads its keys and leaves the
// others; an unknown key is an error everywhere.
type config struct {
	Targets    map[string]replay.Target `yaml:"targets"`
	Redact     redact.Config            `yaml:"redact"`
	Carry      []carry.Rule             `yaml:"carry"`
	Sessions   sessions.Config          `yaml:"sessions"`
	Order      []entity.Rule            `yaml:"order"`
	Abort      replay.Abort             `yaml:"abort"`
	Shift      []shift.Rule             `yaml:"shift"`
	Rules      []rules.Rule             `yaml:"rules"`
	Routes     routesConfig             `yaml:"routes"`
	Database   databaseConfig           `yaml:"database"`
	Mapping    mapping.Config           `yaml:"mapping"`
	Invariants []invariants.Invariant   `yaml:"invariants"`
	Gate       gate.Policy              `yaml:"gate"`
	Waivers    []gate.Waiver            `yaml:"waivers"`
	Steps      *job                     `yaml:"steps"`

	path string // of the file, for the paths in it
}

// loadConfig reads path strictly; an empty path is the empty configuration.
func loadConfig(path string) (*config, error) {
	c := &config{}
	if path == "" {
		return c, nil
	}
	c.path = path
	text, err := readConfig(path)
	if err != nil {
		return nil, usageError{err}
	}
	if err := decodeConfig(text, c); err != nil {
		return nil, usagef("%s: %s", path, yaml.FormatError(err, false, true))
	}
	c.resolve()
	if err := c.validate(); err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	return c, nil
}

// resolve takes the targets' files as relative to the configuration, as other paths
// in it are: a job is started from anywhere.
func (c *config) resolve() {
	for name, t := range c.Targets {
		t.CAFile = within(filepath.Dir(c.path), t.CAFile)
		c.Targets[name] = t
	}
}

// decodeConfig refuses a second document, also an empty one: the keys in it, a
// stricter gate say, would be left out unseen.
func decodeConfig(text []byte, c *config) error {
	tokens := tokensOf(text)
	if !oneDocument(tokens) {
		return errors.New("more than one YAML document: a configuration is one")
	}
	if err := checkSize(tokens); err != nil {
		return err
	}
	options := []yaml.DecodeOption{yaml.Strict(), yaml.DisallowUnknownField()}
	err := yaml.UnmarshalWithOptions(text, c, options...)
	if errors.Is(err, io.EOF) {
		return nil
	}
	err = withPlace(text, err, func(n ast.Node) error { return yaml.NodeToValue(n, &config{}, options...) })
	if err == nil && c.Database.NullText.text == nil {
		err = refuseNullText(text)
	}
	if err == nil {
		err = refuseFractions(text)
	}
	return err
}

// oneDocument looks at the tokens: the parser drops what follows an empty
// document.
func oneDocument(tokens token.Tokens) bool {
	content, directive, started, ended := false, false, false, false
	for _, t := range tokens {
		switch t.Type {
		case token.CommentType:
		case token.DirectiveType:
			directive = true
		case token.DocumentHeaderType:
			if started || content && !directive {
				return false
			}
			started = true
		case token.DocumentEndType:
			ended = true
		default:
			if ended {
				return false
			}
			content = true
		}
	}
	return true
}

func readConfig(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if len(text) > maxConfig {
		return nil, fmt.Errorf("configuration: %s is larger than %d bytes", path, maxConfig)
	}
	return text, nil
}

func (c *config) validate() error {
	if _, err := c.ruleSet(); err != nil {
		return err
	}
	if err := c.Redact.Validate(); err != nil {
		return err
	}
	if _, err := carry.New(c.Carry); err != nil {
		return err
	}
	if _, err := sessions.New(c.Sessions.Key); err != nil {
		return err
	}
	if _, err := entity.New(c.Order); err != nil {
		return err
	}
	if err := c.validateTargets(); err != nil {
		return err
	}
	if err := c.Abort.Validate(); err != nil {
		return err
	}
	if _, err := shift.New(c.Shift, 0, 0); err != nil {
		return err
	}
	if _, err := mapping.Compile(c.Mapping); err != nil {
		return err
	}
	if _, err := invariants.Compile(c.Invariants, invariants.Options{}); err != nil {
		return err
	}
	if err := c.Database.validate(); err != nil {
		return err
	}
	if err := c.Gate.Validate(); err != nil {
		return err
	}
	for i := range c.Waivers {
		if err := c.Waivers[i].Validate(); err != nil {
			return err
		}
	}
	if c.Steps == nil {
		return nil
	}
	return c.Steps.validate()
}

// ruleSet compiles the rules, with those that switch normalisations off.
func (c *config) ruleSet() (*rules.Set, error) { return rules.Compile(c.Rules) }

func (c *config) validateTargets() error {
	for _, name := range slices.Sorted(maps.Keys(c.Targets)) {
		t := c.Targets[name]
		if err := t.Validate(); err != nil {
			return fmt.Errorf("targets: %s: %w", name, err)
		}
		if t.Auth == nil {
			continue
		}
		if err := t.Auth.Validate(); err != nil {
			return fmt.Errorf("targets: %s: %w", name, err)
		}
		t.Name = name
		if err := c.findAuthTarget(&t); err != nil {
			return err
		}
	}
	return nil
}
