package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"parallax/internal/manual"
)

// commandTree is the command line as the manual and the shells' completion see it.
func commandTree(app *cli.App) *manual.Command {
	return &manual.Command{
		Name: app.Name, Usage: app.Usage, Commands: manualCommands(app.Commands),
		Flags: []manual.Flag{{Names: []string{"version"}, Usage: "print the version"}},
	}
}

func manualCommands(list []*cli.Command) []manual.Command {
	var all []manual.Command
	for _, c := range list {
		if c.Hidden {
			continue
		}
		all = append(all, manual.Command{
			Name: c.Name, Usage: c.Usage, Text: c.Description, Arguments: c.ArgsUsage,
			Flags: manualFlags(c.Flags), Commands: manualCommands(c.Subcommands), Words: argumentWords[c.Name],
		})
	}
	return all
}

func manualFlags(list []cli.Flag) []manual.Flag {
	var all []manual.Flag
	for _, f := range list {
		d, ok := f.(cli.DocGenerationFlag)
		if !ok || f.Names()[0] == "help" {
			continue
		}
		m := manual.Flag{Names: f.Names()}
		m.Place, m.Usage = place(d.GetUsage())
		if !d.TakesValue() {
			m.Place = ""
		} else if m.Default = d.GetDefaultText(); m.Place == "" {
			m.Place = "VALUE"
		}
		m.Words = flagWords[m.Names[0]]
		all = append(all, m)
	}
	return all
}

// place takes the word in backquotes out of a usage.
func place(usage string) (word, plain string) {
	before, rest, ok := strings.Cut(usage, "`")
	word, after, closed := strings.Cut(rest, "`")
	if !ok || !closed {
		return "", usage
	}
	return word, before + word + after
}

// flagWords are the values of the flags of these names, in every command that has
// them.
var flagWords = map[string]func(line []string) []string{
	"target":      targetNames,
	"check":       func([]string) []string { return doctorChecks[:] },
	"redact":      func([]string) []string { return []string{"secrets", "off"} },
	"consistency": func([]string) []string { return consistencies[:] },
	"host-header": func([]string) []string { return []string{"original", "target"} },
	"method": func([]string) []string {
		return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	},
	"status": func([]string) []string { return []string{"2xx", "3xx", "4xx", "5xx"} },
}

// consistencies are the ways of docs/snapshots.md.
var consistencies = [...]string{
	"replication slot", "exported snapshot", "single connection", "ftwrl", "binlog position", "transaction", "vacuum into",
}

var argumentWords = map[string]func() []string{
	"completion": func() []string { return manual.Shells[:] },
}

// targetNames are those of the configuration that the line names.
func targetNames(line []string) []string {
	conf := &config{}
	for i, word := range line[:len(line)-1] {
		flag, path, joined := strings.Cut(word, "=")
		if !slices.Contains([]string{"--config", "--rules", "--policy"}, flag) {
			continue
		}
		if !joined {
			path = line[i+1]
		}
		if loaded, err := loadConfig(path); err == nil {
			conf = loaded
		}
	}
	var names []string
	for name := range conf.Targets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
