package rules

import (
	"errors"
	"fmt"
	"regexp"
)

// Matches makes two texts equal that match their side's regular expression as a
// whole. A number is matched as it stands.
type Matches struct{ Sides }

// UnmarshalYAML takes an expression for both sides, or {old: …, new: …}.
func (m *Matches) UnmarshalYAML(decode func(any) error) error { return m.Sides.UnmarshalYAML(decode) }

// maxExpression bounds a regular expression, in bytes.
const maxExpression = 10_000

// matching is a Matches, compiled. Go's regular expressions take time in
// proportion to the text.
type matching struct{ old, new *regexp.Regexp }

func (m *Matches) compile() (*matching, error) {
	if len(m.Old) == 0 || len(m.New) == 0 {
		return nil, errors.New("matches: an expression for each side is wanted")
	}
	old, err := whole("old", m.Old)
	if err != nil {
		return nil, err
	}
	new, err := whole("new", m.New)
	return &matching{old, new}, err
}

// whole compiles an expression that must match all of a text.
func whole(side string, list []string) (*regexp.Regexp, error) {
	text, err := single(side, list)
	if err != nil {
		return nil, fmt.Errorf("matches: %w", err)
	}
	if text == "" {
		return nil, fmt.Errorf("matches: %s: the expression is empty", side)
	}
	if len(text) > maxExpression {
		return nil, fmt.Errorf("matches: %s: an expression of %d bytes, want at most %d", side, len(text), maxExpression)
	}
	if _, err := regexp.Compile(text); err != nil { // by itself: "a)(b" is none
		return nil, fmt.Errorf("matches: %s: %w", side, err)
	}
	re, err := regexp.Compile(`\A(?:` + text + `)\z`)
	if err != nil {
		return nil, fmt.Errorf("matches: %s: %w", side, err)
	}
	return re, nil
}

// near implements nearness.
func (m *matching) near(old, new Scalar) bool {
	return m.old.MatchString(old.Text) && m.new.MatchString(new.Text)
}

func (m *matching) asOld() nearness { return &matching{m.old, m.old} }
