package redact

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestParseKey(t *testing.T) {
	raw := []byte(strings.Repeat("\xfb\xff", 16))
	for _, text := range []string{
		fmt.Sprintf("%x\n", raw), base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
	} {
		k, err := ParseKey(text)
		if err != nil || k.Encode() != fmt.Sprintf("%x", raw) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "abc", strings.Repeat("ab", 31), strings.Repeat("00", 32), strings.Repeat("zz", 32)} {
		if _, err := ParseKey(text); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

func TestKeyNeverPrints(t *testing.T) {
	k := testKey(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if text := fmt.Sprintf(format, k); strings.Contains(text, "5a") || strings.Contains(text, "90 90") || !strings.Contains(text, k.ID()) {
			t.Errorf("%s: %s", format, text)
		}
	}
	if len(k.ID()) != 8 {
		t.Error(k.ID())
	}
}

func TestKeysAreKeys(t *testing.T) {
	a, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other := newTokenizer(a)
	if string(other.appendToken(nil, []byte("x"))) == tok(t, "x") {
		t.Error("two keys, one token")
	}
}

func TestLoadKey(t *testing.T) {
	dir := t.TempDir()
	made, origin, err := LoadKey(KeyOptions{ConfigDir: dir})
	if err != nil || origin.Source != "made" {
		t.Fatal(origin, err)
	}
	info, err := os.Stat(origin.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
	again, origin, err := LoadKey(KeyOptions{ConfigDir: dir, CI: false})
	if err != nil || again != made || origin.Source != "configuration" {
		t.Fatal(origin, err)
	}
	k, origin, err := LoadKey(KeyOptions{File: origin.Path, Env: "not asked"})
	if err != nil || k != made || origin.Source != "file" {
		t.Fatal(origin, err)
	}
	k, origin, err = LoadKey(KeyOptions{Env: made.Encode(), CI: true})
	if err != nil || k != made || origin.Source != "environment" {
		t.Fatal(origin, err)
	}
}

func TestLoadKeyFails(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := LoadKey(KeyOptions{ConfigDir: dir, CI: true}); !errors.Is(err, ErrNoKey) {
		t.Errorf("CI without a key: %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("CI: %v was made", entries)
	}
	if _, _, err := LoadKey(KeyOptions{File: filepath.Join(dir, "none")}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, _, err := LoadKey(KeyOptions{Env: "x"}); err == nil || !strings.Contains(err.Error(), "PARALLAX_KEY") {
		t.Errorf("bad environment: %v", err)
	}
	if _, _, err := LoadKey(KeyOptions{}); err == nil {
		t.Error("a key from nowhere")
	}
	broken := filepath.Join(dir, "parallax", "redaction.key")
	os.MkdirAll(filepath.Dir(broken), 0o700)
	os.WriteFile(broken, []byte("half"), 0o600)
	if _, _, err := LoadKey(KeyOptions{ConfigDir: dir}); err == nil {
		t.Error("a damaged key was replaced or taken")
	}
}

func TestManyMakersOneKey(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	keys := make([]Key, 8)
	for i := range keys {
		wg.Go(func() { keys[i], _, _ = LoadKey(KeyOptions{ConfigDir: dir}) })
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] || k.IsZero() {
			t.Fatal("two keys were made")
		}
	}
	if err := WriteKey(filepath.Join(dir, "parallax", "redaction.key"), keys[0]); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a key's file was replaced: %v", err)
	}
}
