package mapping

import (
	"fmt"

	"parallax/capture/snapshot"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// documents makes what compares documents, under rules of the column's own.
func documents(own []rules.Rule) (near, error) {
	for i := range own {
		switch {
		case own[i].Body == nil || own[i].Route != "":
			return near{}, fmt.Errorf("rules: rule %d: want a place of the document (body), and no route", i+1)
		case own[i].Transform != nil:
			return near{}, fmt.Errorf("rules: rule %d: what changed on purpose is said by expr, of the whole column", i+1)
		}
	}
	set, err := rules.Compile(own)
	if err != nil {
		return near{}, fmt.Errorf("rules: %w", err)
	}
	return near{kind: document, json: set.ForCells("")}, nil
}

// sameDocument compares two JSON documents by their values: members in any order,
// numbers by value, never by spelling.
func (n *near) sameDocument(ac snapshot.Class, a []byte, bc snapshot.Class, b []byte) (bool, error) {
	if !holdsJSON(ac) || !holdsJSON(bc) {
		return false, nil
	}
	var found counter
	if err := n.paths(a, b, &found); err != nil {
		return false, err
	}
	return found == 0, nil
}

func (n *near) paths(old, new []byte, sink jsondiff.Sink) error {
	if err := jsondiff.Compare(old, new, n.json, sink, jsondiff.Limits{}); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

func holdsJSON(class snapshot.Class) bool {
	return class == snapshot.JSON || class == snapshot.Text || class == snapshot.List
}

// counter counts differences; what only the spelling of numbers and texts tells
// apart is none.
type counter int

func (c *counter) Difference(*jsondiff.Place, jsondiff.Difference) { *c++ }

func (c *counter) Equal(*jsondiff.Place, jsondiff.Equality) {}
