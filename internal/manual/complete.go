package manual

import "strings"

// Candidate is a word that may stand at the end of a line.
type Candidate struct{ Word, Usage string }

// Completion is what may stand there. Paths asks the shell for its own.
type Completion struct {
	Candidates []Candidate
	Paths      bool
}

// Complete completes the last of the words, which are those after the program's
// name; the last may be empty.
func Complete(root *Command, words []string) Completion {
	words = joined(words)
	if len(words) == 0 {
		words = []string{""}
	}
	at, rest := follow(root, words[:len(words)-1])
	last := words[len(words)-1]
	if name, value, ok := strings.Cut(last, "="); ok && strings.HasPrefix(name, "-") {
		return withPrefix(at.values(name, words), value, name+"=")
	}
	if f := at.waiting(rest); f != nil {
		return withPrefix(f.values(words), last, "")
	}
	if strings.HasPrefix(last, "-") && !ended(rest) {
		return withPrefix(Completion{Candidates: at.flagWords()}, last, "")
	}
	return withPrefix(at.arguments(), last, "")
}

// joined undoes what bash parts at "=".
func joined(words []string) []string {
	var out []string
	for i := 0; i < len(words); i++ {
		n := len(out)
		if words[i] == "=" && n > 0 && strings.HasPrefix(out[n-1], "--") {
			out[n-1] += "="
			if i+1 < len(words) {
				i++
				out[n-1] += words[i]
			}
			continue
		}
		out = append(out, words[i])
	}
	return out
}

// follow goes down the tree along the commands' names; rest is what comes after.
func follow(at *Command, words []string) (*Command, []string) {
	for len(words) > 0 {
		next := at.command(words[0])
		if next == nil {
			break
		}
		at, words = next, words[1:]
	}
	return at, words
}

func (c *Command) command(name string) *Command {
	for i := range c.Commands {
		if c.Commands[i].Name == name {
			return &c.Commands[i]
		}
	}
	return nil
}

func (c *Command) flag(word string) *Flag {
	name := strings.TrimLeft(word, "-")
	for i := range c.Flags {
		for _, n := range c.Flags[i].Names {
			if n == name {
				return &c.Flags[i]
			}
		}
	}
	return nil
}

// waiting is the flag whose value comes next, nil for none.
func (c *Command) waiting(rest []string) *Flag {
	if ended(rest) {
		return nil
	}
	var open *Flag
	for _, word := range rest {
		switch f := c.flag(word); {
		case open != nil:
			open = nil
		case strings.HasPrefix(word, "-") && f != nil && f.Place != "" && !strings.Contains(word, "="):
			open = f
		}
	}
	return open
}

func ended(rest []string) bool {
	for _, word := range rest {
		if word == "--" {
			return true
		}
	}
	return false
}

func (c *Command) values(flag string, line []string) Completion {
	if f := c.flag(flag); f != nil && f.Place != "" {
		return f.values(line)
	}
	return Completion{}
}

func (f *Flag) values(line []string) Completion {
	if f.Words == nil {
		return Completion{Paths: paths[f.Place]}
	}
	return Completion{Candidates: plain(f.Words(line))}
}

func plain(words []string) []Candidate {
	var all []Candidate
	for _, w := range words {
		all = append(all, Candidate{Word: w})
	}
	return all
}

func (c *Command) flagWords() []Candidate {
	all := []Candidate{{"--help", "show help"}}
	for i := range c.Flags {
		all = append(all, Candidate{"--" + c.Flags[i].Names[0], c.Flags[i].Usage})
	}
	return all
}

func (c *Command) arguments() Completion {
	if len(c.Commands) > 0 {
		var all Completion
		for i := range c.Commands {
			all.Candidates = append(all.Candidates, Candidate{c.Commands[i].Name, c.Commands[i].Usage})
		}
		return all
	}
	if c.Words != nil {
		return Completion{Candidates: plain(c.Words())}
	}
	return Completion{Paths: c.Arguments != ""}
}

// withPrefix keeps the candidates that begin with prefix, and puts before before
// them.
func withPrefix(all Completion, prefix, before string) Completion {
	kept := Completion{Paths: all.Paths}
	for _, c := range all.Candidates {
		if strings.HasPrefix(c.Word, prefix) {
			kept.Candidates = append(kept.Candidates, Candidate{before + c.Word, c.Usage})
		}
	}
	return kept
}
