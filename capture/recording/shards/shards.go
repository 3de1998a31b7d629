// Package shards reads a run that was replayed in shares as one run.
//
// Terms. A shard is a run that sent its share of a recording's sessions; those
// of one run lie in the folder RUN as shard-1-of-N to shard-N-of-N, each whole
// by itself. The plan is what shards must agree on.
//
// Steps. Open looks at every shard's manifest, refuses a set that is not whole or
// not of one piece, and adds the manifests up. Exchanges merges the rows by the
// id that they replay.
//
// Limits. All shards are open at once. That two shards sent one exchange is found
// while rows are read, not by Open.
package shards

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parallax/capture/recording"
)

// Errors that a caller may test for.
var (
	// ErrMissing: a shard is not there, or not finished.
	ErrMissing = errors.New("the run is not whole")
	// ErrMixed: the shards are not of one run.
	ErrMixed = errors.New("the shards are not of one run")
	// ErrTwice: one exchange has a row in two shards.
	ErrTwice = errors.New("an exchange in two shards")
)

// Reader reads the shards of a run. Its methods may be called from several
// goroutines.
type Reader struct {
	shards   []*recording.Reader // by index
	names    []string            // of their folders
	manifest *recording.Manifest
	digest   string
}

// Found reports whether dir holds shards.
func Found(dir string) bool {
	list, err := list(dir)
	return err == nil && len(list) > 0
}

// Folders returns the names of the shards' folders in dir, in the order of
// their index, whether they are finished or not. An error says that they are not
// of one number.
func Folders(dir string) ([]string, error) {
	found, err := list(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, s := range found {
		if s.Of != found[0].Of {
			return nil, fmt.Errorf("%s: %w: %s and %s", dir, ErrMixed, found[0].Folder(), found[i].Folder())
		}
		names = append(names, s.Folder())
	}
	return names, nil
}

// list returns the shards that folders in dir are named after.
func list(dir string) ([]recording.Shard, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []recording.Shard
	for _, e := range entries {
		var s recording.Shard
		if n, err := fmt.Sscanf(e.Name(), "shard-%d-of-%d", &s.Index, &s.Of); n != 2 || err != nil {
			continue
		}
		if e.IsDir() && e.Name() == s.Folder() && s.Index >= 1 && s.Index <= s.Of {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b recording.Shard) int { return a.Index - b.Index })
	return found, nil
}

// Open opens all shards of the run in dir.
func Open(dir string, o recording.OpenOptions) (*Reader, error) {
	r := &Reader{}
	if err := r.open(dir, o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Reader) open(dir string, o recording.OpenOptions) error {
	found, err := list(dir)
	if err != nil {
		return fmt.Errorf("open run: %w", err)
	}
	if err := complete(dir, found); err != nil {
		return err
	}
	for i := range found {
		name := found[i].Folder()
		shard, err := recording.Open(filepath.Join(dir, name), o)
		if errors.Is(err, recording.ErrPartial) {
			return fmt.Errorf("%w: %s is not finished: %w", ErrMissing, name, err)
		}
		if err != nil {
			return err
		}
		r.shards, r.names = append(r.shards, shard), append(r.names, name)
	}
	if err := r.agree(dir, found); err != nil {
		return err
	}
	r.manifest, r.digest = r.add(), r.sum()
	return nil
}

// complete names every shard that has no folder.
func complete(dir string, found []recording.Shard) error {
	if len(found) == 0 {
		return fmt.Errorf("%s: %w: it holds no shard", dir, ErrMissing)
	}
	if _, err := Folders(dir); err != nil {
		return err
	}
	var missing []string
	have := 0
	for i := 1; i <= found[0].Of && len(missing) < maxNamed; i++ {
		if have < len(found) && found[have].Index == i {
			have++
			continue
		}
		missing = append(missing, recording.ShardFolder(i, found[0].Of))
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w: %d of %d shards are there, %s missing\nreplay what is missing with --shard, the same recording, target and settings",
		dir, ErrMissing, len(found), found[0].Of, are(missing))
}

// maxNamed bounds the shards that an error names.
const maxNamed = 10

func are(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, ", ") + " are"
}

// agree refuses shards that differ in what a run has once.
func (r *Reader) agree(dir string, found []recording.Shard) error {
	first := r.shards[0].Manifest()
	for i, shard := range r.shards {
		m := shard.Manifest()
		if m.Shard == nil || m.Shard.Index != found[i].Index || m.Shard.Of != found[i].Of {
			return fmt.Errorf("%s: %w: the manifest in %s is of %s", dir, ErrMixed, r.names[i], describe(m.Shard))
		}
		if what := disagreement(first, m); what != "" {
			return fmt.Errorf("%s: %w: %s and %s: %s", dir, ErrMixed, r.names[0], r.names[i], what)
		}
	}
	return nil
}

func describe(s *recording.Shard) string {
	if s == nil {
		return "a whole run"
	}
	return s.Folder()
}

func disagreement(a, b *recording.Manifest) string {
	for _, field := range []struct{ name, a, b string }{
		{"the kind", string(a.Kind), string(b.Kind)},
		{"the baseline", a.Baseline, b.Baseline},
		{"the target", a.Target, b.Target},
		{"the redaction's profile", a.Redaction.Profile, b.Redaction.Profile},
		{"the redaction's key", a.Redaction.KeyID, b.Redaction.KeyID},
	} {
		if field.a != field.b {
			return fmt.Sprintf("%s is %q and %q", field.name, field.a, field.b)
		}
	}
	return a.Shard.Disagreement(b.Shard)
}

// sum names the run by its shards' names in order.
func (r *Reader) sum() string {
	h := sha256.New()
	for _, shard := range r.shards {
		fmt.Fprintln(h, shard.Digest())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Manifest returns the sum of the shards' manifests, which the caller must not
// change. It lists no files.
func (r *Reader) Manifest() *recording.Manifest { return r.manifest }

// Digest returns the hex SHA-256 over the shards' digests, each as hex on a line,
// in the order of their index.
func (r *Reader) Digest() string { return r.digest }

// Close closes all shards.
func (r *Reader) Close() error {
	var errs []error
	for _, shard := range r.shards {
		errs = append(errs, shard.Close())
	}
	return errors.Join(errs...)
}
