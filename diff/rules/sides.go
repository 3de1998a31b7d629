package rules

import (
	"errors"
	"fmt"

	"parallax/internal/literal"
)

// Sides is what is said of the old side and of the new one. A text or a list in
// place of {old: …, new: …} is said of both.
type Sides struct {
	Old []string `yaml:"old,omitempty" json:"old,omitempty"`
	New []string `yaml:"new,omitempty" json:"new,omitempty"`
}

// UnmarshalYAML takes a text, a list of texts, or a map of old and new, each of
// which is a text or a list.
func (s *Sides) UnmarshalYAML(decode func(any) error) error {
	var both texts
	if decode(&both) == nil {
		s.Old, s.New = both, both
		return nil
	}
	var each struct {
		Old texts `yaml:"old"`
		New texts `yaml:"new"`
	}
	if err := decode(&each); err != nil {
		return fmt.Errorf("want a text, a list of texts, or {old: …, new: …}: %w", err)
	}
	if each.Old == nil && each.New == nil {
		return errors.New("old, new or both must be given")
	}
	s.Old, s.New = each.Old, each.New
	return nil
}

// texts is a text or a list of them.
type texts []string

// UnmarshalYAML implements the decoder's interface.
func (t *texts) UnmarshalYAML(decode func(any) error) error {
	var one spelled
	if decode(&one) == nil {
		*t = texts{string(one)}
		return nil
	}
	var list []spelled
	if err := decode(&list); err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("the list is empty")
	}
	*t = nil
	for _, s := range list {
		*t = append(*t, string(s))
	}
	return nil
}

// spelled is a text as it is spelt, where it is one word or line, so that 007 is no
// 7; else as YAML folds it.
type spelled string

// UnmarshalYAML implements the decoder's interface.
func (s *spelled) UnmarshalYAML(decode func(any) error) error {
	var word literal.Text
	if decode(&word) == nil {
		*s = spelled(word)
		return nil
	}
	return decode((*string)(s))
}

// single returns the only text of a side, "" where nothing is said of it.
func single(side string, list []string) (string, error) {
	if len(list) > 1 {
		return "", fmt.Errorf("%s: one text is wanted, not a list", side)
	}
	if len(list) == 0 {
		return "", nil
	}
	return list[0], nil
}
