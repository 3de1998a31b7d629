package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"parallax/internal/manual"
)

// everyCommand calls f for each command that does something, with its name.
func everyCommand(list []*cli.Command, prefix string, f func(string, *cli.Command)) {
	for _, c := range list {
		name := strings.TrimSpace(prefix + " " + c.Name)
		if len(c.Subcommands) == 0 {
			f(name, c)
		}
		everyCommand(c.Subcommands, name, f)
	}
}

func page(t *testing.T) string {
	t.Helper()
	p := manualPage()
	p.Version, p.Date = "1.2.3", "2026-01-31"
	var out bytes.Buffer
	if err := manual.Roff(&out, commandTree(newApp(streams{})), p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The page has every command and flag, and every exit code of the documentation.
func TestManualPageIsComplete(t *testing.T) {
	text := strings.ReplaceAll(page(t), `\-`, "-")
	found := 0
	everyCommand(newApp(streams{}).Commands, "parallax", func(name string, c *cli.Command) {
		_, section, ok := strings.Cut(text, ".SS \""+strings.TrimSpace(name+" "+strings.ReplaceAll(c.ArgsUsage, `"`, `\(dq`))+"\"\n")
		section, _, _ = strings.Cut(section, "\n.S")
		if ok == c.Hidden {
			t.Errorf("%s: in the page: %v", name, ok)
		}
		if c.Hidden {
			return
		}
		found++
		for _, f := range c.Flags {
			if !strings.Contains(section, `\fB--`+f.Names()[0]+`\fR`) {
				t.Errorf("%s: the page lacks --%s", name, f.Names()[0])
			}
		}
	})
	if found < 15 {
		t.Errorf("%d commands: the walk misses some", found)
	}
	codes, err := os.ReadFile("../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\| ([0-9, ]+) \|`).FindAllStringSubmatch(string(codes), -1) {
		if !strings.Contains(text, `\fB`+m[1]+`\fR`) {
			t.Errorf("the page lacks exit code %s", m[1])
		}
	}
}

func TestManualPageIsSound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parallax.1")
	writeText(t, file, page(t))
	checked := 0
	for _, lint := range [][]string{{"mandoc", "-Tlint", "-W", "warning"}, {"groff", "-man", "-ww", "-z"}} {
		if _, err := exec.LookPath(lint[0]); err != nil {
			continue
		}
		checked++
		if out, err := exec.Command(lint[0], append(lint[1:], file)...).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", lint[0], err, out)
		}
	}
	if checked == 0 {
		lacking(t, "neither mandoc nor groff is there")
	}
}

// Ways of making a point are completed as the documentation has them.
func TestConsistenciesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/snapshots.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| store | `--consistency`")
	table, _, _ = strings.Cut(table, "\n\n")
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\|[^|]*\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1) {
		documented = append(documented, m[1])
	}
	slices.Sort(documented)
	known := slices.Sorted(slices.Values(consistencies[:]))
	if !slices.Equal(documented, known) {
		t.Errorf("documented %q, completed %q", documented, known)
	}
}

// shell runs a script in a folder that has a configuration; parallax is in PATH.
func shell(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		lacking(t, "%v", err)
	}
	dir := home(t)
	writeText(t, filepath.Join(dir, "job.yaml"), "targets: {green: {url: \"http://127.0.0.1:1\"}, blue: {url: \"http://127.0.0.1:2\"}}\n")
	if err := os.Mkdir(filepath.Join(dir, "recording one"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, s := range manual.Shells {
		text, err := manual.Script(s, "parallax")
		if err != nil {
			t.Fatal(err)
		}
		writeText(t, filepath.Join(dir, "complete."+s), text)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func TestBashCompletion(t *testing.T) {
	const ask = `source ./complete.bash
ask() { COMP_WORDS=(parallax "$@"); COMP_CWORD=$#; _parallax; printf '%s|' "${COMPREPLY[@]}"; echo; }
ask rep
ask replay rec --config job.yaml --target ''
ask replay rec --config job.yaml --target = g
ask capture database --consistency 'single'
ask doctor --che
ask verify reco
ask nosuch --
`
	got := shell(t, "bash", "-c", ask)
	const want = "replay|report|\nblue|green|\ngreen|\nsingle\\ connection|\n--check|\nrecording one|\n--help|--version|\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	shell(t, "bash", "-n", "complete.bash")
}

func TestFishCompletion(t *testing.T) {
	got := shell(t, "fish", "--no-config", "-c", `source complete.fish
complete -C "parallax rep"
complete -C "parallax replay rec --config job.yaml --target "
complete -C "parallax verify reco"
`)
	for _, want := range []string{"replay\task another system", "report\tshow a comparison", "blue\n", "green\n", "recording"} {
		if !strings.Contains(got, want) {
			t.Errorf("fish lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, ":paths") {
		t.Errorf("fish shows what is meant for its script:\n%s", got)
	}
}

func TestZshCompletion(t *testing.T) {
	shell(t, "zsh", "-n", "complete.zsh")
	// _describe and _files belong to a line editor: what they are given is looked at.
	got := shell(t, "zsh", "-f", "-c", `
_describe() { print -rl -- "${(@P)2}" }
_files() { print files }
source ./complete.zsh
ask() { words=(parallax "$@") CURRENT=$(( $# + 1 )); _parallax }
ask rep
ask replay rec --config job.yaml --target ''
ask verify reco
`)
	for _, want := range []string{"replay:ask another system", "report:show a comparison", "blue:\n", "green:\n", "files\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("zsh lacks %q:\n%s", want, got)
		}
	}
}
