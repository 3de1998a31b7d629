// Package services gives tests the servers that they need.
//
// Terms. A service is a server of the system's own packages, started by a script
// in scripts/services and thrown away afterwards.
//
// Steps. A test asks for a service by its function. Where the environment names
// one, that is taken; else the script starts one, once per test binary, and ends
// it when the binary does, however that is.
//
// Limits. Without the packages the test skips, and says so; with
// PARALLAX_REQUIRE_ALL=1 it fails.
package services

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// starting is held while a service starts, so that tests that run side by side
// share one.
var starting sync.Mutex

// need returns the address of a service: what the variable holds, else what the
// script prints for it.
func need(t testing.TB, variable, script string) string {
	t.Helper()
	starting.Lock()
	defer starting.Unlock()
	if dsn := os.Getenv(variable); dsn != "" {
		return dsn
	}
	dsn, said, err := start(variable, script)
	result(t, script, dsn, said, err)
	os.Setenv(variable, dsn) // for the tests after this one
	return dsn
}

// result ends the test where there is no service.
func result(t testing.TB, script, dsn, said string, err error) {
	t.Helper()
	switch {
	case err != nil:
		t.Fatalf("%s: %v\n%s", script, err, said)
	case dsn == "" && os.Getenv("PARALLAX_REQUIRE_ALL") == "1":
		t.Fatalf("%s gives no service, and PARALLAX_REQUIRE_ALL is set:\n%s", script, said)
	case dsn == "":
		t.Skipf("SKIPPED: %s gives no service:\n%s", script, said)
	}
}

// start runs the script, with more of an environment where given.
func start(variable, script string, environment ...string) (dsn, said string, err error) {
	path, err := find(filepath.Join("scripts", "services", script))
	if err != nil {
		return "", "", err
	}
	folder, err := os.MkdirTemp("", "parallax-service-")
	if err != nil {
		return "", "", err
	}
	defer func() {
		if dsn == "" {
			os.RemoveAll(folder)
		}
	}()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(path, "start", folder, strconv.Itoa(os.Getpid()))
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", stderr.String(), fmt.Errorf("start: %w", err)
	}
	for line := range strings.Lines(stdout.String()) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), variable+"="); ok {
			return value, stderr.String(), nil
		}
	}
	return "", stderr.String(), nil
}

// find looks for a file of the module in the folders above, as tests run in their
// package's.
func find(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("%s is in no folder above", name)
		}
		dir = parent
	}
}
