package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// Set is a compiled list of rules. It is safe for concurrent use.
type Set struct {
	rules  []compiled
	source []Rule
	digest string
	// control holds the same rules for two answers of the old system.
	control *Set

	mu      sync.Mutex
	byRoute map[string]*RouteRules // at most maxCachedRoutes
	byRules map[string]*RouteRules // by the rules that match
}

// maxCachedRoutes bounds Set.byRoute: a hostile recording may name any number.
const maxCachedRoutes = 10_000

// Compile checks the rules and compiles them. An error names the rule by number
// (from 1) and name.
func Compile(list []Rule) (*Set, error) {
	s := &Set{source: list, byRoute: map[string]*RouteRules{}, byRules: map[string]*RouteRules{}}
	names := map[string]int{}
	for i := range list {
		c, err := compileRule(i, &list[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", label(i, &list[i]), err)
		}
		if first, taken := names[c.name]; taken {
			return nil, fmt.Errorf("%s: rule %d has the same name", label(i, &list[i]), first+1)
		}
		names[c.name] = i
		s.rules = append(s.rules, c)
	}
	if err := s.conflicts(); err != nil {
		return nil, err
	}
	if _, err := buildRouteRules(s.rules, all(len(s.rules))); err != nil {
		return nil, err
	}
	if err := s.sum(); err != nil {
		return nil, err
	}
	s.control = s.asOld()
	return s, nil
}

func all(n int) []int {
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	return indices
}

func label(i int, r *Rule) string {
	if r.Name == "" {
		return fmt.Sprintf("rule %d", i+1)
	}
	return fmt.Sprintf("rule %d (%s)", i+1, r.Name)
}

// sum sets the digest: of what the rules say and of the normalisations there are.
func (s *Set) sum() error {
	text, err := json.Marshal(struct {
		Rules    []Rule   `json:"rules"`
		Builtins []string `json:"builtins"`
	}{s.source, builtinNames[:]})
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	sum := sha256.Sum256(text)
	s.digest = hex.EncodeToString(sum[:])
	return nil
}

// Digest is the hex SHA-256 of the effective rules.
func (s *Set) Digest() string { return s.digest }

// Len is the number of indices: the rules, then the built-in normalisations.
func (s *Set) Len() int { return len(s.rules) + int(builtins) }

// Builtin reports whether index i is a built-in normalisation.
func (s *Set) Builtin(i int) bool { return i >= len(s.rules) }

// Name returns the name of index i.
func (s *Set) Name(i int) string {
	if s.Builtin(i) {
		return Builtin(i - len(s.rules)).String()
	}
	return s.rules[i].name
}

// Reason returns why index i exists.
func (s *Set) Reason(i int) string {
	if s.Builtin(i) {
		return builtinReasons[i-len(s.rules)]
	}
	return s.rules[i].reason
}

// Switch reports whether index i only switches a normalisation off: it hides
// nothing and is never "unused".
func (s *Set) Switch(i int) bool { return !s.Builtin(i) && s.rules[i].slot == slotOff }

func compileRule(i int, r *Rule) (compiled, error) {
	c := compiled{name: r.Name, reason: r.Reason}
	if c.name == "" {
		c.name = fmt.Sprintf("rule %d", i+1)
	}
	if strings.HasPrefix(c.name, Prefix) {
		return c, fmt.Errorf("names that begin with %q are the program's", Prefix)
	}
	var err error
	if c.route, err = parseRoute(r.Route); err != nil {
		return c, err
	}
	if err := c.where(&r.Where); err != nil {
		return c, err
	}
	if err := c.action(&r.Action); err != nil {
		return c, err
	}
	return c, c.fits()
}

func (c *compiled) where(w *Where) error {
	var given []string
	named := func(k kind, what, name string) {
		if name != "" {
			given = append(given, what)
			c.kind, c.place = k, []token{{text: name}}
		}
	}
	named(inHeader, "header", strings.ToLower(w.Header))
	named(inTrailer, "trailer", strings.ToLower(w.Trailer))
	named(inCookie, "cookie", w.Cookie)
	if w.Status {
		given, c.kind = append(given, "status"), inStatus
	}
	if len(w.Builtin) > 0 {
		given, c.kind = append(given, "builtin"), inBuiltin
	}
	if w.Body != nil {
		given, c.kind = append(given, "body"), inBody
	}
	if len(given) != 1 {
		return fmt.Errorf("exactly one of body, header, trailer, cookie, status and builtin must be given, not %s", listed(given))
	}
	if (c.kind == inHeader || c.kind == inTrailer) && strings.ContainsAny(c.place[0].text, " \t\r\n:,;\"") {
		return fmt.Errorf("%s: %q is no header's name", given[0], w.Header+w.Trailer)
	}
	return c.wherePlace(w)
}

func (c *compiled) wherePlace(w *Where) (err error) {
	if w.Body != nil {
		c.place, err = parsePointer(*w.Body)
		return err
	}
	for _, name := range w.Builtin {
		b, err := parseBuiltin(name)
		if err != nil {
			return err
		}
		c.off = append(c.off, b)
	}
	return nil
}

func (c *compiled) action(a *Action) error {
	var given []string
	add := func(is bool, what string, s slot) {
		if is {
			given, c.slot = append(given, what), s
		}
	}
	add(a.Ignore, "ignore", slotIgnore)
	add(a.Tolerance != nil, "tolerance", slotNear)
	add(a.Time != nil, "time", slotNear)
	add(a.Matches != nil, "matches", slotNear)
	add(a.Unordered, "unordered", slotOrder)
	add(len(a.Keyed) > 0, "keyed", slotOrder)
	add(len(a.Equal) > 0, "equal", slotEqual)
	add(a.Rename != nil, "rename", slotRename)
	add(a.Transform != nil, "transform", slotTransform)
	add(a.Off, "off", slotOff)
	if len(given) != 1 {
		return fmt.Errorf("exactly one of ignore, tolerance, time, matches, unordered, keyed, equal, rename, transform and off must be given, not %s", listed(given))
	}
	return c.details(a)
}

func listed(given []string) string {
	if len(given) == 0 {
		return "none"
	}
	return strings.Join(given, " and ")
}

// details reads what an action holds beyond its name.
func (c *compiled) details(a *Action) (err error) {
	switch {
	case c.slot == slotNear:
		if c.near, err = nearOf(a); err != nil {
			return err
		}
		return c.say(a)
	case a.Transform != nil:
		if c.change, err = a.Transform.compile(); err != nil {
			return err
		}
		return c.say(a)
	case len(a.Keyed) > 0:
		return c.keyed(a.Keyed)
	case len(a.Equal) > 0:
		return c.equal(a.Equal)
	case a.Rename != nil:
		return c.rename(*a.Rename)
	}
	return nil
}

// say keeps what an action that has no simpler form says.
func (c *compiled) say(a *Action) error {
	text, err := json.Marshal(a)
	c.said = string(text)
	return err
}

func (c *compiled) keyed(pointers []string) error {
	for _, p := range pointers {
		tokens, err := parsePointer(p)
		if err != nil {
			return fmt.Errorf("keyed: %w", err)
		}
		key := make([]string, len(tokens))
		for i, t := range tokens {
			if t.wild != exact {
				return fmt.Errorf("keyed: %q: a key has no wildcards", p)
			}
			key[i] = t.text
		}
		c.keys = append(c.keys, key)
	}
	return nil
}

func (c *compiled) equal(names []string) error {
	for _, name := range names {
		switch name {
		case "null", "":
			c.states |= Null
		case "missing":
			c.states |= Missing
		case "empty":
			c.states |= Empty
		default:
			return fmt.Errorf("equal: unknown state %q: want null, missing, empty", name)
		}
	}
	if c.states&(c.states-1) == 0 {
		return errors.New("equal: at least two of null, missing, empty must be given")
	}
	return nil
}

// rename accepts a new name in the same object only: a value that moves between
// objects has no one place at which the walk could meet both.
func (c *compiled) rename(to string) error {
	target, err := parsePointer(to)
	if err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	n := len(c.place)
	if n == 0 || len(target) != n || !reflect.DeepEqual(c.place[:n-1], target[:n-1]) {
		return fmt.Errorf("rename: %q must differ from the body's pointer in its last token only", to)
	}
	if c.place[n-1].wild != exact || target[n-1].wild != exact {
		return errors.New("rename: the last token may not be a wildcard")
	}
	if c.place[n-1] == target[n-1] {
		return fmt.Errorf("rename: %q is the old name", to)
	}
	c.newName = target[n-1].text
	return nil
}

// fits refuses actions that mean nothing at their place.
func (c *compiled) fits() error {
	if (c.kind == inBuiltin) != (c.slot == slotOff) {
		return errors.New("builtin goes with off, and off with builtin, only")
	}
	switch {
	case c.kind == inStatus || c.kind == inCookie:
		if c.slot != slotIgnore {
			return errors.New("a status or a cookie can only be ignored")
		}
	case c.kind == inHeader && c.place[0].text == "set-cookie" && c.slot != slotIgnore:
		return errors.New("Set-Cookie is compared cookie by cookie; as a header it can only be ignored")
	case c.kind == inHeader || c.kind == inTrailer:
		if c.slot == slotRename || c.keys != nil || c.states&Null != 0 {
			return errors.New("a header takes ignore, tolerance, time, matches, transform, unordered and equal: [missing, empty]")
		}
	}
	return nil
}
