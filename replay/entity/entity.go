// Package entity says which things requests are about.
//
// Terms. An entity is one thing that the system keeps (an order, an account): a
// kind and the text by which requests name it. A place is where requests of a
// route name one, by the syntax of a carry rule's `to`.
//
// Steps. Of looks at all places in a request, as it was recorded, and returns the
// entities that it names, each once.
//
// Limits. What a request creates it does not name: its answer does, and a carry
// rule of the run's scope makes later requests wait for that. Of one request
// MaxNamed entities count; more are left out, and that is said.
package entity

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"parallax/capture/recording"
	"parallax/replay/carry"
	"parallax/replay/sessions"
)

// MaxNamed bounds the entities of one request.
const MaxNamed = 1000

// Rule is one kind of entity, with the places where requests name one.
type Rule struct {
	// Entity is what it is called: order.
	Entity string `yaml:"entity" json:"entity"`
	// At are places; one text at any of them is one entity.
	At []carry.To `yaml:"at" json:"at"`
}

// Key is one entity: its kind by the rule's number, and a digest of its text, so
// that it takes the same room however long that is.
type Key struct {
	rule int
	sum  [16]byte
}

// Set holds the rules. It is safe for concurrent use.
type Set struct {
	names  []string
	places [][]*carry.Place
}

// New makes rules ready; no rule is a nil Set. Its error names the rule.
func New(rules []Rule) (*Set, error) {
	if len(rules) == 0 {
		return nil, nil
	}
	s := &Set{}
	known := make(map[string]bool)
	for i, r := range rules {
		places, err := r.compile()
		if err == nil && known[r.Entity] {
			err = errors.New("there is another rule of that name")
		}
		if err != nil {
			return nil, fmt.Errorf("order rule %d (%s): %w", i+1, r.Entity, err)
		}
		known[r.Entity] = true
		s.names, s.places = append(s.names, r.Entity), append(s.places, places)
	}
	return s, nil
}

func (r *Rule) compile() ([]*carry.Place, error) {
	switch {
	case r.Entity == "":
		return nil, errors.New("entity is missing: what it is called")
	case len(r.At) == 0:
		return nil, errors.New("at is missing: where requests name it")
	}
	var places []*carry.Place
	for i, to := range r.At {
		p, err := carry.NewPlace(to)
		if err != nil {
			return nil, fmt.Errorf("at %d: %w", i+1, err)
		}
		places = append(places, p)
	}
	return places, nil
}

// Kind is the name of an entity's rule.
func (s *Set) Kind(k Key) string { return s.names[k.rule] }

// Of returns the entities that a request names, and how many more it does. A nil
// Set knows none.
func (s *Set) Of(req *recording.Request) (named []Key, more int) {
	if s == nil || req == nil {
		return nil, 0
	}
	l := look{req: req, seen: map[Key]bool{}}
	for rule, places := range s.places {
		for _, p := range places {
			l.at(rule, p)
		}
	}
	return l.named, l.more
}

// look goes through the places of one request.
type look struct {
	req   *recording.Request
	body  []byte
	plain bool // body is there
	named []Key
	seen  map[Key]bool
	more  int
}

func (l *look) at(rule int, p *carry.Place) {
	if !l.plain && p.InBody(l.req.Method, l.req.Target) {
		l.body, l.plain = sessions.Plain(l.req), true
	}
	p.Values(l.req, l.body, func(text string) {
		sum := sha256.Sum256([]byte(text))
		k := Key{rule: rule, sum: [16]byte(sum[:16])}
		switch {
		case l.seen[k]:
		case len(l.named) >= MaxNamed:
			l.more++
		default:
			l.seen[k] = true
			l.named = append(l.named, k)
		}
	})
}
