package form

import (
	"bytes"

	"github.com/zeebo/xxh3"
	"parallax/diff/body/field"
	"parallax/diff/body/pairing"
	"parallax/diff/body/siblings"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// Escape is the class of two spellings where form-escape is off.
const Escape = "form escape"

// Compare reports to w's sink where two forms differ. Where one is malformed or too
// large it returns a *jsondiff.SideError and has reported nothing.
func Compare(old, new []byte, w *field.Walk) error {
	x, blanksX, errX := Parse(old)
	y, blanksY, errY := Parse(new)
	if errX != nil || errY != nil {
		return &jsondiff.SideError{Old: errX, New: errY}
	}
	if blanksX != blanksY {
		w.Spelling(rules.FormEscape, Escape, field.Value("text", old), field.Value("text", new))
	}
	if !siblings.Compare(w, items(x), items(y), &matcher{w, x, y}) {
		OtherOrder(w, field.Value("text", old), field.Value("text", new))
	}
	return nil
}

// OtherOrder counts that the fields of different names stand in another order.
func OtherOrder(w *field.Walk, old, new jsondiff.Value) {
	if rule, on := w.Rules().Builtin(rules.FormOrder); on {
		w.Equal(rule, old, new)
	} else if rule, ok := w.Unordered(); ok {
		w.Equal(rule, old, new)
	} else {
		w.Differ(comparison.Changed, field.Order, old, new)
	}
}

func items(fields []Field) []siblings.Item {
	list := make([]siblings.Item, len(fields))
	for i := range fields {
		list[i] = siblings.Item{Name: fields[i].Name, Group: fields[i].Key}
	}
	return list
}

// matcher is the siblings.Matcher of two forms.
type matcher struct {
	w    *field.Walk
	x, y []Field
}

func (m *matcher) Positional() bool { return m.w.Node() == nil }

// Pairs pairs the values of one name, and counts a use of the rule that takes them
// in any order.
func (m *matcher) Pairs(x, y []int) *pairing.Pairs {
	m.w.Enter(m.x[x[0]].Name, -1)
	defer m.w.Leave()
	rule, unordered := m.w.Unordered()
	if !unordered {
		if len(x) == len(y) {
			return pairing.InOrder(len(x), len(y))
		}
		return pairing.Aligned(m.hashes(m.x, x, false), m.hashes(m.y, y, true), nil)
	}
	pairs := pairing.Bag(m.hashes(m.x, x, false), m.hashes(m.y, y, true), nil)
	if pairs.Moved() {
		m.w.Equal(rule, joined(m.x, x), joined(m.y, y))
	}
	return pairs
}

func (m *matcher) hashes(fields []Field, list []int, new bool) []uint64 {
	sums := make([]uint64, len(list))
	for i, at := range list {
		sums[i] = xxh3.Hash(m.w.Meaning(fields[at].Value.Text, new))
	}
	return sums
}

// joined shows the fields of one name.
func joined(fields []Field, list []int) jsondiff.Value {
	var all [][]byte
	for _, at := range list {
		all = append(all, fields[at].Raw)
	}
	return field.Value("text", bytes.Join(all, []byte("&")))
}

// Pair compares two fields of one name. A name that is spelled otherwise is told
// apart from a value that is.
func (m *matcher) Pair(i, j int) {
	x, y := &m.x[i], &m.y[j]
	if !bytes.Equal(rawName(x), rawName(y)) {
		if rule, ok := m.w.Ignored(); ok {
			m.w.Equal(rule, field.Value("text", x.Raw), field.Value("text", y.Raw))
			return
		}
		m.w.Spelling(rules.FormEscape, Escape, field.Value("text", x.Raw), field.Value("text", y.Raw))
	}
	m.w.Texts(x.Value, y.Value, rules.FormEscape, Escape)
}

// rawName is the name as it stands, with the "=" that follows.
func rawName(f *Field) []byte { return f.Raw[:len(f.Raw)-len(f.Value.Raw)] }

func (m *matcher) Old(i int) {
	v := &m.x[i].Value
	m.w.Missing(field.Value("text", v.Raw), jsondiff.Value{}, len(v.Text) == 0)
}

func (m *matcher) New(j int) {
	v := &m.y[j].Value
	m.w.Missing(jsondiff.Value{}, field.Value("text", v.Raw), len(v.Text) == 0)
}
