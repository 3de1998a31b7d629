package mapping

import (
	"errors"
	"fmt"
	"strings"
)

// check refuses entries that say nothing, or two things.
func (e *Column) check() error {
	changes := given(map[string]bool{"values": e.Values != nil, "expr": e.Expr != "", "from_new": e.FromNew != ""})
	nears := given(map[string]bool{
		"tolerance": e.Tolerance != "", "window": e.Window != "", "precision": e.Precision != 0,
		"scale": e.Scale != nil, "json": e.JSON, "zone": e.Zone != "" && e.Window == "",
	})
	if len(e.Sentinels) > 0 {
		return e.checkSentinels(append(changes, nears...))
	}
	switch {
	case len(e.Rules) > 0 && !e.JSON:
		return errors.New("rules are for places of a document: they go with json")
	case e.Old == "" && e.New == "":
		return errors.New("neither old nor new names a column")
	case len(changes) > 1:
		return fmt.Errorf("%s: one of them only", strings.Join(changes, " and "))
	case len(nears) > 1:
		return fmt.Errorf("%s: one of them only", strings.Join(nears, " and "))
	case e.Ignore && len(changes)+len(nears) > 0:
		return fmt.Errorf("ignore leaves nothing for %s to do", strings.Join(append(changes, nears...), " and "))
	case !e.Ignore && len(changes)+len(nears) == 0 && (e.New == "" || e.New == e.Old):
		return errors.New("the entry says nothing")
	}
	return e.checkSides()
}

// checkSentinels: a list of pairs goes with what says how near is near enough, and
// for what changes values the list is values.
func (e *Column) checkSentinels(others []string) error {
	for _, name := range others {
		switch name {
		case "values", "expr", "from_new", "json":
			return fmt.Errorf("%s and sentinels: one of them only", name)
		}
	}
	switch {
	case e.Old == "":
		return errors.New("sentinels: old must name the column")
	case e.Ignore:
		return errors.New("ignore leaves nothing for sentinels to do")
	case len(others) > 1:
		return fmt.Errorf("%s: one of them only", strings.Join(others, " and "))
	}
	return e.checkSides()
}

func (e *Column) checkSides() error {
	switch {
	case e.Old == "" && e.Expr == "" && !e.Ignore:
		return errors.New("a column that only the new table has needs expr or ignore")
	case e.FromNew != "" && e.Old == "":
		return errors.New("from_new: old must name the column whose value it gives")
	case e.Else != "" && e.Values == nil:
		return errors.New("else goes with values only")
	case e.Else != "" && e.Else != "error" && e.Else != "keep":
		return fmt.Errorf("else: %q is neither error nor keep", e.Else)
	case e.Values != nil && len(e.Values) == 0:
		return errors.New("values: the list is empty")
	}
	return nil
}

// given lists what is set, in the order of names, so that errors are the same
// every time.
func given(set map[string]bool) []string {
	var out []string
	for _, name := range []string{"values", "expr", "from_new", "tolerance", "window", "zone", "precision", "scale", "json"} {
		if set[name] {
			out = append(out, name)
		}
	}
	return out
}
