package diff

import (
	"net/http"
	"net/textproto"
	"slices"
	"sort"
	"strings"
	"time"

	"parallax/capture/recording"
	"parallax/diff/body/multipart"
	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// headers compares two header lists. Names are matched without case; the values of
// one name are a list in order; the order of different names means nothing.
func (c *comparer) headers(old, new []recording.Header, part comparison.Part) {
	transforms := c.rules.HeadersTransform()
	if !transforms && c.lockstep(old, new, part) {
		return
	}
	a, b := byName(old), byName(new)
	for _, name := range namesOf(a, b) {
		if !slices.Equal(a[name], b[name]) || transforms && c.node(name, part).Transforms() {
			c.header(name, a[name], b[name], part)
		}
	}
}

// maxLockstep bounds the fast path, which looks for the other lines of each name
// that differs.
const maxLockstep = 64

// lockstep is the fast path: the same names in the same order, as two builds of one
// server send them. It reports false where the lists are not of that kind; then it
// has reported nothing.
func (c *comparer) lockstep(old, new []recording.Header, part comparison.Part) bool {
	if len(old) != len(new) || len(old) > maxLockstep {
		return false
	}
	for i := range old {
		if !sameName(old[i].Name, new[i].Name) {
			return false
		}
	}
	for i := range old {
		if old[i].Value != new[i].Value && firstUnequal(old, new, i) {
			name := textproto.CanonicalMIMEHeaderKey(old[i].Name)
			c.header(name, valuesOf(old, old[i].Name), valuesOf(new, old[i].Name), part)
		}
	}
	return true
}

// sameName reports whether two names are one, as byName has them: what is no token is
// itself alone.
func sameName(a, b string) bool {
	return a == b || len(a) == len(b) && textproto.CanonicalMIMEHeaderKey(a) == textproto.CanonicalMIMEHeaderKey(b)
}

// firstUnequal reports whether no earlier line of the same name differs.
func firstUnequal(old, new []recording.Header, at int) bool {
	for i := range old[:at] {
		if old[i].Value != new[i].Value && sameName(old[i].Name, old[at].Name) {
			return false
		}
	}
	return true
}

func valuesOf(headers []recording.Header, name string) []string {
	var values []string
	for i := range headers {
		if sameName(headers[i].Name, name) {
			values = append(values, headers[i].Value)
		}
	}
	return values
}

func byName(headers []recording.Header) map[string][]string {
	m := make(map[string][]string, len(headers))
	for i := range headers {
		name := textproto.CanonicalMIMEHeaderKey(headers[i].Name)
		m[name] = append(m[name], headers[i].Value)
	}
	return m
}

func namesOf(a, b map[string][]string) []string {
	names := make([]string, 0, len(a)+len(b))
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// node returns what the rules say of a header or trailer.
func (c *comparer) node(name string, part comparison.Part) *rules.Node {
	if part == comparison.Trailers {
		return c.rules.Trailer(name)
	}
	return c.rules.Header(name)
}

// header compares the values of one name, which are not equal, or were to change.
func (c *comparer) header(name string, old, new []string, part comparison.Part) {
	node := c.node(name, part)
	at := func(kind comparison.Kind) comparison.Difference {
		return comparison.Difference{
			Part: part, Field: name, Pattern: name, Kind: kind,
			Old: listValue(old), New: listValue(new),
		}
	}
	if rule, ok := node.Ignore(); ok {
		c.hidden(rule, at(comparison.Changed))
		return
	}
	if node.Transforms() {
		c.transformed(name, old, new, node, at)
		return
	}
	if part == comparison.Headers {
		if rule, ok := c.builtin(name, old, new); ok {
			c.hidden(rule, at(comparison.Changed))
			return
		}
		if name == "Set-Cookie" {
			c.cookies(old, new)
			return
		}
	}
	c.values(name, old, new, node, at)
}

// values compares two value lists under a header's rules.
func (c *comparer) values(name string, old, new []string, node *rules.Node, at func(comparison.Kind) comparison.Difference) {
	if states, rule, ok := node.Equal(); ok && states.Has(rules.Missing|rules.Empty) && blank(old) && blank(new) {
		c.hidden(rule, at(comparison.Changed))
		return
	}
	sameItems := len(old) > 0 && len(new) > 0 && slices.Equal(sortedItems(old), sortedItems(new))
	if rule, ok := node.Unordered(); ok && sameItems {
		c.hidden(rule, at(comparison.Changed))
		return
	}
	switch {
	case len(old) == 0:
		c.found(at(comparison.MissingInOld))
	case len(new) == 0:
		c.found(at(comparison.MissingInNew))
	case len(old) > 1 && len(old) == len(new) && sameItems && !allNear(old, new, node):
		d := at(comparison.Changed)
		d.Class = ClassOrder
		c.found(d)
	default:
		c.eachValue(name, old, new, node, at)
	}
}

// allNear reports whether a rule makes each value equal to the one at its place.
func allNear(old, new []string, node *rules.Node) bool {
	for i := range old {
		if _, ok := near(old[i], new[i], node); !ok && old[i] != new[i] {
			return false
		}
	}
	return true
}

// eachValue pairs values by their place in the list.
func (c *comparer) eachValue(name string, old, new []string, node *rules.Node, at func(comparison.Kind) comparison.Difference) {
	for i := range max(len(old), len(new)) {
		d := valueAt(name, i, old, new, at)
		if i < len(old) && i < len(new) {
			if old[i] == new[i] {
				continue
			}
			if rule, ok := near(old[i], new[i], node); ok {
				c.hidden(rule, d)
				continue
			}
			d.Class = textClass(old[i], new[i])
		}
		c.found(d)
	}
}

// near returns the rule that lets two values, which differ, be so.
func near(old, new string, node *rules.Node) (rule int, ok bool) {
	n, rule, ok := node.Near()
	return rule, ok && n.Same(headerValue(old), headerValue(new))
}

func headerValue(text string) rules.Scalar { return rules.Scalar{Sort: rules.Field, Text: text} }

// valueAt is the difference of the values at one place of the lists.
func valueAt(name string, i int, old, new []string, at func(comparison.Kind) comparison.Difference) comparison.Difference {
	d := at(comparison.Changed)
	if len(old) > 1 || len(new) > 1 {
		d.Field, d.Pattern = name+"/"+itoa(i), name+"/*"
	}
	d.Old, d.New = listValue(old[min(i, len(old)):min(i+1, len(old))]), listValue(new[min(i, len(new)):min(i+1, len(new))])
	switch {
	case i >= len(old):
		d.Kind = comparison.MissingInOld
	case i >= len(new):
		d.Kind = comparison.MissingInNew
	}
	return d
}

// builtin applies the header normalisations.
func (c *comparer) builtin(name string, old, new []string) (rule int, ok bool) {
	switch name {
	case "Connection", "Keep-Alive", "Transfer-Encoding":
		return c.rules.Builtin(rules.HTTPFraming)
	case "Content-Length":
		rule, ok = c.rules.Builtin(rules.HTTPFraming)
		return rule, ok && c.bodiesWhole
	case "Content-Type":
		rule, ok = c.rules.Builtin(rules.MultipartBoundary)
		return rule, ok && c.bodiesParted && len(old) == 1 && len(new) == 1 && multipart.SameButBoundary(old[0], new[0])
	case "Date":
		rule, ok = c.rules.Builtin(rules.DateFollowsClock)
		return rule, ok && len(old) == 1 && len(new) == 1 &&
			followsClock(old[0], c.old) && followsClock(new[0], c.new)
	case "Set-Cookie":
		return 0, false
	}
	rule, ok = c.rules.Builtin(rules.HeaderLines)
	return rule, ok && sameLines(old, new)
}

// sameLines reports whether lines of one name say the same when they are combined,
// as anybody on their way may do: RFC 9110, section 5.3.
func sameLines(old, new []string) bool {
	return len(old) != len(new) && len(old) > 0 && len(new) > 0 && strings.Join(old, ", ") == strings.Join(new, ", ")
}

// clockSlack is how far a Date may lie outside of its own exchange.
const clockSlack = 2 * time.Second

// followsClock reports whether a Date was true when its answer was made: between
// the request's first byte and the answer's last one, give or take the slack.
func followsClock(value string, ex *recording.Exchange) bool {
	t, err := http.ParseTime(value)
	if err != nil || strings.Contains(value, ",") && !strings.HasSuffix(value, " GMT") { // it takes the name of any zone
		return false
	}
	from, until := answerTime(ex)
	ns := t.UnixNano()
	return from > 0 && ns >= from-int64(clockSlack) && ns <= until+int64(clockSlack)
}

// answerTime returns when a request went out and its answer was whole.
func answerTime(ex *recording.Exchange) (from, until int64) {
	if o := ex.Outcome; o != nil && o.SentAt > 0 && o.DoneAt > 0 {
		return o.SentAt, o.DoneAt
	}
	if ex.Request == nil || ex.Response == nil {
		return 0, 0
	}
	return ex.Request.FirstAt, ex.Response.LastAt
}

// listValue shows the values of a name as one text.
func listValue(values []string) comparison.Value {
	if len(values) == 0 {
		return comparison.Value{}
	}
	return comparison.MakeValue("text", strings.Join(values, ", "))
}

func blank(values []string) bool {
	for _, v := range values {
		if v != "" {
			return false
		}
	}
	return true
}
