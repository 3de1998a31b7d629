package xmlbody

import (
	"bytes"
	"maps"
	"slices"

	"parallax/diff/body/field"
	"parallax/diff/body/pairing"
	"parallax/diff/body/siblings"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// tags compares the tags of two elements of one name.
func (c *comparer) tags(x, y *node) {
	t := &tags{c: c, x: c.old.named(x), y: c.new.named(y), form: c.otherEnd(x, y)}
	if !c.sameTag(x, y) {
		c.startTags(t, x, y)
	}
	if t.form {
		c.w.Spelling(rules.XMLForm, Form, c.old.tagged(x), c.new.tagged(y))
	}
}

// tagged is an element's tags as a value.
func (d *document) tagged(n *node) jsondiff.Value {
	return field.Value("text", append(slices.Clip(d.tag(n)), d.text[n.outer:n.to]...))
}

// named returns the attributes of an element that declare no namespace.
func (d *document) named(n *node) []*attr {
	var list []*attr
	all := d.attrsOf(n)
	for i := range all {
		if all[i].name >= 0 {
			list = append(list, &all[i])
		}
	}
	return list
}

// otherEnd reports whether two elements end in two forms: in white space within their
// end tags, or as <a/> and <a></a>.
func (c *comparer) otherEnd(x, y *node) bool {
	switch {
	case x.lone && y.lone:
		return false
	case x.lone:
		return y.inner == y.outer
	case y.lone:
		return x.inner == x.outer
	}
	return !bytes.Equal(c.old.endTag(x), c.new.endTag(y))
}

// endTag is an element's end tag after its name.
func (d *document) endTag(n *node) []byte { return d.text[n.outer+2+n.nameLength : n.to] }

// head is an element's start tag without its end.
func (d *document) head(n, other *node) []byte {
	if !n.lone {
		return d.text[n.from : n.inner-1]
	}
	head := d.text[n.from : n.inner-2]
	if !other.lone {
		head = bytes.TrimRight(head, " \t\r\n") // as many write <a />
	}
	return head
}

// sameTag reports whether two start tags are the same bytes with the same names.
func (c *comparer) sameTag(x, y *node) bool {
	if !bytes.Equal(c.old.head(x, y), c.new.head(y, x)) || c.w.Transforms() {
		return false
	}
	a, b := c.old.attrsOf(x), c.new.attrsOf(y)
	for i := range a {
		if a[i].name != b[i].name || a[i].mention != b[i].mention {
			return false
		}
	}
	return true
}

// startTags compares two start tags that differ.
func (c *comparer) startTags(t *tags, x, y *node) {
	old, new := field.Value("text", c.old.tag(x)), field.Value("text", c.new.tag(y))
	prefixes := !bytes.Equal(c.old.written(x), c.new.written(y)) || !maps.Equal(c.old.declaredOn(x), c.new.declaredOn(y))
	if prefixes {
		c.w.Spelling(rules.XMLPrefix, Prefix, old, new)
	}
	sameOrder := siblings.Compare(c.w, c.old.attrItems(t.x), c.new.attrItems(t.y), t)
	otherForm := !prefixes && !t.found && !bytes.Equal(c.old.head(x, y), c.new.head(y, x))
	t.form = t.form || !sameOrder || otherForm
}

func (d *document) attrItems(list []*attr) []siblings.Item {
	items := make([]siblings.Item, len(list))
	for i, a := range list {
		items[i] = siblings.Item{Name: "@" + string(d.text[a.from:a.to]), Group: d.names.list[a.name].group}
	}
	return items
}

// tags is the siblings.Matcher of two tags' attributes.
type tags struct {
	c    *comparer
	x, y []*attr
	// form: they are written in two forms.
	form bool
	// found: an attribute was told of.
	found bool
}

func (t *tags) Positional() bool { return true }

func (t *tags) Pairs(x, y []int) *pairing.Pairs { return pairing.InOrder(len(x), len(y)) }

func (t *tags) Pair(i, j int) {
	c := t.c
	x, y := t.x[i], t.y[j]
	t.form = t.form || c.old.quotes(x) != c.new.quotes(y)
	a, b := field.Leaf{Raw: c.old.rawValue(x), Text: c.old.value(x)}, field.Leaf{Raw: c.new.rawValue(y), Text: c.new.value(y)}
	otherName := !bytes.Equal(c.old.text[x.from:x.to], c.new.text[y.from:y.to])
	if bytes.Equal(a.Raw, b.Raw) && x.mention == y.mention && !otherName && !c.w.Transforms() {
		return
	}
	t.found = true
	old, new := field.Value("text", a.Raw), field.Value("text", b.Raw)
	if rule, ok := c.w.Ignored(); ok {
		if !bytes.Equal(a.Raw, b.Raw) || otherName {
			c.w.Equal(rule, old, new)
		}
		return
	}
	if otherName {
		c.w.Spelling(rules.XMLPrefix, Prefix, field.Value("text", c.old.text[x.from:x.valueTo+1]), field.Value("text", c.new.text[y.from:y.valueTo+1]))
	}
	sameText, sameType := bytes.Equal(a.Text, b.Text), c.names.isType(x.name) && x.mention == y.mention && x.mention != 0
	switch {
	case sameText && x.mention != y.mention:
		c.w.Differ(comparison.Changed, Prefix, old, new)
	case !sameText && sameType && bytes.Equal(local(a.Text), local(b.Text)):
		c.w.Spelling(rules.XMLPrefix, Prefix, old, new)
	default:
		c.w.Texts(a, b, rules.XMLEscape, Escape)
	}
}

// quotes is how an attribute is written around its name and value.
func (d *document) quotes(a *attr) string {
	return string(d.text[a.spaceAt:a.from]) + "\x00" + string(d.text[a.to:a.valueAt])
}

// isType reports whether a name is xsi:type, whose value is a name itself.
func (n *names) isType(id int32) bool { return n.list[id].group == typeSpace+"\x00type" }

// local is a name in a value without its prefix.
func local(name []byte) []byte {
	_, l := cutName(bytes.TrimSpace(name))
	return l
}

func (t *tags) Old(i int) {
	t.found = true
	v := t.c.old.rawValue(t.x[i])
	t.c.w.Missing(field.Value("text", v), jsondiff.Value{}, len(v) == 0)
}

func (t *tags) New(j int) {
	t.found = true
	v := t.c.new.rawValue(t.y[j])
	t.c.w.Missing(jsondiff.Value{}, field.Value("text", v), len(v) == 0)
}
