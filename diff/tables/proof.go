package tables

import (
	"bytes"
	"cmp"
	"slices"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// proofs chooses stretches with equal checksums to be read all the same: those
// with the smallest hashes, seeded by both manifests, so that two runs over the
// same snapshots choose the same.
type proofs struct {
	most   int
	seed   []byte
	chosen []candidate // sorted by hash
}

type candidate struct {
	hash     uint64
	old, new span
}

func newProofs(r *run, subject string) proofs {
	return proofs{most: max(r.opts.Proof, 0), seed: []byte(r.old.Digest + r.new.Digest + subject)}
}

func (p *proofs) offer(s *stretch) {
	if p.most == 0 || s.old.rows == 0 {
		return
	}
	c := candidate{hash: snapshot.KeyHash(append(p.seed[:len(p.seed):len(p.seed)], s.lastKey...)), old: s.old, new: s.new}
	if len(p.chosen) == p.most && c.hash >= p.chosen[p.most-1].hash {
		return
	}
	at, _ := slices.BinarySearchFunc(p.chosen, c, func(a, b candidate) int { return cmp.Compare(a.hash, b.hash) })
	p.chosen = slices.Insert(p.chosen, at, c)
	p.chosen = p.chosen[:min(len(p.chosen), p.most)]
}

// reread reads the chosen stretches and compares their bytes.
func (t *tableRun) reread() error {
	chosen := t.candidates.chosen
	slices.SortFunc(chosen, func(a, b candidate) int { return cmp.Compare(a.old.first, b.old.first) })
	for _, c := range chosen {
		same, err := t.sameBytes(c)
		if err != nil {
			return err
		}
		t.proof.Reread++
		if !same {
			if err := t.checksumsWrong(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameBytes reads a stretch of both sides, all of what was compared by checksum.
func (t *tableRun) sameBytes(at candidate) (bool, error) {
	n := need{pairs: make([]bool, len(t.plan.pairs)), all: len(t.plan.keys) == 0}
	for i, q := range t.plan.pairs {
		n.pairs[i] = q.mode == byChecksum
	}
	a, b := t.cursors(at.old, at.new, &n)
	for {
		if err := a.fill(); err != nil {
			return false, err
		}
		if err := b.fill(); err != nil {
			return false, err
		}
		if a.ended() || b.ended() {
			return a.ended() && b.ended(), nil
		}
		if a.batch.Rows != b.batch.Rows || !t.sameBatches(a, b) {
			return false, nil
		}
		a.at, b.at = a.batch.Rows, b.batch.Rows
	}
}

func (t *tableRun) sameBatches(a, b *cursor) bool {
	if !bytes.Equal(a.keys.data, b.keys.data) || !slices.Equal(a.keys.ends, b.keys.ends) {
		return false
	}
	for _, q := range t.plan.pairs {
		if q.mode == byChecksum && !sameCells(&a.batch.Columns[q.old], 0, &b.batch.Columns[q.new], 0, a.batch.Rows) {
			return false
		}
	}
	return true
}

// checksumsWrong takes a stretch whose checksums lied out of what is equal.
func (t *tableRun) checksumsWrong(c candidate) error {
	t.proof.RereadWrong++
	moved := min(c.old.rows, t.rows.equal)
	t.rows.equal -= moved
	more := min(c.old.rows-moved, t.rows.underRules)
	t.rows.underRules -= more
	t.rows.notCompared += moved + more
	t.lost += moved + more
	return t.write(&comparison.Difference{
		Subject: t.plan.subject, Part: comparison.Row, Kind: comparison.NotCompared,
		Class: ClassChecksumsWrong, Severity: comparison.Error,
	})
}
