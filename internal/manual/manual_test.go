package manual

import (
	"bytes"
	"strings"
	"testing"
)

func tree() *Command {
	return &Command{Name: "prog", Usage: "do things", Flags: []Flag{{Names: []string{"version"}}}, Commands: []Command{
		{Name: "capture", Usage: "capture", Commands: []Command{{Name: "packets", Usage: "of packets"}, {Name: "proxy"}}},
		{Name: "cat", Arguments: "FOLDER", Flags: []Flag{
			{Names: []string{"output", "o"}, Place: "FOLDER"}, {Names: []string{"rate"}, Place: "RATE"}, {Names: []string{"quiet", "q"}},
			{Names: []string{"target"}, Place: "NAME", Words: func(line []string) []string { return []string{"new", "old", strings.Join(line, "+")} }},
		}},
		{Name: "shells", Arguments: "SHELL", Words: func() []string { return Shells[:] }},
		{Name: "none"},
	}}
}

func TestComplete(t *testing.T) {
	for line, want := range map[string]string{
		"":                             "capture cat shells none",
		"ca":                           "capture cat",
		"x":                            "",
		"capture ":                     "packets proxy",
		"capture pr":                   "proxy",
		"--v":                          "--version",
		"cat ":                         ":paths",
		"cat -":                        "--help --output --rate --quiet --target",
		"cat --q":                      "--quiet",
		"cat --output ":                ":paths",
		"cat -o ":                      ":paths",
		"cat -o x ":                    ":paths",
		"cat --rate ":                  "",
		"cat --target o":               "old",
		"cat --target=n":               "--target=new",
		"cat --target = n":             "--target=new",
		"cat --target =":               "--target=new --target=old --target=cat+--target=",
		"cat --quiet --ta":             "--target",
		"cat --target new --o":         "--output",
		"cat -- -":                     ":paths",
		"cat -- --target ":             ":paths",
		"cat --output --target new --": "--help --output --rate --quiet --target",
		"shells f":                     "fish",
		"none ":                        "",
		"none --nosuch=":               "",
		"nosuch ":                      "capture cat shells none",
	} {
		got := Complete(tree(), strings.Split(line, " "))
		var words []string
		for _, c := range got.Candidates {
			words = append(words, c.Word)
		}
		if got.Paths {
			words = append(words, PathsLine)
		}
		if text := strings.Join(words, " "); text != want {
			t.Errorf("%q: %q, want %q", line, text, want)
		}
	}
	if got := Complete(tree(), nil); len(got.Candidates) != 4 {
		t.Errorf("no words at all: %v", got)
	}
}

func TestPrintKeepsLines(t *testing.T) {
	var out bytes.Buffer
	c := Completion{Candidates: []Candidate{{"a", "one\ntwo\x1b"}, {"b\tc", ""}}, Paths: true}
	if err := c.Print(&out); err != nil || out.String() != "a\tone two \nb c\n:paths\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestScript(t *testing.T) {
	for _, shell := range Shells {
		text, err := Script(shell, "prog")
		if err != nil || !strings.Contains(text, "complete -- ") || strings.Contains(text, "PROGRAM") {
			t.Errorf("%s: %v\n%s", shell, err, text)
		}
	}
	if _, err := Script("tcsh", "prog"); err == nil || !strings.Contains(err.Error(), "bash, zsh, fish") {
		t.Errorf("tcsh: %v", err)
	}
}

func TestRoff(t *testing.T) {
	root := &Command{Name: "prog", Usage: "do a-b", Commands: []Command{
		{Name: "group", Commands: []Command{{Name: "leaf", Usage: "say", Text: ".begins with a dot\n'and a quote\nback\\slash — dash\x1b[1m", Arguments: `"X"`,
			Flags: []Flag{{Names: []string{"output", "o"}, Usage: "FOLDER to write", Place: "FOLDER", Default: "64"}, {Names: []string{"wait"}, Place: "VALUE"}}}}},
	}}
	var out bytes.Buffer
	err := Roff(&out, root, Page{Version: "1", Date: "2026-01-31", About: []string{"One.", "Two."}, Exit: [][2]string{{"0", "done"}}, See: []string{"more"}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `.TH "PROG" "1" "2026-01-31" "prog 1" "User Commands"
.SH "NAME"
prog \- do a\-b
.SH "SYNOPSIS"
\fBprog\fR \fICOMMAND\fR [\fIOPTION\fR ...] [\fIARGUMENT\fR ...]
.SH "DESCRIPTION"
One.
.PP
Two.
.SH "COMMANDS"
.SS "prog group leaf \(dqX\(dq"
Say.
\&.begins with a dot
\&'and a quote
back\eslash \[u2014] dash [1m
.TP
\fB\-\-output\fR, \fB\-o\fR \fIFOLDER\fR
FOLDER to write (default: 64)
.TP
\fB\-\-wait\fR \fIVALUE\fR
VALUE
.SH "EXIT STATUS"
.TP
\fB0\fR
done
.SH "ENVIRONMENT"
.SH "FILES"
.SH "SEE ALSO"
more
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}
