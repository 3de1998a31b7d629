package mapping

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/snapshot"
	"parallax/diff/expression"
)

// cells draws a cell of a class that tolerances are asked of.
func cells(name string) *rapid.Generator[struct {
	class snapshot.Class
	bytes []byte
}] {
	return rapid.Custom(func(t *rapid.T) (c struct {
		class snapshot.Class
		bytes []byte
	}) {
		switch rapid.IntRange(0, 4).Draw(t, name) {
		case 0:
			c.class, c.bytes = snapshot.Float, snapshot.AppendFloat(nil, rapid.Float64().Draw(t, "double"))
		case 1:
			c.class, c.bytes = snapshot.Text, []byte(rapid.SampledFrom([]string{"1", "", "a"}).Draw(t, "text"))
		case 2:
			at := rapid.Int64Range(-1e6, 1e6).Draw(t, "at")
			c.class, c.bytes = snapshot.Instant, snapshot.AppendMicros(nil, at)
		default:
			c.class = snapshot.Number
			c.bytes = snapshot.AppendScaled(nil, rapid.Int64().Draw(t, "unscaled"), rapid.IntRange(0, 18).Draw(t, "scale"))
		}
		return c
	})
}

// TestNearIsSymmetric: exchanging the systems changes nothing, and what is equal
// is near.
func TestNearIsSymmetric(t *testing.T) {
	zero := 0
	entries := []Column{
		{Tolerance: "0.01"}, {Tolerance: "1000000"}, {Tolerance: "3%"}, {Precision: 2}, {Scale: &zero}, {Window: "300ms"}, {JSON: true},
	}
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom(entries).Draw(t, "entry")
		n, err := e.near()
		if err != nil {
			t.Fatal(err)
		}
		a, b := cells("a").Draw(t, "a"), cells("b").Draw(t, "b")
		forth, _ := n.equal(a.class, a.bytes, b.class, b.bytes)
		back, _ := n.equal(b.class, b.bytes, a.class, a.bytes)
		if forth != back {
			t.Errorf("forth %v, back %v", forth, back)
		}
		if own, err := n.equal(a.class, a.bytes, a.class, a.bytes); !own || err != nil {
			t.Errorf("a cell is not near itself: %v", err)
		}
	})
}

// TestExpressionsAreExact: sums and products of any integers are math/big's.
func TestExpressionsAreExact(t *testing.T) {
	sum := mustExpr(t, "(row.a + row.b) * row.c - -row.a")
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) *big.Int {
			digits := rapid.StringMatching(`-?[1-9][0-9]{0,40}`).Draw(t, name)
			n, _ := new(big.Int).SetString(digits, 10)
			return n
		}
		v := map[string]*big.Int{"a": draw("a"), "b": draw("b"), "c": draw("c")}
		class, c, err := sum.Run(func(name string) (snapshot.Class, []byte) {
			return snapshot.Number, snapshot.AppendBig(nil, v[name], 0)
		})
		want := new(big.Int).Add(v["a"], v["b"])
		want.Mul(want, v["c"]).Add(want, v["a"])
		if got := string(snapshot.AppendText(nil, class, c)); err != nil || got != want.String() {
			t.Errorf("got %s, want %s: %v", got, want, err)
		}
	})
}

// TestRoundingIsToTheNearest holds round to its definition.
func TestRoundingIsToTheNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := big.NewRat(rapid.Int64().Draw(t, "numerator"), rapid.Int64Range(1, 1e6).Draw(t, "denominator"))
		n := rapid.IntRange(-3, 6).Draw(t, "digits")
		unit := big.NewRat(1, 1)
		for range max(n, -n) {
			unit.Mul(unit, big.NewRat(10, 1))
		}
		if n > 0 {
			unit.Inv(unit)
		}
		for _, how := range []expression.Rounding{expression.HalfUp, expression.HalfEven} {
			gap := new(big.Rat).Sub(expression.Round(r, n, how), r)
			if gap.Abs(gap).Cmp(new(big.Rat).Mul(unit, big.NewRat(1, 2))) > 0 {
				t.Errorf("%s to %d digits is off by %s", r, n, gap)
			}
		}
	})
}

func mustExpr(t *testing.T, text string) *expression.Program {
	t.Helper()
	p, err := expression.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBombs: what grows without end is refused, when it is loaded or when it runs.
func TestBombs(t *testing.T) {
	if _, err := expression.Compile(strings.Repeat("1+", 600) + "1"); err == nil || !strings.Contains(err.Error(), "maximum allowed nodes") {
		t.Errorf("many nodes: %v", err)
	}
	grow := strings.Builder{}
	grow.WriteString("let a0 = old;")
	for i := range 60 {
		name, before := "a"+string(rune('A'+i%26))+string(rune('a'+i/26)), "a0"
		if i > 0 {
			before = "a" + string(rune('A'+(i-1)%26)) + string(rune('a'+(i-1)/26))
		}
		grow.WriteString("let " + name + " = " + before + " + " + before + ";")
	}
	for text, want := range map[string]string{
		grow.String() + "aHc":                    "a text of",
		"let n = decimal('9'); (n**9999) ** 999": "a number of more than",
		"replace(old, 'x', old)":                 "",
		"decimal('1e150000') * 10":               "a number of more than",
	} {
		p, err := expression.Compile(text)
		if err != nil {
			continue // refused when it is loaded
		}
		_, _, err = p.Run(func(string) (snapshot.Class, []byte) { return snapshot.Text, []byte("xxxxxxxx") })
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s…: %v, want %q", text, err, want)
		}
	}
}

// TestMagnitudeIsOfTheFirstDigit holds magnitude to its definition.
func TestMagnitudeIsOfTheFirstDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := new(big.Rat).SetFrac64(rapid.Int64Range(1, 1e18).Draw(t, "numerator"), rapid.Int64Range(1, 1e18).Draw(t, "denominator"))
		power := func(e int) *big.Rat {
			return expression.Round(new(big.Rat).SetFrac(pow10(max(e, 0)), pow10(max(-e, 0))), 40, expression.ToZero)
		}
		if e := magnitude(r); r.Cmp(power(e)) < 0 || r.Cmp(power(e+1)) >= 0 {
			t.Errorf("%s is not of magnitude %d", r, e)
		}
	})
}
