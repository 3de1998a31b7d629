// Package redact takes secrets out of exchanges before the first byte of them
// touches a disk.
//
// Terms. A secret is a credential: what lets its holder act as somebody. It
// becomes a token, `redacted-` and 16 characters of base 32: the first 80 bits
// of HMAC-SHA-256(key, "secret" 0x00 value), so that equal secrets have equal
// tokens wherever they stand (a login's JSON, the Authorization header and the
// cookie that carry it later, both systems' answers) and nothing else can be
// computed from them. The value is the credential itself: unquoted, unescaped,
// without its scheme. A number under a secret key stays a number, exact in
// JSON and double: 2^52 and the first 52 bits, marked with the exponent "E+0".
//
// Steps, profile "secrets". Headers, interim headers and trailers:
//
//   - Authorization and names ending in -authorization: the scheme stays
//   - Cookie: each value; Set-Cookie: the value, its attributes stay
//   - API-key-like names, see names.go: the whole value after a known scheme
//   - every other value and the target are searched like text
//
// Text, and bodies of any type but images, sound, video and fonts:
//
//   - values of JSON members whose key is secret, see names.go, also in JSON
//     within a JSON string; of an object or array there all texts and numbers
//   - values of query parameters and of forms (also multipart) whose name is
//     secret; in XML and HTML elements, attributes and input fields
//   - user info of URLs, JWTs, PEM private keys
//
// Bytes outside of what was found stay as they are. A content-encoded body is
// decoded to be searched and is stored decoded only if something was found.
// Tokens are left alone, so redacting twice is redacting once.
//
// Limits. What cannot be searched is kept and counted under "not inspected":
// bodies that do not decode or pass a cap (64 MiB, ratio 2,000, three layers), and
// multipart bodies that do not begin with a delimiter. Not searched are path
// segments (JWTs apart), UTF-16, forms within forms, and what encodings of other
// kinds (base64 within JSON) hide. A body of over a million secrets is dropped. Booleans and
// null are no secrets. Of a truncated body the kept beginning is searched, and
// if something is found its SHA256, which covers bytes that are gone, becomes a
// keyed one. Order, ranges and parts of a secret cannot be compared any more.
package redact

import (
	"cmp"
	"fmt"
	"maps"
	"sync"

	"parallax/capture/recording"
)

// The profiles.
const (
	Secrets = "secrets"
	Off     = "off"
)

// Config says what is a secret beyond the package's own lists, and what is
// none. Names match without case, dashes, underscores and dots.
type Config struct {
	// Profile is "secrets", the default, or "off".
	Profile string `yaml:"profile,omitempty"`
	// Headers, Keys (of JSON members and form fields) and Query (parameters)
	// are more names whose values are secret.
	Headers []string `yaml:"headers,omitempty"`
	Keys    []string `yaml:"keys,omitempty"`
	Query   []string `yaml:"query,omitempty"`
	// Pointers are JSON Pointers of secret values in JSON bodies; * stands for
	// any one member or index.
	Pointers []string `yaml:"pointers,omitempty"`
	// Columns ("table.column") of databases whose values are secret.
	Columns []string `yaml:"columns,omitempty"`
	// Keep names what is no secret although a rule says so.
	Keep Keep `yaml:"keep,omitempty"`
}

// Keep are the exceptions.
type Keep struct {
	Headers []string `yaml:"headers,omitempty"`
	Cookies []string `yaml:"cookies,omitempty"`
	// Keys of JSON members, form fields and query parameters.
	Keys []string `yaml:"keys,omitempty"`
	// Columns ("table.column") of databases.
	Columns []string `yaml:"columns,omitempty"`
}

// Redactor applies one configuration under one key. It is safe for concurrent
// use.
type Redactor struct {
	off      bool
	key      Key
	names    *names
	pointers []pointer
	passes   sync.Pool

	mu     sync.Mutex
	counts map[string]int64
}

// New returns the redactor of c under key. The key is not needed for the
// profile "off".
func New(c Config, key Key) (*Redactor, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	r := &Redactor{key: key, names: newNames(c), counts: map[string]int64{}}
	var err error
	if r.names.columns, err = columnSet(c.Columns); err != nil {
		return nil, err
	}
	if r.names.keepColumns, err = columnSet(c.Keep.Columns); err != nil {
		return nil, err
	}
	if c.Profile == Off {
		r.off = true
		return r, nil
	}
	if key.IsZero() {
		return nil, fmt.Errorf("redact: profile %q needs a key", Secrets)
	}
	pointers, err := parsePointers(c.Pointers)
	if err != nil {
		return nil, err
	}
	r.pointers = pointers
	r.passes.New = func() any { return newPass(r) }
	return r, nil
}

// Validate returns the first thing wrong with c.
func (c *Config) Validate() error {
	if c.Profile != "" && c.Profile != Secrets && c.Profile != Off {
		return fmt.Errorf("redact: profile %q: want %q or %q", c.Profile, Secrets, Off)
	}
	_, columns := columnSet(c.Columns)
	_, kept := columnSet(c.Keep.Columns)
	_, pointers := parsePointers(c.Pointers)
	return cmp.Or(columns, kept, pointers)
}

// Profile returns "secrets" or "off".
func (r *Redactor) Profile() string {
	if r.off {
		return Off
	}
	return Secrets
}

// KeyID names the key, for the manifest; it is empty for the profile "off".
func (r *Redactor) KeyID() string {
	if r.off {
		return ""
	}
	return r.key.ID()
}

// Counts returns how often each rule found something, and what was not
// inspected.
func (r *Redactor) Counts() map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.counts)
}

// Apply replaces the secrets of ex, in place. Bodies that change are new; the
// old bytes are not written to.
func (r *Redactor) Apply(ex *recording.Exchange) error {
	if ex == nil {
		return fmt.Errorf("redact: no exchange")
	}
	if r.off {
		return nil
	}
	p := r.passes.Get().(*pass)
	defer r.passes.Put(p)
	defer r.count(p)
	p.exchange(ex)
	return nil
}

// Token returns what stands in the place of a secret text, "" where redaction is off.
func (r *Redactor) Token(value string) string {
	if r.off {
		return ""
	}
	p := r.passes.Get().(*pass)
	defer r.passes.Put(p)
	return string(p.tokens.appendToken(nil, []byte(value)))
}

// count adds what p found and clears it.
func (r *Redactor) count(p *pass) {
	if p.counts == (counts{}) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, n := range p.counts {
		if n > 0 {
			r.counts[ruleNames[i]] += n
		}
	}
	p.counts = counts{}
}
