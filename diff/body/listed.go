package body

import (
	"bytes"
	"slices"

	"parallax/diff/body/events"
	"parallax/diff/body/records"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// The classes of what stands around records and events, where its builtin is off.
const (
	Framing = "framing"
	Comment = "comment"
)

// checker returns what tells one JSON document from other texts.
func (c *Comparer) checker(o Options) func([]byte) error {
	return func(text []byte) error { return c.json.Check(text, o.JSON) }
}

// byRecords compares two bodies of many JSON documents as arrays of them.
func (c *Comparer) byRecords(old, new side, o Options) error {
	x, errX := readRecords(&old, c.checker(o))
	y, errY := readRecords(&new, c.checker(o))
	if errX != nil || errY != nil {
		return &jsondiff.SideError{Old: errX, New: errY}
	}
	if err := c.documents(x.Array, y.Array, o); err != nil {
		return err
	}
	if x.Len == y.Len && !bytes.Equal(x.Framing, y.Framing) {
		c.walk.Spelling(rules.RecordFraming, Framing, rawValue(old.text), rawValue(new.text))
	}
	return nil
}

func readRecords(s *side, check func([]byte) error) (*records.List, error) {
	if sequence(s.media.Type) {
		return records.Sequence(s.text, check)
	}
	return records.Lines(s.text, check)
}

// documents compares two JSON documents that are the sides, or stand for them.
func (c *Comparer) documents(old, new []byte, o Options) error {
	err := c.json.CompareAt(old, new, c.report.rules, c.walk.Node(), &c.found, o.JSON)
	c.report.result.Coarse = c.report.result.Coarse || err == nil && c.json.Coarse()
	return err
}

// byEvents compares two event streams as arrays of events.
func (c *Comparer) byEvents(old, new side, o Options) error {
	x, y := events.Read(old.text, c.checker(o)), events.Read(new.text, c.checker(o))
	told := c.report.told()
	if err := c.documents(x.Array, y.Array, o); err != nil {
		return err
	}
	if !bytes.Equal(x.Comments, y.Comments) {
		c.walk.Spelling(rules.EventComment, Comment, rawValue(x.Comments), rawValue(y.Comments))
	}
	form := len(x.Form) == len(y.Form) && !slices.Equal(x.Form, y.Form)
	if form || c.report.told() == told && !bytes.Equal(old.text, new.text) {
		c.walk.Spelling(rules.RecordFraming, Framing, rawValue(old.text), rawValue(new.text))
	}
	return nil
}
