package credential

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"parallax/internal/jsontext"
)

// MaxOutput is the most that a source may give, in bytes.
const MaxOutput = 64 << 10

// maxToken is the longest token, in bytes: servers take no longer headers.
const maxToken = 16 << 10

// inherited are the variables that every command gets, where they are set.
var inherited = [...]string{"PATH", "HOME", "USER", "LANG", "TMPDIR", "XDG_CONFIG_HOME", "SYSTEMROOT"}

// CommandSource runs the configured command.
func CommandSource(c Config) Source {
	return func(ctx context.Context) (Obtained, error) {
		out, err := run(ctx, &c)
		if err != nil {
			return Obtained{}, err
		}
		return c.Parse(out)
	}
}

// run returns what the command printed. What it said on standard error is not
// shown: nobody knows that it holds no secret.
func run(ctx context.Context, c *Config) ([]byte, error) {
	var out output
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	cmd.Env, cmd.Stdout, cmd.WaitDelay = environment(c.Environment), &out, time.Second
	inGroup(cmd)
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("auth: command %q: it did not end within the timeout, or the run was stopped", c.Command[0])
	case out.tooLong:
		return nil, fmt.Errorf("auth: command %q: it printed more than %d bytes", c.Command[0], MaxOutput)
	case errors.As(err, &exit):
		return nil, fmt.Errorf("auth: command %q: %s (what it printed is not shown)", c.Command[0], exit.ProcessState)
	case err != nil:
		return nil, fmt.Errorf("auth: command %q: %w", c.Command[0], err)
	}
	return out.text, nil
}

func environment(names []string) []string {
	var env []string
	for _, name := range slices.Concat(inherited[:], names) {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// output keeps what is printed, up to MaxOutput.
type output struct {
	text    []byte
	tooLong bool
}

// Write takes all, so that the command does not block, and keeps what fits.
func (o *output) Write(p []byte) (int, error) {
	if o.tooLong = o.tooLong || len(o.text)+len(p) > MaxOutput; !o.tooLong {
		o.text = append(o.text, p...)
	}
	return len(p), nil
}

// Parse finds the token in what a source gave. Its errors repeat nothing of it.
func (c Config) Parse(out []byte) (Obtained, error) {
	got := Obtained{lifetime: time.Duration(c.Lifetime)}
	if c.Token == "" {
		got.token = strings.TrimSpace(string(out))
		return got, c.check(got.token)
	}
	if !json.Valid(out) {
		return got, errors.New("auth: what came is no JSON document")
	}
	token, err := find(out, "token", c.Token)
	if err != nil {
		return got, err
	}
	if got.token = token.Text; !token.Quoted {
		return got, errors.New("auth: token: there is a number, want a string")
	}
	if c.ExpiresIn != "" {
		if got.lifetime, err = lifetime(out, c.ExpiresIn); err != nil {
			return got, err
		}
	}
	return got, c.check(got.token)
}

// find returns the one scalar at pointer.
func find(text []byte, key, pointer string) (jsontext.Scalar, error) {
	path, err := jsontext.ParsePointer(pointer)
	if err != nil {
		return jsontext.Scalar{}, err
	}
	var found jsontext.Scalar
	n := 0
	err = jsontext.Visit(text, func(s jsontext.Scalar) {
		if slices.Equal(path, s.Path) {
			found, n = s, n+1
		}
	})
	switch {
	case err != nil:
		return found, errors.New("auth: what came is no JSON document")
	case n != 1:
		return found, fmt.Errorf("auth: %s: %d strings or numbers are at %s, want one", key, n, pointer)
	}
	return found, nil
}

// longest is more than any token lives.
const longest = 10 * 365 * 24 * time.Hour

func lifetime(text []byte, pointer string) (time.Duration, error) {
	s, err := find(text, "expires_in", pointer)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(s.Text + "s")
	if err != nil || d <= 0 || d > longest || strings.Trim(s.Text, "0123456789.") != "" {
		return 0, errors.New("auth: expires_in: want a number of seconds above 0")
	}
	return d, nil
}

func (c Config) check(token string) error {
	switch {
	case token == "":
		return errors.New("auth: the token is empty")
	case len(token) > maxToken:
		return fmt.Errorf("auth: the token is longer than %d bytes", maxToken)
	case !fits(c.Header, replacePlace(c.Format, token)) || strings.ContainsAny(token, " \t"):
		return errors.New("auth: the token holds a character that cannot stand in a header")
	}
	return nil
}

func replacePlace(format, token string) string { return strings.Replace(format, place, token, 1) }

// FillHeader is the header's value with the token, for the wire.
func (c Config) FillHeader(g Grant) string { return replacePlace(c.Format, g.value) }

// StoredHeader is the header's value as a run stores it.
func (c Config) StoredHeader() string { return replacePlace(c.Format, Hidden) }
