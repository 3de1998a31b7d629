// Command parallax records what a running system was asked and answered, asks
// its successor the same, and says field by field what differs.
//
// One file holds one command: its help, its flags, and a run function that
// knows nothing of the command line library. Everything a command computes is
// done by the packages it wires together.
package main

import (
	"context"
	"os"
)

func main() {
	ctx, stop := withSignals(context.Background(), os.Exit)
	code := run(ctx, os.Args, streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}
