package services

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPostgresAnswers(t *testing.T) {
	dsn := Postgres(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal("the address cannot be read")
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if again := Postgres(t); again != dsn {
		t.Error("a second server for one test binary")
	}
}

// TestScriptsThatHaveNone: a script that prints no address says why.
func TestScriptsThatHaveNone(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "scripts", "services")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"none.sh": "echo no packages >&2", "fails.sh": "echo broken >&2; exit 1", "other.sh": "echo OTHER=x"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	if dsn, said, err := start("X", "none.sh"); dsn != "" || !strings.Contains(said, "no packages") || err != nil {
		t.Errorf("none: %q %q %v", dsn, said, err)
	}
	if _, said, err := start("X", "fails.sh"); err == nil || !strings.Contains(said, "broken") {
		t.Errorf("fails: %q %v", said, err)
	}
	if dsn, _, err := start("X", "other.sh"); dsn != "" || err != nil {
		t.Errorf("other: %q %v", dsn, err)
	}
	if _, _, err := start("X", "nowhere.sh"); err == nil {
		t.Error("a script that is not there")
	}
}
