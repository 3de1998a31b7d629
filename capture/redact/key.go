package redact

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"parallax/internal/store"
)

const keySize = 32

// Key is the secret under which tokens are made. It never prints.
type Key struct {
	secret [keySize]byte
}

// ErrNoKey: no key is given and none may be made (exit 2).
var ErrNoKey = errors.New("no redaction key is given, and with CI=true none is made up\n" +
	"hint: make one with \"parallax key new\" and give it with --key-file or PARALLAX_KEY, or say --redact off")

// NewKey makes a key.
func NewKey() (Key, error) {
	var k Key
	if _, err := rand.Read(k.secret[:]); err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	return k, nil
}

// ParseKey reads a key's text: 32 bytes as hex or base64 (either alphabet, with
// or without padding). Its errors hold nothing of the text.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	raw, err := hex.DecodeString(text)
	if err != nil {
		text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		raw, err = base64.RawStdEncoding.DecodeString(text)
	}
	if err != nil || len(raw) != keySize {
		return Key{}, fmt.Errorf("a key is %d bytes as hex or base64, this is not", keySize)
	}
	var k Key
	copy(k.secret[:], raw)
	if k.IsZero() {
		return Key{}, errors.New("a key of zeros is no key")
	}
	return k, nil
}

// Encode returns the key's text, for the key's file only.
func (k Key) Encode() string { return hex.EncodeToString(k.secret[:]) }

// ID names the key without telling it: the first 8 hex digits of
// SHA-256("id" || key).
func (k Key) ID() string {
	sum := sha256.Sum256(append([]byte("id"), k.secret[:]...))
	return hex.EncodeToString(sum[:4])
}

// IsZero reports whether k was never made.
func (k Key) IsZero() bool { return k.secret == [keySize]byte{} }

// Format keeps the key out of every message, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "key "+k.ID())
}

// KeyOptions say where a key may come from, in this order.
type KeyOptions struct {
	// File is the path of --key-file.
	File string
	// Env is the value of PARALLAX_KEY.
	Env string
	// ConfigDir is the user's configuration folder; the key made there lies in
	// parallax/redaction.key.
	ConfigDir string
	// CI forbids making one.
	CI bool
}

// Origin says where a key came from.
type Origin struct {
	// Source is "file", "environment", "configuration" or "made".
	Source string
	// Path of the key's file; empty for the environment.
	Path string
}

// LoadKey finds the key, or makes one in the configuration folder; the caller
// reports Origin "made" to the user. With CI and no key the error is ErrNoKey.
func LoadKey(o KeyOptions) (Key, Origin, error) {
	switch {
	case o.File != "":
		k, err := readKey(o.File)
		return k, Origin{"file", o.File}, err
	case o.Env != "":
		k, err := ParseKey(o.Env)
		if err != nil {
			err = fmt.Errorf("PARALLAX_KEY: %w", err)
		}
		return k, Origin{Source: "environment"}, err
	case o.CI:
		return Key{}, Origin{}, ErrNoKey
	case o.ConfigDir == "":
		return Key{}, Origin{}, fmt.Errorf("no redaction key is given and there is no configuration folder to make one in\n" +
			"hint: give one with --key-file or PARALLAX_KEY")
	}
	return configKey(KeyPath(o.ConfigDir))
}

// KeyPath is where the key lies in the user's configuration folder.
func KeyPath(configDir string) string { return filepath.Join(configDir, "parallax", "redaction.key") }

// configKey reads the key at path or makes it. Two processes that both find
// none agree on the one whose link came first.
func configKey(path string) (Key, Origin, error) {
	k, err := readKey(path)
	if err == nil {
		return k, Origin{"configuration", path}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Key{}, Origin{}, err
	}
	if k, err = NewKey(); err != nil {
		return Key{}, Origin{}, err
	}
	err = WriteKey(path, k)
	if errors.Is(err, fs.ErrExist) {
		k, err = readKey(path)
		return k, Origin{"configuration", path}, err
	}
	return k, Origin{"made", path}, err
}

// maxKeyFile bounds what is read of a file that may be none of ours.
const maxKeyFile = 4096

func readKey(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	k, err := ParseKey(string(text))
	if err != nil {
		return Key{}, fmt.Errorf("key file %s: %w", path, err)
	}
	return k, nil
}

// WriteKey writes k to a new file that only its owner may read; it fails with
// fs.ErrExist rather than replace one. The file is never seen half-written, and it
// lasts: what was recorded under a key is worth nothing without it.
func WriteKey(path string, k Key) error { return writeKey(path, k, store.OS{}) }

// writeKey is WriteKey on a disk that tests can fail. Several processes may make
// the first key at once, so that each has a temporary file of its own.
func writeKey(path string, k Key, disk store.Files) error {
	dir := filepath.Dir(path)
	if _, err := store.MakeFolder(dir, disk); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	temp := filepath.Join(dir, ".key-"+rand.Text())
	err := writeTemp(temp, k, disk)
	if err == nil {
		err = disk.Link(temp, path)
	}
	if err == nil {
		err = disk.SyncDir(dir)
	}
	// That the temporary file stays is no loss of the key.
	if removed := disk.Remove(temp); err != nil {
		return fmt.Errorf("key file: %w", errors.Join(err, removed))
	}
	return nil
}

func writeTemp(path string, k Key, disk store.Files) error {
	f, err := disk.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(k.Encode() + "\n"))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
