package diff

import (
	"sort"
	"strings"

	"parallax/diff/comparison"
)

// cookie is one Set-Cookie line, cut.
type cookie struct {
	name, value string
	// valued: a "=" follows the name. Browsers take "a" for another cookie than "a=".
	valued     bool
	attributes map[string]string // by canonical name; a repeated one joined by "; "
}

var attributeNames = [...]string{"Domain", "Expires", "HttpOnly", "Max-Age", "Partitioned", "Path", "Priority", "SameSite", "Secure"}

// parseCookie never fails: what has no "=" is a name without a value.
func parseCookie(line string) cookie {
	first, rest, _ := strings.Cut(line, ";")
	name, value, valued := strings.Cut(first, "=")
	values := map[string][]string{}
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, ";")
		key, text, _ := strings.Cut(part, "=")
		key, text = attributeName(strings.TrimSpace(key)), strings.TrimSpace(text)
		if key == "" && text == "" {
			continue
		}
		values[key] = append(values[key], text)
	}
	c := cookie{name: strings.TrimSpace(name), value: strings.TrimSpace(value), valued: valued, attributes: map[string]string{}}
	for key, list := range values {
		c.attributes[key] = strings.Join(list, "; ")
	}
	return c
}

func attributeName(name string) string {
	for _, known := range attributeNames {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return strings.ToLower(name)
}

// cookies compares Set-Cookie lines by the cookie's name; of one name, the n-th
// with the n-th. As for a browser, the order of different names and of attributes
// means nothing, nor the case of an attribute's name.
func (c *comparer) cookies(old, new []string) {
	a, b := cookiesByName(old), cookiesByName(new)
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
	for _, name := range names {
		c.cookiesOf(name, a[name], b[name])
	}
}

func cookiesByName(lines []string) map[string][]cookie {
	m := map[string][]cookie{}
	for _, line := range lines {
		one := parseCookie(line)
		m[one.name] = append(m[one.name], one)
	}
	return m
}

func (c *comparer) cookiesOf(name string, old, new []cookie) {
	for i := range max(len(old), len(new)) {
		switch {
		case i >= len(old):
			c.cookieField(name, "", comparison.MissingInOld, "", new[i].value)
		case i >= len(new):
			c.cookieField(name, "", comparison.MissingInNew, old[i].value, "")
		default:
			c.cookie(name, &old[i], &new[i])
		}
	}
}

func (c *comparer) cookie(name string, old, new *cookie) {
	switch {
	case !old.valued && new.valued:
		c.cookieField(name, "", comparison.MissingInOld, "", new.value)
	case old.valued && !new.valued:
		c.cookieField(name, "", comparison.MissingInNew, old.value, "")
	case old.value != new.value:
		c.cookieField(name, "", comparison.Changed, old.value, new.value)
	}
	for _, key := range attributesOf(old, new) {
		was, inOld := old.attributes[key]
		is, inNew := new.attributes[key]
		switch {
		case !inOld:
			c.cookieField(name, key, comparison.MissingInOld, "", is)
		case !inNew:
			c.cookieField(name, key, comparison.MissingInNew, was, "")
		case was != is:
			c.cookieField(name, key, comparison.Changed, was, is)
		}
	}
}

func attributesOf(old, new *cookie) []string {
	var keys []string
	for key := range old.attributes {
		keys = append(keys, key)
	}
	for key := range new.attributes {
		if _, ok := old.attributes[key]; !ok {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return keys
}

// cookieField reports one difference, or counts it under the cookie's rule.
func (c *comparer) cookieField(name, attribute string, kind comparison.Kind, old, new string) {
	field := "Set-Cookie/" + escape(name)
	if attribute != "" {
		field += "/" + escape(attribute)
	}
	d := comparison.Difference{Part: comparison.Headers, Field: field, Pattern: field, Kind: kind}
	if kind != comparison.MissingInOld {
		d.Old = comparison.MakeValue("text", old)
	}
	if kind != comparison.MissingInNew {
		d.New = comparison.MakeValue("text", new)
	}
	if rule, ok := c.rules.Cookie(name).Ignore(); ok {
		c.hidden(rule, d)
		return
	}
	if kind == comparison.Changed {
		d.Class = textClass(old, new)
	}
	c.found(d)
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

func escape(name string) string { return pointerEscaper.Replace(name) }
