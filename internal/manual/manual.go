// Package manual writes what a shell and a person are told of a command line: the
// manual page, and the words that complete a line.
//
// Terms. A command has flags, and either takes arguments or has commands of its
// own. A flag's place is the word that stands for its value in the help: FILE.
//
// Steps. Roff writes the page from the tree of commands. Complete follows the words
// of a line through the tree and returns the candidates for the last one; the
// shells' scripts (Script) ask the program for them.
//
// Limits. What a value may be is known where the tree says it: a list, or paths,
// which the shell completes itself. One-letter flags cannot be joined.
package manual

// Command is one of the tree; its root is the program.
type Command struct {
	Name string
	// Usage is one line, Text more of it; Arguments are as the help shows them.
	Usage, Text, Arguments string
	Flags                  []Flag
	Commands               []Command
	// Words lists what its arguments may be; nil is paths.
	Words func() []string
}

// Flag is one of a command.
type Flag struct {
	// Names are without dashes, the long one first.
	Names []string
	Usage string
	// Place stands for the value; empty: the flag takes none.
	Place string
	// Default is shown where there is one.
	Default string
	// Words lists the values; line is what was typed before. Nil: paths where the
	// place is one, else nothing is known.
	Words func(line []string) []string
}

// paths are the places that are paths.
var paths = map[string]bool{
	"FILE": true, "FOLDER": true, "RUN": true, "COMPARISON": true, "RECORDING": true,
}
