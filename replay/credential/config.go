package credential

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"parallax/internal/httpmsg"
	"parallax/internal/jsontext"
	"parallax/internal/literal"
)

// Config is the key auth of a target. Exactly one of Command and Request is given.
type Config struct {
	// Command is a program with its arguments, run without a shell. What it prints is
	// the token, or a JSON document that holds it (Token).
	Command []string `yaml:"command,omitempty" json:"command,omitempty"`
	// Environment names the variables that the command gets besides those of
	// inherited.
	Environment []string `yaml:"environment,omitempty" json:"environment,omitempty"`
	Request     *Request `yaml:"request,omitempty" json:"request,omitempty"`
	// Token and ExpiresIn are JSON Pointers into what came: to the token, a string,
	// and to its lifetime in seconds.
	Token     string `yaml:"token,omitempty" json:"token,omitempty"`
	ExpiresIn string `yaml:"expires_in,omitempty" json:"expires_in,omitempty"`
	// Lifetime is the token's where nothing says it; none: until it is rejected.
	Lifetime literal.Duration `yaml:"lifetime,omitempty" json:"lifetime,omitempty"`
	// Timeout bounds getting a token: 10 s.
	Timeout literal.Duration `yaml:"timeout,omitempty" json:"timeout,omitempty"`
	// Header gets the token: Authorization. Format holds {token}: "Bearer {token}".
	Header string `yaml:"header,omitempty" json:"header,omitempty"`
	Format string `yaml:"format,omitempty" json:"format,omitempty"`
	// Always adds the header to requests that were recorded without it, too.
	Always bool `yaml:"always,omitempty" json:"always,omitempty"`
	// RetryUnauthorized sends a safe request again, once, with a new token where the
	// answer is 401 and the recorded one was not.
	RetryUnauthorized bool `yaml:"retry_unauthorized,omitempty" json:"retry_unauthorized,omitempty"`
}

// Request asks the target itself for a token, or another configured target.
type Request struct {
	// Target is another target's name; empty is the one that is replayed to.
	Target string `yaml:"target,omitempty" json:"target,omitempty"`
	Method string `yaml:"method,omitempty" json:"method,omitempty"` // POST
	// Path is sent as it stands, without the target's prefixes. Path, header values
	// and body may hold {{secret:NAME}}.
	Path    string   `yaml:"path" json:"path"`
	Headers []Header `yaml:"headers,omitempty" json:"headers,omitempty"`
	Body    string   `yaml:"body,omitempty" json:"body,omitempty"`
}

// Header is one line of a token request.
type Header struct {
	Name  string `yaml:"name" json:"name"`
	Value string `yaml:"value" json:"value"`
}

const (
	place          = "{token}"
	defaultTimeout = 10 * time.Second
)

// WithDefaults returns the configuration with every default filled in.
func (c Config) WithDefaults() Config {
	if c.Header == "" {
		c.Header = "Authorization"
	}
	if c.Format == "" {
		c.Format = "Bearer " + place
	}
	if c.Timeout == 0 {
		c.Timeout = literal.Duration(defaultTimeout)
	}
	if c.Request != nil {
		r := *c.Request
		if r.Method == "" {
			r.Method = "POST"
		}
		c.Request = &r
	}
	return c
}

// Validate returns what is wrong, with its key.
func (c Config) Validate() error {
	c = c.WithDefaults()
	switch {
	case (len(c.Command) == 0) == (c.Request == nil):
		return errors.New("auth: want either command or request")
	case len(c.Command) > 0 && c.Command[0] == "":
		return errors.New("auth: command: the program is missing")
	case c.Request != nil && len(c.Environment) > 0:
		return errors.New("auth: environment: only a command has one")
	case c.Request != nil && c.Token == "":
		return errors.New("auth: token: want a JSON Pointer to the token in the answer, like /access_token")
	case c.ExpiresIn != "" && c.Token == "":
		return errors.New("auth: expires_in: want token, too: both are JSON Pointers into one document")
	case strings.Count(c.Format, place) != 1:
		return fmt.Errorf("auth: format: want %s in it once", place)
	case !fits(c.Header, c.Format):
		return fmt.Errorf("auth: header %q cannot be sent", c.Header)
	}
	for _, p := range []string{c.Token, c.ExpiresIn} {
		if _, err := jsontext.ParsePointer(p); err != nil {
			return fmt.Errorf("auth: %w", err)
		}
	}
	return c.Request.validate()
}

func (r *Request) validate() error {
	if r == nil {
		return nil
	}
	if !strings.HasPrefix(r.Path, "/") || strings.ContainsAny(r.Path, " \t\r\n\x00#") {
		return errors.New("auth: request: path: want one that begins with /, without spaces")
	}
	if strings.Trim(r.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return fmt.Errorf("auth: request: method: %q is none", r.Method)
	}
	for _, h := range r.Headers {
		if !fits(h.Name, h.Value) {
			return fmt.Errorf("auth: request: header %q cannot be sent", h.Name)
		}
	}
	return nil
}

// String says how the token is got and where it goes; arguments of a command, which
// may hold a secret, are left out.
func (c Config) String() string {
	if c.Request == nil {
		return fmt.Sprintf("%s from the command %q", c.Header, c.Command[0])
	}
	from := fmt.Sprintf("%s from %s %s", c.Header, c.Request.Method, c.Request.Path)
	if c.Request.Target != "" {
		from += " of target " + c.Request.Target
	}
	return from
}

// framing are the headers that say where a message ends, and for whom it is.
var framing = [...]string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect"}

func fits(name, value string) bool {
	for _, f := range framing {
		if strings.EqualFold(f, name) {
			return false
		}
	}
	return name != "" && !strings.ContainsAny(name, " \t:") && !strings.ContainsAny(value, "\r\n\x00") &&
		httpmsg.Sendable(httpmsg.Header{Name: name, Value: value})
}
