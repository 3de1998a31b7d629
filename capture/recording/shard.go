package recording

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Shard says which share of a run lies in a folder, and what all its shards
// have to agree on.
type Shard struct {
	// Index is from 1 to Of.
	Index int `json:"index"`
	Of    int `json:"of"`
	// Plan holds, by name, each setting that decides over what a shard sends and
	// when: shards of one run have the same.
	Plan map[string]string `json:"plan"`
}

// Folder is the name of the shard's folder in the folder of its run.
func (s *Shard) Folder() string { return ShardFolder(s.Index, s.Of) }

// ShardFolder names the folder of shard index of so many.
func ShardFolder(index, of int) string { return fmt.Sprintf("shard-%d-of-%d", index, of) }

func (s *Shard) check() error {
	if s.Of < 1 || s.Index < 1 || s.Index > s.Of {
		return fmt.Errorf("shard %d of %d: there is none", s.Index, s.Of)
	}
	return nil
}

// Disagreement names the first setting, in the order of names, that two plans
// have different values of, with both; "" where there is none.
func (s *Shard) Disagreement(other *Shard) string {
	names := make(map[string]string)
	maps.Copy(names, s.Plan)
	maps.Copy(names, other.Plan)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if a, b := s.Plan[name], other.Plan[name]; a != b {
			return fmt.Sprintf("%s is %q and %q", name, a, b)
		}
	}
	return ""
}

// ErrOtherRun: a run is not taken up as what it was begun as.
var ErrOtherRun = errors.New("not the run that was begun")

// SameShard refuses to go on with a run as another share of it, or by another
// plan. Its error wraps ErrOtherRun.
func SameShard(began, now *Shard) error {
	if was, is := began.describe(), now.describe(); was != is {
		return fmt.Errorf("%w: it was %s, this is %s", ErrOtherRun, was, is)
	}
	if began == nil {
		return nil
	}
	if what := began.Disagreement(now); what != "" {
		return fmt.Errorf("%w: it had other settings: %s", ErrOtherRun, what)
	}
	return nil
}

func (s *Shard) describe() string {
	if s == nil {
		return "a whole run"
	}
	return fmt.Sprintf("shard %d of %d", s.Index, s.Of)
}

// HashSession maps a session to where it lies in the range of 64 bits: the first
// eight bytes of its SHA-256. Samples and shards are chosen by it, so that they
// are the same every time and on every machine.
func HashSession(session string) uint64 {
	sum := sha256.Sum256([]byte(session))
	return binary.BigEndian.Uint64(sum[:8])
}
