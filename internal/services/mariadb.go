package services

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const (
	mariadbVariable = "PARALLAX_TEST_MARIADB"
	mariadbScript   = "scripts/services/mariadb.sh"
)

// mariadbOnce starts one server a test binary.
var mariadbOnce = sync.OnceValues(func() (string, error) { return mariadbStart() })

// MariaDB returns mysql://user:password@host:port/ of a server that tests may do
// anything with: the one that PARALLAX_TEST_MARIADB names or one started for this
// test binary. Without any the test is skipped or, with PARALLAX_REQUIRE_ALL=1,
// fails. Who calls it calls MariaDBStop at the end of TestMain.
func MariaDB(t testing.TB) string {
	t.Helper()
	if dsn := os.Getenv(mariadbVariable); dsn != "" {
		return dsn
	}
	dsn, err := mariadbOnce()
	return mariadbOr(t, dsn, err)
}

// MariaDBWith starts a server for one test, with options of mariadbd: without a
// binary log, with certificates. It ends with the test binary.
func MariaDBWith(t testing.TB, options ...string) string {
	t.Helper()
	dsn, err := mariadbStart(options...)
	return mariadbOr(t, dsn, err)
}

func mariadbOr(t testing.TB, dsn string, err error) string {
	t.Helper()
	switch {
	case err == nil:
		return dsn
	case os.Getenv("PARALLAX_REQUIRE_ALL") == "1":
		t.Fatalf("no MariaDB, and PARALLAX_REQUIRE_ALL is set: %v", err)
	default:
		t.Skipf("SKIPPED: no MariaDB to test with: %v", err)
	}
	return ""
}

var errMariadbMissing = errors.New("it cannot be had here")

func mariadbStart(options ...string) (dsn string, err error) {
	script, err := mariadbFindScript()
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "parallax-mariadb-")
	if err != nil {
		return "", err
	}
	if err := mariadbWatch(script, folder); err != nil {
		return "", err
	}
	var said strings.Builder
	cmd := exec.Command(script, append([]string{"start", folder}, options...)...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if _, dsn, ok := strings.Cut(string(out), mariadbVariable+"="); ok && err == nil {
		return strings.TrimSpace(dsn), nil
	}
	if err == nil {
		err = errMariadbMissing
	}
	return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
}

// mariadbFindScript looks in the folders above, for tests run in their package's.
func mariadbFindScript() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, mariadbScript)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("%s is in no folder above", mariadbScript)
		}
		dir = parent
	}
}

// mariadbWatch leaves a process behind that waits for the end of its standard
// input: it comes when this one ends, in whatever way, and then stops the server
// and removes its folder. Nobody has to remember to.
func mariadbWatch(script, folder string) error {
	cmd := exec.Command("sh", "-c", `cat >/dev/null; "$0" stop "$1"; rm -rf "$1"`, script, folder)
	if _, err := cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // holds the pipe: one that nobody holds is collected and closed
	return nil
}
