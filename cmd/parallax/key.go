package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"parallax/capture/redact"
)

func keyCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:  "key",
		Usage: "make and name redaction keys",
		Subcommands: []*cli.Command{
			{
				Name: "new", Usage: "make a key", ArgsUsage: "FILE",
				Description: "Writes a new key to FILE, which must not exist, readable by its owner only.",
				Action: func(c *cli.Context) error {
					args, err := arguments(c, "FILE")
					if err != nil {
						return err
					}
					return runKeyNew(args[0], s)
				},
			},
			{
				Name: "id", Usage: "print the id of the key that would be used",
				Flags: redactFlags()[1:],
				Action: func(c *cli.Context) error {
					key, err := findKey(c.String("key-file"), s)
					if err != nil {
						return err
					}
					_, err = fmt.Fprintln(s.out, key.ID())
					return err
				},
			},
		},
	}
}

func runKeyNew(path string, s streams) error {
	key, err := redact.NewKey()
	if err != nil {
		return err
	}
	if err := redact.WriteKey(path, key); err != nil {
		return usageError{err}
	}
	_, err = fmt.Fprintln(s.out, key.ID())
	return err
}
