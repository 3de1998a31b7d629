package manual

import (
	"fmt"
	"io"
	"strings"
)

// Page is what the manual page says besides the tree.
type Page struct {
	// Version and Date (2026-01-31) stand in its margins.
	Version, Date string
	// About is the description's paragraphs.
	About []string
	// Exit, Environment and Files are pairs of a term and what it means.
	Exit, Environment, Files [][2]string
	// See are lines of the last section.
	See []string
}

// Roff writes the page for man(7), section 1.
func Roff(w io.Writer, root *Command, p Page) error {
	r := &roff{}
	r.request("TH", strings.ToUpper(root.Name), "1", p.Date, root.Name+" "+p.Version, "User Commands")
	r.request("SH", "NAME")
	r.text(root.Name + ` \- ` + escape(root.Usage))
	r.request("SH", "SYNOPSIS")
	r.text(`\fB` + escape(root.Name) + `\fR \fICOMMAND\fR [\fIOPTION\fR ...] [\fIARGUMENT\fR ...]`)
	r.request("SH", "DESCRIPTION")
	for i, paragraph := range p.About {
		if i > 0 {
			r.request("PP")
		}
		r.text(escape(paragraph))
	}
	r.request("SH", "COMMANDS")
	r.commands(root.Name, root.Commands)
	r.terms("EXIT STATUS", p.Exit)
	r.terms("ENVIRONMENT", p.Environment)
	r.terms("FILES", p.Files)
	r.request("SH", "SEE ALSO")
	for _, line := range p.See {
		r.text(escape(line))
	}
	_, err := io.WriteString(w, r.out.String())
	return err
}

type roff struct{ out strings.Builder }

func (r *roff) request(name string, args ...string) {
	r.out.WriteString("." + name)
	for _, a := range args {
		a = strings.ReplaceAll(strings.ReplaceAll(escape(a), `"`, `\(dq`), `\-`, "-") // a date must stay one
		fmt.Fprintf(&r.out, ` "%s"`, a)
	}
	r.out.WriteByte('\n')
}

// text writes a paragraph, whose escapes are done, line by line: a line that begins
// with a control character would be a request.
func (r *roff) text(s string) {
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if line[0] == '.' || line[0] == '\'' {
			line = `\&` + line
		}
		r.out.WriteString(line + "\n")
	}
}

// escape makes roff show s as it stands; what is not ASCII is named by its number,
// since old readers take each byte for a character.
func escape(s string) string {
	var out strings.Builder
	for _, r := range oneLines(s) {
		switch {
		case r == '\\':
			out.WriteString(`\e`)
		case r == '-':
			out.WriteString(`\-`)
		case r > '~':
			fmt.Fprintf(&out, `\[u%04X]`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// oneLines takes control characters out but for line breaks.
func oneLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = oneLine(lines[i])
	}
	return strings.Join(lines, "\n")
}

func (r *roff) commands(prefix string, list []Command) {
	for i := range list {
		c := &list[i]
		name := prefix + " " + c.Name
		if len(c.Commands) > 0 {
			r.commands(name, c.Commands)
			continue
		}
		r.request("SS", strings.TrimSpace(name+" "+c.Arguments))
		r.text(escape(sentence(c.Usage)))
		r.text(escape(c.Text))
		for k := range c.Flags {
			r.flag(&c.Flags[k])
		}
	}
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

func (r *roff) flag(f *Flag) {
	r.request("TP")
	var names []string
	for _, n := range f.Names {
		dashes := "--"
		if len(n) == 1 {
			dashes = "-"
		}
		names = append(names, `\fB`+escape(dashes+n)+`\fR`)
	}
	line := strings.Join(names, ", ")
	if f.Place != "" {
		line += ` \fI` + escape(f.Place) + `\fR`
	}
	r.text(line)
	usage := f.Usage
	if f.Default != "" {
		usage = strings.TrimSpace(usage + " (default: " + f.Default + ")")
	}
	if usage == "" {
		usage = f.Place
	}
	r.text(escape(usage))
}

func (r *roff) terms(title string, list [][2]string) {
	r.request("SH", title)
	for _, t := range list {
		r.request("TP")
		r.text(`\fB` + escape(t[0]) + `\fR`)
		r.text(escape(t[1]))
	}
}
