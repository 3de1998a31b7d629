package redact

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"parallax/internal/store/faultfs"
)

// TestF5_AKeyLasts: a key that was written without an error is there after a loss of
// power, and whichever step fails there is the whole key or none. (F5, F6)
func TestF5_AKeyLasts(t *testing.T) {
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	check := func(path, what string, err error) {
		t.Helper()
		text, missing := os.ReadFile(path)
		if missing == nil && string(text) != key.Encode()+"\n" {
			t.Fatalf("%s: half a key: %q", what, text)
		}
		if err == nil && missing != nil {
			t.Fatalf("%s: no error, and no key", what)
		}
	}
	clean := faultfs.NewLosing()
	if err := writeKey(filepath.Join(t.TempDir(), "a", "key"), key, clean); err != nil {
		t.Fatal(err)
	}
	for at := 1; at <= clean.Calls+1; at++ {
		disk := faultfs.NewLosing()
		disk.StopAt = at
		dir := t.TempDir()
		path := filepath.Join(dir, "a", "key")
		err := writeKey(path, key, disk)
		if cerr := disk.Crash(dir); cerr != nil {
			t.Fatal(cerr)
		}
		check(path, "power lost", err)
	}
	for at := 1; ; at++ {
		disk := &faultfs.FS{At: at, Err: syscall.ENOSPC}
		path := filepath.Join(t.TempDir(), "a", "key")
		err := writeKey(path, key, disk)
		if disk.Hit() == "" {
			if err != nil || at < 6 {
				t.Fatalf("step %d: no fault, %v", at, err)
			}
			return
		}
		if err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%s: %v", disk.Hit(), err)
		}
		check(path, disk.Hit(), err)
	}
}
