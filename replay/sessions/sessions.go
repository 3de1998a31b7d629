// Package sessions says which requests belong together.
//
// Terms. A session is what keeps its order in a replay and shares carried values:
// the recorded connection, or all requests with one value of a key, whatever
// connection they came on.
//
// Steps. The keys are tried in turn, in the request as it was recorded; the first
// that is there decides. Where none is, a cookie that a key names and that the
// recorded answer sets does: a log-in belongs to the session that it opens.
// Without any, the request belongs to its connection.
//
// Limits. Only the value counts, not which key it came from. A redacted value
// works as well as a plain one, since equal values have equal tokens. A session
// whose value changes on the way is two. Of JSON, strings and numbers count.
package sessions

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"parallax/capture/recording"
	"parallax/internal/content"
	"parallax/replay/carry"
)

// Config is the key sessions of a configuration.
type Config struct {
	Key Keys `yaml:"key,omitempty" json:"key,omitempty"`
}

// Key is a place in requests whose value names the session: exactly one.
type Key struct {
	Cookie string `yaml:"cookie,omitempty" json:"cookie,omitempty"`
	Header string `yaml:"header,omitempty" json:"header,omitempty"`
	Query  string `yaml:"query,omitempty" json:"query,omitempty"`
	// JSON is a JSON Pointer into the request's body.
	JSON string `yaml:"json,omitempty" json:"json,omitempty"`
}

// Keys are tried in turn. In YAML they are a list, or one key.
type Keys []Key

// UnmarshalYAML takes a list or one mapping.
func (k *Keys) UnmarshalYAML(decode func(any) error) error {
	var form any
	if err := decode(&form); err != nil {
		return err
	}
	if _, many := form.([]any); many {
		return decode((*[]Key)(k))
	}
	var one Key
	if err := decode(&one); err != nil {
		return err
	}
	*k = Keys{one}
	return nil
}

// Namer names the sessions of exchanges. It is safe for concurrent use.
type Namer struct {
	places  []*carry.Place
	cookies []string // that a key names
}

// New makes keys ready; no key is a nil Namer.
func New(keys Keys) (*Namer, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	n := &Namer{}
	for i, k := range keys {
		p, err := k.place()
		if err != nil {
			return nil, fmt.Errorf("sessions: key %d: %w", i+1, err)
		}
		n.places = append(n.places, p)
		if k.Cookie != "" {
			n.cookies = append(n.cookies, k.Cookie)
		}
	}
	return n, nil
}

func (k Key) place() (*carry.Place, error) {
	given := 0
	for _, name := range []string{k.Cookie, k.Header, k.Query, k.JSON} {
		if name != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, errors.New("want exactly one of cookie, header, query, json")
	case k.JSON != "" && k.JSON[0] != '/':
		return nil, fmt.Errorf("json: JSON Pointer %q does not begin with /", k.JSON)
	}
	return carry.NewPlace(carry.To{Cookie: k.Cookie, Header: k.Header, Query: k.Query, Body: k.JSON})
}

// Of names the session of ex: the first 16 hex digits of SHA-256 over the key's
// value, ex.Session where it has none. A nil Namer knows connections only.
func (n *Namer) Of(ex *recording.Exchange) string {
	if n == nil {
		return ex.Session
	}
	value := n.value(ex)
	if value == "" {
		return ex.Session
	}
	sum := sha256.Sum256([]byte("session key\n" + value))
	return hex.EncodeToString(sum[:8])
}

func (n *Namer) value(ex *recording.Exchange) (value string) {
	if ex.Request != nil {
		for _, p := range n.places {
			if value = first(p, ex.Request); value != "" {
				return value
			}
		}
	}
	if ex.Response != nil {
		for _, name := range n.cookies {
			if value = carry.CookieSet(ex.Response.Headers, name); value != "" {
				return value
			}
		}
	}
	return ""
}

// first is the first value at a place.
func first(p *carry.Place, req *recording.Request) (value string) {
	var body []byte
	if p.InBody(req.Method, req.Target) {
		body = Plain(req)
	}
	p.Values(req, body, func(v string) {
		if value == "" {
			value = v
		}
	})
	return value
}

// plainLimit bounds a body that is decoded to be looked into.
const plainLimit = 16 << 20

// Plain is a request's body without content coding; nil where it cannot be had.
func Plain(req *recording.Request) []byte {
	if len(req.Body.Bytes) == 0 || req.Body.Redacted {
		return req.Body.Bytes
	}
	var encodings []string
	for i := range req.Headers {
		if req.Headers[i].Is("Content-Encoding") {
			encodings = append(encodings, req.Headers[i].Value)
		}
	}
	out, err := content.Decode(encodings, req.Body.Bytes, content.Limits{Output: plainLimit})
	if err != nil {
		return nil
	}
	return out
}
