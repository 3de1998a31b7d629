package main

import (
	"fmt"
	"os"
	"os/exec"
)

// json runs the comparators' own benchmark, which holds jd and cmp.Diff in the
// same process.
func (b *bench) json() error {
	cmd := exec.Command("go", "run", ".")
	cmd.Dir = "scripts/benchjson"
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("scripts/benchjson: %w", err)
	}
	return nil
}
