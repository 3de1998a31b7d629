// Package carry replaces values that the old system gave its clients (cookies,
// tokens, created ids) by those that the new system gives.
//
// Terms. A pair is a value of a recorded answer with the value that the
// target's answer has at the same place. The scope of a pair is the session,
// or the whole run. A redaction token is what capture put in a secret's place.
//
// Steps. After each answer, Learn compares it with the recorded one and
// remembers the pairs that the rules name, and those of all cookies. Before
// each request, Rewrite replaces recorded values by live ones, exactly where a
// rule says and only where the whole value is equal.
//
// Cookies need no rule. They go by name and recorded value, for the whole run,
// so that a log-in on one connection holds on the next, and two users behind
// one connection stay two. A cookie that only the target sets replaces the
// recorded one of its name within the session. One that the target deletes
// (Max-Age of 0 or less, Expires in the past) is left out from then on. A path
// is looked at only where a cookie goes by its name; Domain, Secure and an
// expiry that lies ahead are not: there is one target, and runs are short.
//
// Limits. A value inside a longer one is not found. JSON bodies are walked
// whole; other bodies are looked into only as forms. At most MaxPairs pairs are
// kept for the run and MaxSessionPairs for a session, of values of at most
// MaxValue bytes; what did not fit is counted.
package carry

import (
	"strings"
	"sync"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/internal/jsontext"
)

// The bounds of what is remembered.
const (
	MaxPairs        = 1 << 20
	MaxSessionPairs = 1 << 14
	MaxValue        = 64 << 10
)

// Key names a remembered value: the rule (cookieRule for cookies) and the
// recorded value, with the cookie's name in front.
type Key struct {
	rule int
	old  string
}

const cookieRule = -1

func cookieKey(name, value string) Key { return Key{cookieRule, name + "=" + value} }

// live is what stands for a recorded value.
type live struct {
	value   string
	deleted bool // a cookie that the target deleted
}

// store is one scope's memory.
type store struct{ pairs map[Key]live }

// put remembers v, and reports whether it fits.
func (s *store) put(k Key, v live, limit int) bool {
	if s.pairs == nil {
		s.pairs = make(map[Key]live)
	}
	if _, known := s.pairs[k]; !known && len(s.pairs) >= limit || len(k.old)+len(v.value) > MaxValue {
		return false
	}
	s.pairs[k] = v
	return true
}

// Set holds the rules and what is known in the whole run. It is safe for
// concurrent use.
type Set struct {
	rules    []rule
	runRules bool
	token    func(value string) string // nil: nothing was redacted

	mu        sync.Mutex
	run       store
	forgotten int64
}

// Session holds what is known in one session. The Set that made it guards it.
type Session struct {
	own store
	// named are cookies that only the target sets, by name.
	named map[string]setCookie
}

// Known reports whether the session remembers anything that a later request
// could need.
func (s *Session) Known() bool { return len(s.own.pairs) > 0 || len(s.named) > 0 }

// New makes the rules ready. Its error names the rule by its number.
func New(rules []Rule) (*Set, error) {
	s := &Set{}
	for i, r := range rules {
		c, err := compile(i, r)
		if err != nil {
			return nil, err
		}
		s.rules = append(s.rules, c)
		s.runRules = s.runRules || c.run
	}
	return s, nil
}

// Tokens tells the set what redaction makes of a value in requests, "" for nothing. It
// comes before the first answer, and of is called by many goroutines.
func (s *Set) Tokens(of func(value string) string) { s.token = of }

// Forgotten is the number of pairs that did not fit.
func (s *Set) Forgotten() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forgotten
}

// FromBody reports whether a rule looks into the body of the answer to this
// request.
func (s *Set) FromBody(method, target string) bool {
	for i := range s.rules {
		r := &s.rules[i]
		if (r.From.Body != "" || r.pattern != nil) && r.from.match(method, target) {
			return true
		}
	}
	return false
}

// ToBody reports whether a rule may change the body of this request.
func (s *Set) ToBody(method, target string) bool {
	for i := range s.rules {
		r := &s.rules[i]
		if (r.To.Body != "" || r.To.Any) && r.to.match(method, target) {
			return true
		}
	}
	return false
}

// Message is an answer with its body's bytes, content decoding undone; Body is
// nil where no rule asks for it.
type Message struct {
	Headers []httpmsg.Header
	Body    []byte
}

// Sources returns the keys of the run's scope that the answer to this recorded
// request brings.
func (s *Set) Sources(req *recording.Request, recorded Message) []Key {
	var keys []Key
	for _, c := range setCookies(recorded.Headers, time.Time{}) {
		keys = append(keys, cookieKey(c.name, c.value))
	}
	if !s.runRules {
		return keys
	}
	return s.ruleSources(keys, req, recorded)
}

// ruleSources appends the keys that rules of the run's scope take.
func (s *Set) ruleSources(keys []Key, req *recording.Request, recorded Message) []Key {
	for i := range s.rules {
		r := &s.rules[i]
		if r.run && r.from.match(req.Method, req.Target) {
			r.values(recorded, func(_, value string) {
				s.spellings(r, value, func(old string) { keys = append(keys, Key{i, old}) })
			})
		}
	}
	return keys
}

// Learn remembers what the pair of answers to a request shows.
func (s *Set) Learn(session *Session, req *recording.Request, recorded, answered Message) {
	s.learnCookies(session, req, recorded, answered)
	for i := range s.rules {
		r := &s.rules[i]
		if !r.from.match(req.Method, req.Target) {
			continue
		}
		old := make(map[string]string)
		r.values(recorded, func(place, value string) { old[place] = value })
		s.mu.Lock()
		r.values(answered, func(place, value string) {
			if was, ok := old[place]; ok {
				s.spellings(r, was, func(old string) { s.remember(r, session, Key{i, old}, live{value: value}) })
			}
		})
		s.mu.Unlock()
	}
}

func (s *Set) remember(r *rule, session *Session, k Key, v live) {
	if r.run {
		s.rememberInRun(k, v)
	} else if !session.own.put(k, v, MaxSessionPairs) {
		s.forgotten++
	}
}

// rememberInRun puts a pair into the run's scope.
func (s *Set) rememberInRun(k Key, v live) {
	if !s.run.put(k, v, MaxPairs) {
		s.forgotten++
	}
}

func (s *Set) learnCookies(session *Session, req *recording.Request, recorded, answered Message) {
	if _, sets := httpmsg.Get(answered.Headers, "Set-Cookie"); !sets {
		return // as most, without a look at the clock
	}
	news := setCookies(answered.Headers, time.Now())
	if len(news) == 0 {
		return
	}
	olds := setCookies(recorded.Headers, time.Time{})
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range news {
		if old, ok := find(olds, c.name); ok {
			s.rememberInRun(cookieKey(c.name, old.value), live{c.value, c.deleted})
			continue
		}
		s.learnUnpaired(session, req, c)
	}
}

// learnUnpaired takes a cookie that the old system did not set here: it stands
// for the one that the recorded request sent, or, where it sent none, for
// those of its name to come.
func (s *Set) learnUnpaired(session *Session, req *recording.Request, c setCookie) {
	sent := false
	cookiePairs(req.Headers, func(p cookiePair) {
		if p.name == c.name {
			sent = true
			s.rememberInRun(cookieKey(p.name, p.value), live{c.value, c.deleted})
		}
	})
	if sent {
		return
	}
	if session.named == nil {
		session.named = make(map[string]setCookie)
	}
	if len(session.named) < maxNamed {
		session.named[c.name] = c
	}
}

const maxNamed = 1000

func find(cookies []setCookie, name string) (setCookie, bool) {
	for _, c := range cookies {
		if c.name == name {
			return c, true
		}
	}
	return setCookie{}, false
}

// values calls f with each value of the rule's source and its concrete place.
func (r *rule) values(m Message, f func(place, value string)) {
	switch {
	case r.From.Header != "":
		r.headerValues(m.Headers, f)
	case r.From.Cookie != "":
		for _, c := range setCookies(m.Headers, time.Time{}) {
			if c.name == r.From.Cookie {
				f("", c.value)
			}
		}
	case r.pattern != nil:
		r.textValues(m, f)
	case len(m.Body) > 0:
		jsontext.Visit(m.Body, func(v jsontext.Scalar) {
			if jsontext.Match(r.fromBody, v.Path) {
				f(strings.Join(v.Path, "\x00"), v.Text)
			}
		})
	}
}

func (r *rule) headerValues(headers []httpmsg.Header, f func(place, value string)) {
	place := ""
	for _, h := range headers {
		if !strings.EqualFold(h.Name, r.From.Header) {
			continue
		}
		place += "+" // the first, the second ...
		f(place, h.Value)
		if strings.EqualFold(h.Name, "Location") {
			_, path, _ := splitTarget(h.Value)
			f(place+"segment", path[strings.LastIndexByte(path, '/')+1:])
		}
	}
}
