package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// interspersed moves flags before positional arguments, because the library
// stops reading flags at the first argument and would silently take the rest
// for arguments. "--" ends the flags. An unknown flag is left for the library
// to refuse.
func interspersed(app *cli.App, args []string) ([]string, error) {
	if len(args) == 0 {
		return args, nil
	}
	prefix, rest, command := resolve(app, args)
	if command == nil || len(command.Subcommands) > 0 {
		return args, nil
	}
	flags, positional := []string{}, []string{}
	for i := 0; i < len(rest); i++ {
		arg := rest[i]
		switch {
		case arg == "--":
			positional = append(positional, rest[i+1:]...)
			i = len(rest)
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			positional = append(positional, arg)
		default:
			flags = append(flags, arg)
			if takesValue(command.Flags, arg) {
				if i+1 >= len(rest) {
					return nil, usagef("flag %s needs a value\nsee: %s --help", arg, strings.Join(prefix, " "))
				}
				i++
				flags = append(flags, rest[i])
			}
		}
	}
	out := append(append([]string{}, prefix...), flags...)
	if len(positional) > 0 {
		out = append(append(out, "--"), positional...)
	}
	return out, nil
}

// resolve follows the command names at the front of args; prefix is the
// program and the names, rest what follows.
func resolve(app *cli.App, args []string) (prefix, rest []string, command *cli.Command) {
	prefix, rest = args[:1], args[1:]
	commands := app.Commands
	for len(rest) > 0 {
		next := find(commands, rest[0])
		if next == nil {
			break
		}
		command, commands = next, next.Subcommands
		prefix, rest = args[:len(prefix)+1], rest[1:]
	}
	return prefix, rest, command
}

func find(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// takesValue reports whether arg, as written, is a known flag whose value is
// the next argument.
func takesValue(flags []cli.Flag, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range flags {
		for _, n := range f.Names() {
			if n == name {
				_, isBool := f.(*cli.BoolFlag)
				return !isBool
			}
		}
	}
	return false
}
