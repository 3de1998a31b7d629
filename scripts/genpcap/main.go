// Command genpcap writes a capture file of made HTTP traffic for benchmarks:
// the same bytes for the same flags. What a reader must find in it goes to
// standard output.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"parallax/scripts/genpcap/traffic"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	var o traffic.Options
	flags := flag.NewFlagSet("genpcap", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.Exchanges, "n", 60000, "number of exchanges")
	flags.IntVar(&o.Size, "size", 0, "length of each body in bytes; 0 draws from 1 to 20 KB")
	flags.IntVar(&o.Lanes, "connections", 64, "connections open at a time")
	flags.Uint64Var(&o.Seed, "seed", 1, "chooses among captures of equal kind")
	path := flags.String("o", "", "file to write")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *path == "" || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "genpcap: want -o FILE and no further arguments")
		return 2
	}
	expected, err := write(*path, o)
	if err != nil {
		fmt.Fprintln(stderr, "genpcap:", err)
		return 1
	}
	fmt.Fprintln(stdout, expected)
	return 0
}

func write(path string, o traffic.Options) (traffic.Expected, error) {
	f, err := os.Create(path)
	if err != nil {
		return traffic.Expected{}, err
	}
	expected, err := traffic.Generate(f, o)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return expected, err
}
