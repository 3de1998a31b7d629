package recording

import (
	"crypto/sha256"
	"encoding/binary"
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

// SameShard refuses to go on with a run as another share of it, or by another
// plan.
func SameShard(began, now *Shard) error {
	switch {
	case began == nil && now == nil:
		return nil
	case began == nil:
		return fmt.Errorf("the journal is of a whole run, not of shard %d of %d", now.Index, now.Of)
	case now == nil:
		return fmt.Errorf("the journal is of shard %d of %d, not of a whole run", began.Index, began.Of)
	case began.Index != now.Index || began.Of != now.Of:
		return fmt.Errorf("the journal is of shard %d of %d, not of %d of %d", began.Index, began.Of, now.Index, now.Of)
	}
	if what := began.Disagreement(now); what != "" {
		return fmt.Errorf("the run was begun with other settings: %s", what)
	}
	return nil
}

// HashSession maps a session to where it lies in the range of 64 bits: the first
// eight bytes of its SHA-256. Samples and shards are chosen by it, so that they
// are the same every time and on every machine.
func HashSession(session string) uint64 {
	sum := sha256.Sum256([]byte(session))
	return binary.BigEndian.Uint64(sum[:8])
}
