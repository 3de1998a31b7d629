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
	"runtime"
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
	switch {
	case err != nil:
		t.Fatalf("%s: %v\n%s", script, err, said)
	case dsn == "" && os.Getenv("PARALLAX_REQUIRE_ALL") == "1":
		t.Fatalf("%s gives no service, and PARALLAX_REQUIRE_ALL is set:\n%s", script, said)
	case dsn == "":
		t.Skipf("SKIPPED: needs %s, and %s gives none:\n%s", variable, script, said)
	}
	os.Setenv(variable, dsn) // for the tests after this one
	return dsn
}

func start(variable, script string) (dsn, said string, err error) {
	folder, err := os.MkdirTemp("", "parallax-service-")
	if err != nil {
		return "", "", err
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(filepath.Join(root(), "scripts", "services", script), "start", folder, strconv.Itoa(os.Getpid()))
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", stderr.String(), fmt.Errorf("start: %w", err)
	}
	for line := range strings.Lines(stdout.String()) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), variable+"="); ok {
			return value, stderr.String(), nil
		}
	}
	return "", stderr.String(), os.RemoveAll(folder)
}

// root is the module's folder, two above this file's.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
