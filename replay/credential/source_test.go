package credential

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"parallax/internal/literal"
)

const canary = "cAnArY-5ecr3t-9f27"

// TestMain lets the test binary be the command that gives a token.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "give" {
		give(os.Args[2])
		return
	}
	os.Exit(m.Run())
}

func give(what string) {
	switch what {
	case "fail":
		os.Stdout.WriteString(canary)
		os.Stderr.WriteString("cannot log in with " + canary)
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour)
	case "parent": // ends when its child does, whose output is its own
		child := exec.Command(os.Args[0], "give", "hang")
		child.Stdout = os.Stdout
		child.Run()
	case "flood":
		for range 100 {
			os.Stdout.WriteString(strings.Repeat(canary, 1000))
		}
	case "environment":
		os.Stdout.WriteString(strings.Join(os.Environ(), ","))
	default:
		os.Stdout.WriteString(what)
	}
}

func command(args ...string) Config {
	return Config{Command: append([]string{os.Args[0], "give"}, args...)}.WithDefaults()
}

func TestParse(t *testing.T) {
	bare := Config{}
	fields := Config{Token: "/data/token", ExpiresIn: "/expires_in"}
	for _, c := range []struct {
		name     string
		config   Config
		out      string
		token    string
		lifetime time.Duration
		err      string
	}{
		{"bare", bare, "  abc.def\n", "abc.def", 0, ""},
		{"bare with a lifetime", Config{Lifetime: literal.Duration(time.Minute)}, "abc", "abc", time.Minute, ""},
		{"empty", bare, " \n", "", 0, "empty"},
		{"two lines", bare, "abc\ndef", "", 0, "cannot stand in a header"},
		{"a space", bare, "abc def", "", 0, "cannot stand in a header"},
		{"NUL", bare, "abc\x00", "", 0, "cannot stand in a header"},
		{"too long", bare, strings.Repeat("x", maxToken+1), "", 0, "longer than"},
		{"fields", fields, `{"data": {"token": "abc"}, "expires_in": 3600}`, "abc", time.Hour, ""},
		{"seconds as text", fields, `{"data": {"token": "abc"}, "expires_in": "90.5"}`, "abc", 90500 * time.Millisecond, ""},
		{"no lifetime asked for", Config{Token: "/t"}, `{"t": "a\u0062c"}`, "abc", 0, ""},
		{"an array", Config{Token: "/0"}, `["abc"]`, "abc", 0, ""},
		{"no JSON", fields, "abc", "", 0, "no JSON document"},
		{"JSON and more", fields, `{"data": {"token": "abc"}, "expires_in": 1} x`, "", 0, "no JSON document"},
		{"no token", fields, `{"expires_in": 1}`, "", 0, "0 strings or numbers are at /data/token"},
		{"two tokens", fields, `{"data": {"token": "a", "token": "b"}, "expires_in": 1}`, "", 0, "2 strings or numbers"},
		{"a number", fields, `{"data": {"token": 5}, "expires_in": 1}`, "", 0, "want a string"},
		{"null", fields, `{"data": {"token": null}, "expires_in": 1}`, "", 0, "0 strings"},
		{"no lifetime", fields, `{"data": {"token": "abc"}}`, "", 0, "expires_in: 0 strings"},
		{"none", fields, `{"data": {"token": "abc"}, "expires_in": 0}`, "", 0, "want a number of seconds"},
		{"below", fields, `{"data": {"token": "abc"}, "expires_in": -5}`, "", 0, "want a number of seconds"},
		{"no number", fields, `{"data": {"token": "abc"}, "expires_in": "1h"}`, "", 0, "want a number of seconds"},
		{"for ever", fields, `{"data": {"token": "abc"}, "expires_in": 99999999999999999999}`, "", 0, "want a number of seconds"},
	} {
		got, err := c.config.WithDefaults().Parse([]byte(c.out))
		switch {
		case c.err == "" && (err != nil || got.token != c.token || got.lifetime != c.lifetime):
			t.Errorf("%s: %+v, %v", c.name, got, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		}
	}
}

func TestCommand(t *testing.T) {
	got, err := CommandSource(command("abc\n"))(t.Context())
	if err != nil || got.token != "abc" {
		t.Fatalf("%+v, %v", got, err)
	}
	for what, want := range map[string]string{"fail": "exit status 3", "flood": "more than"} {
		_, err := CommandSource(command(what, canary))(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := CommandSource(Config{Command: []string{"/no/such/program", canary}}.WithDefaults())(t.Context()); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("no program: %v", err)
	}
}

// TestACommandThatHangs ends with the keeper's timeout.
func TestACommandThatHangs(t *testing.T) {
	k := NewKeeper(CommandSource(command("hang")), 50*time.Millisecond, func() int64 { return 1 })
	if _, err := k.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("error %v", err)
	}
}

// TestChildrenEndToo: what a command started does not outlive it. The pipe that the
// child holds would otherwise be waited for.
func TestChildrenEndToo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process groups")
	}
	c := command("parent")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var out output
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	cmd.Stdout = &out
	inGroup(cmd)
	if err := cmd.Run(); err == nil { // without a WaitDelay: it returns once the pipe is closed
		t.Error("it ended by itself")
	}
}

// TestEnvironment: a command gets what is named, and no other secret.
func TestEnvironment(t *testing.T) {
	t.Setenv("PARALLAX_SECRET_OTHER", canary)
	t.Setenv("WANTED", "yes")
	c := command("environment")
	c.Environment = []string{"WANTED", "UNSET"}
	out, err := run(t.Context(), &c)
	if err != nil || !strings.Contains(string(out), "WANTED=yes") || strings.Contains(string(out), canary) || strings.Contains(string(out), "UNSET") {
		t.Errorf("%s, %v", out, err)
	}
}

func TestSecretsAreEscapedForTheirPlace(t *testing.T) {
	secret := func(name string) (string, error) {
		if name == "none" {
			return "", errors.New("secret none: not set")
		}
		return `a&b "c"`, nil
	}
	request := func(kind string) Request {
		return Request{Path: "/token?key={{secret:K}}", Headers: []Header{{"Content-Type", kind}, {"X-Key", "{{secret:K}}"}}, Body: "x={{secret:K}}"}
	}
	for kind, body := range map[string]string{
		"application/x-www-form-urlencoded": "x=a%26b+%22c%22", "Application/JSON; charset=utf-8": `x=a\u0026b \"c\"`, "text/plain": `x=a&b "c"`,
	} {
		got, err := request(kind).Filled(secret)
		if err != nil || got.Body != body || got.Path != "/token?key=a%26b+%22c%22" || got.Headers[1].Value != `a&b "c"` {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
	}
	for _, r := range []Request{{Path: "/{{secret:none}}"}, {Path: "/", Body: "{{secret:none}}"}, {Path: "/", Headers: []Header{{"A", "{{secret:none}}"}}}} {
		if _, err := r.Filled(secret); err == nil {
			t.Errorf("%+v is filled", r)
		}
	}
	broken := func(string) (string, error) { return canary + "\r\nX: y", nil }
	if _, err := (Request{Path: "/", Headers: []Header{{"A", "{{secret:K}}"}}}).Filled(broken); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("a line break in a secret: %v", err)
	}
}

func TestValidate(t *testing.T) {
	good := &Request{Path: "/token"}
	for want, c := range map[string]Config{
		"either command or request":  {},
		"either command":             {Command: []string{"x"}, Request: good, Token: "/t"},
		"the program is missing":     {Command: []string{""}},
		"only a command has one":     {Request: good, Token: "/t", Environment: []string{"A"}},
		"token: want a JSON Pointer": {Request: good},
		"want token, too":            {Command: []string{"x"}, ExpiresIn: "/e"},
		"want {token} in it once":    {Command: []string{"x"}, Format: "Bearer"},
		"does not begin with /":      {Command: []string{"x"}, Token: "t"},
		`header "Host"`:              {Command: []string{"x"}, Header: "Host"},
		`header "X Y"`:               {Command: []string{"x"}, Header: "X Y"},
		"path: want one that begins": {Request: &Request{Path: "http://elsewhere/"}, Token: "/t"},
		"method":                     {Request: &Request{Path: "/", Method: "get it"}, Token: "/t"},
		`header "Content-Length"`:    {Request: &Request{Path: "/", Headers: []Header{{"content-length", "5"}}}, Token: "/t"},
	} {
		if want == `header "Content-Length"` {
			want = `header "content-length"`
		}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", c, err, want)
		}
	}
	for _, c := range []Config{{Command: []string{"x"}}, {Request: good, Token: "/t", ExpiresIn: "/e"}} {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// FuzzParse: whatever a source gives, its token can stand in a header, and no error
// repeats it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"abc", `{"t":"abc","e":5}`, `{"t":"a\r\nb","e":5}`, `{"t":"","e":"x"}`, `[`, "a b"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		for _, c := range []Config{{}, {Token: "/t", ExpiresIn: "/e"}} {
			c = c.WithDefaults()
			got, err := c.Parse(out)
			if err == nil && (got.token == "" || strings.ContainsAny(got.token, " \r\n\x00") || got.lifetime < 0) {
				t.Fatalf("%q gives %q, %s", out, got.token, got.lifetime)
			}
			if err != nil && len(out) > 24 && strings.Contains(err.Error(), string(out)) {
				t.Fatalf("%v repeats it", err)
			}
		}
	})
}
