package snapshot

import (
	"bytes"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func drawDecimal(t *rapid.T, name string) (*big.Int, int) {
	text := rapid.StringMatching(`-?[0-9]{1,45}`).Draw(t, name)
	n, _ := new(big.Int).SetString(text, 10)
	return n, rapid.IntRange(0, 40).Draw(t, name+" scale")
}

func rat(n *big.Int, scale int) *big.Rat {
	return new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
}

func TestNumbersSortAsTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, sa := drawDecimal(t, "a")
		b, sb := drawDecimal(t, "b")
		ca, cb := AppendBig(nil, a, sa), AppendBig(nil, b, sb)
		if want := rat(a, sa).Cmp(rat(b, sb)); bytes.Compare(ca, cb) != want {
			t.Fatalf("%x %x, want %d", ca, cb, want)
		}
		back, scale, ok := NumberBig(ca)
		if !ok || rat(back, scale).Cmp(rat(a, sa)) != 0 {
			t.Fatalf("%x is %v/10^%d, want %v/10^%d", ca, back, scale, a, sa)
		}
		again, err := AppendNumberText(nil, string(AppendNumber(nil, ca)))
		if err != nil || !bytes.Equal(again, ca) {
			t.Fatalf("%s: %x, want %x (%v)", AppendNumber(nil, ca), again, ca, err)
		}
	})
}

func TestScaledNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, scale := rapid.Int64().Draw(t, "v"), rapid.IntRange(0, 18).Draw(t, "scale")
		c := AppendScaled(nil, v, scale)
		unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)+20), nil)
		slow := AppendBig(nil, unit.Mul(unit, big.NewInt(v)), 2*scale+20)
		if !bytes.Equal(c, slow) {
			t.Fatalf("%x, want %x", c, slow)
		}
		if got, ok := NumberScaled(c, scale); !ok || got != v {
			t.Fatalf("%d %v, want %d", got, ok, v)
		}
	})
}

func TestNumberTexts(t *testing.T) {
	for text, want := range map[string]string{
		"1.50": "1.5", "-0.0": "0", "1e3": "1000", "1.25E-2": "0.0125", "+7": "7", "-1.5": "-1.5", "-0.99": "-0.99",
		"NaN": "NaN", "-infinity": "-Infinity", "18446744073709551615": "18446744073709551615", "-100": "-100",
	} {
		c, err := AppendNumberText(nil, text)
		if got := string(AppendNumber(nil, c)); err != nil || got != want {
			t.Errorf("%s: %s, want %s (%v)", text, got, want, err)
		}
	}
	for _, text := range []string{"", "-", ".", "1.2.3", "--1", "1e", "1e999999999", "0x10", "1 "} {
		if c, err := AppendNumberText(nil, text); err == nil {
			t.Errorf("%q is taken for %x", text, c)
		}
	}
	for _, bad := range []struct {
		text  string
		scale int
	}{{"1.5", 0}, {"1.25", 1}, {"9223372036854775808", 0}, {"92233720368547758.08", 2}, {"NaN", 2}, {"-9223372036854775809", 0}} {
		c, _ := AppendNumberText(nil, bad.text)
		if v, ok := NumberScaled(c, bad.scale); ok {
			t.Errorf("%s at scale %d: %d", bad.text, bad.scale, v)
		}
	}
}

func TestFloatsSortAsTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64().Draw(t, "a"), rapid.Float64().Draw(t, "b")
		ca, cb := AppendFloat(nil, a), AppendFloat(nil, b)
		if a < b && bytes.Compare(ca, cb) >= 0 || a > b && bytes.Compare(ca, cb) <= 0 {
			t.Fatalf("%g %g: %x %x", a, b, ca, cb)
		}
		if got := FloatValue(ca); math.Float64bits(got) != math.Float64bits(a) && a == a {
			t.Fatalf("%g, want %g", got, a)
		}
	})
	if !math.IsNaN(FloatValue(AppendFloat(nil, math.NaN()))) {
		t.Error("NaN")
	}
}

func TestKeysSortByComponent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(n string) [][]byte {
			return [][]byte{
				rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 'a', 0xFF}), 0, 4).Draw(t, n+"0"),
				rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'b', 0xFF}), 0, 3).Draw(t, n+"1"),
			}
		}
		a, b := draw("a"), draw("b")
		want := bytes.Compare(a[0], b[0])
		if want == 0 {
			want = bytes.Compare(a[1], b[1])
		}
		key := func(c [][]byte) []byte { return AppendKey(AppendKey(nil, Text, c[0]), Bytes, c[1]) }
		if got := bytes.Compare(key(a), key(b)); got != want {
			t.Fatalf("%q %q: %d, want %d", a, b, got, want)
		}
	})
}

func TestTexts(t *testing.T) {
	for want, got := range map[string][]byte{
		"2024-01-01T00:00:00Z":        AppendText(nil, Instant, AppendMicros(nil, 1704067200_000000)),
		"1969-12-31T23:59:59.999999":  AppendText(nil, WallTime, AppendMicros(nil, -1)),
		"+12024-01-01":                AppendText(nil, Date, AppendDays(nil, 3672148)),
		"-infinity":                   AppendText(nil, Date, AppendEndless(nil, -1, true)),
		"infinity":                    AppendText(nil, Instant, AppendEndless(nil, 1, false)),
		"-838:59:59":                  AppendText(nil, Time, AppendTimeMicros(nil, -(838*3600+59*60+59)*1_000_000)),
		"24:00:00":                    AppendText(nil, Time, AppendTimeMicros(nil, 86400_000000)),
		"0.1":                         AppendText(nil, Float, AppendFloat(nil, 0.1)),
		"1 months -2 days 00:00:00.5": bytes.TrimRight(AppendText(nil, Interval, AppendInterval(nil, 1, -2, 500_000)), "0"),
	} {
		if string(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestVectorKeepsClasses(t *testing.T) {
	var v Vector
	v.Class = Number
	v.Append(Number, AppendInt(nil, 7))
	v.AppendNull()
	v.Append(Text, []byte("abc"))
	v.Append(Number, AppendInt(nil, -7))
	for i, want := range []Class{Number, Null, Text, Number} {
		if got, _ := v.Cell(i); got != want {
			t.Errorf("row %d: %s, want %s", i, got, want)
		}
	}
	if _, c := v.Cell(2); string(c) != "abc" {
		t.Errorf("%q", c)
	}
}

func TestSumsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.Uint64()).Draw(t, "hashes")
		var forward, backward Sum
		for i := range list {
			forward.Add(CellSum(list[i], Text, []byte("x")))
			backward.Add(CellSum(list[len(list)-1-i], Text, []byte("x")))
		}
		if forward != backward {
			t.Fatal("order matters")
		}
	})
}
