package invariants

import (
	"math"
	"math/big"
	"strconv"

	"parallax/capture/snapshot"
)

// number is unscaled / 10^scale.
type number struct {
	unscaled *big.Int
	scale    int
}

// parseNumber reads a cell; a double is its shortest decimal. NaN, infinity and
// other classes are none.
func parseNumber(class snapshot.Class, c []byte) (*number, bool) {
	if class == snapshot.Float {
		v := snapshot.FloatValue(c)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, false
		}
		text, err := snapshot.AppendNumberText(nil, strconv.FormatFloat(v, 'g', -1, 64))
		if err != nil {
			return nil, false
		}
		class, c = snapshot.Number, text
	}
	if class != snapshot.Number {
		return nil, false
	}
	unscaled, scale, ok := snapshot.NumberBig(c)
	return &number{unscaled, scale}, ok
}

// add adds m to n.
func (n *number) add(m *number) {
	n.stretch(m.scale)
	n.unscaled.Add(n.unscaled, m.at(n.scale))
}

// stretch raises the scale.
func (n *number) stretch(scale int) {
	if scale > n.scale {
		n.unscaled, n.scale = n.at(scale), scale
	}
}

// at is the number times 10^scale, which is not below its own.
func (n *number) at(scale int) *big.Int {
	if scale == n.scale {
		return n.unscaled
	}
	return new(big.Int).Mul(n.unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-n.scale)), nil))
}

// near reports whether n and m differ by no more than the tolerance; nil is 0.
func (n *number) near(m, tolerance *number) bool {
	if tolerance == nil {
		tolerance = &number{new(big.Int), 0}
	}
	scale := max(n.scale, m.scale, tolerance.scale)
	gap := new(big.Int).Sub(n.at(scale), m.at(scale))
	return gap.CmpAbs(tolerance.at(scale)) <= 0
}

func (n *number) String() string {
	return string(snapshot.AppendNumber(nil, snapshot.AppendBig(nil, n.unscaled, n.scale)))
}
