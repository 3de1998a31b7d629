package mapping

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"parallax/capture/snapshot"
	"parallax/diff/expression"
	"parallax/diff/rules"
)

// near says when two cells that differ are near enough.
type near struct {
	kind   nearKind
	limit  *big.Rat // absolute, relative
	window time.Duration
	zone   *time.Location    // nil: instants and wall times do not compare
	digits int               // precision, scale
	json   *rules.RouteRules // document
}

type nearKind uint8

const (
	exact nearKind = iota
	absolute
	relative
	window
	precision // significant digits
	scale     // digits behind the point
	document
)

// near reads how near is near enough.
func (e *Column) near() (near, error) {
	switch {
	case e.Tolerance != "":
		return parseTolerance(string(e.Tolerance))
	case e.Window != "" || e.Zone != "":
		return parseWindow(e.Window, e.Zone)
	case e.Precision != 0:
		return digits("precision", precision, e.Precision, 1)
	case e.Scale != nil:
		return digits("scale", scale, *e.Scale, 0)
	case e.JSON:
		return documents(e.Rules)
	}
	return near{}, nil
}

func digits(name string, kind nearKind, n, least int) (near, error) {
	if n < least || n > expression.MaxDigits {
		return near{}, fmt.Errorf("%s: %d is not within %d and %d", name, n, least, expression.MaxDigits)
	}
	return near{kind: kind, digits: n}, nil
}

func parseTolerance(text string) (near, error) {
	number, percent := strings.CutSuffix(text, "%")
	r, ok := expression.ParseNumber(strings.TrimSpace(number))
	if !ok || r.Sign() < 0 {
		return near{}, fmt.Errorf("tolerance: %q is neither a decimal number from 0 upwards nor a share like 1%%", text)
	}
	if percent {
		return near{kind: relative, limit: r.Quo(r, big.NewRat(100, 1))}, nil
	}
	return near{kind: absolute, limit: r}, nil
}

func parseWindow(text, zone string) (n near, err error) {
	n.kind = window
	if text != "" {
		if n.window, err = time.ParseDuration(text); err != nil || n.window < 0 {
			return n, fmt.Errorf("window: %q is no duration like 2s or 1h30m", text)
		}
	}
	if zone == "Local" {
		return n, errors.New("zone: Local is another one on another machine")
	}
	if zone != "" {
		if n.zone, err = time.LoadLocation(zone); err != nil {
			return n, fmt.Errorf("zone: %w", err)
		}
	}
	return n, nil
}

// equal reports whether two cells are near enough. It does not depend on which of
// them is the old one, except for documents' names in errors.
func (n *near) equal(ac snapshot.Class, a []byte, bc snapshot.Class, b []byte) (bool, error) {
	if same(ac, a, bc, b) {
		return true, nil
	}
	switch n.kind {
	case exact:
		return false, nil
	case window:
		return n.withinWindow(ac, a, bc, b), nil
	case document:
		return n.sameDocument(ac, a, bc, b)
	}
	x, okX := expression.Number(ac, a)
	y, okY := expression.Number(bc, b)
	return okX && okY && n.nearNumbers(x, y), nil
}

func (n *near) nearNumbers(x, y *big.Rat) bool {
	switch n.kind {
	case precision:
		return significant(x, n.digits).Cmp(significant(y, n.digits)) == 0
	case scale:
		return expression.Round(x, n.digits, expression.HalfUp).Cmp(expression.Round(y, n.digits, expression.HalfUp)) == 0
	}
	gap := new(big.Rat).Sub(x, y)
	gap.Abs(gap)
	limit := n.limit
	if n.kind == relative {
		larger := new(big.Rat).Abs(x)
		if other := new(big.Rat).Abs(y); other.Cmp(larger) > 0 {
			larger = other
		}
		limit = larger.Mul(larger, limit)
	}
	return gap.Cmp(limit) <= 0
}

// same is equality by value: of the bytes, of a number with the double nearest to
// it, of a text with the id that it spells.
func same(ac snapshot.Class, a []byte, bc snapshot.Class, b []byte) bool {
	switch {
	case ac == bc:
		return string(a) == string(b)
	case ac == snapshot.Float && bc == snapshot.Number:
		return sameFloat(b, a)
	case ac == snapshot.Number && bc == snapshot.Float:
		return sameFloat(a, b)
	case ac == snapshot.Text && bc == snapshot.UUID:
		return sameID(a, b)
	case ac == snapshot.UUID && bc == snapshot.Text:
		return sameID(b, a)
	}
	return false
}

func sameFloat(numberCell, floatCell []byte) bool {
	r, ok := expression.Number(snapshot.Number, numberCell)
	if !ok {
		return false
	}
	nearest, _ := r.Float64()
	return !math.IsInf(nearest, 0) && nearest == snapshot.FloatValue(floatCell)
}

func sameID(text, id []byte) bool {
	return strings.EqualFold(strings.Trim(string(text), "{}"), string(snapshot.AppendText(nil, snapshot.UUID, id)))
}
