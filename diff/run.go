package diff

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sort"

	"parallax/capture/recording"
	"parallax/diff/comparison"
)

// The bounds of the examples.
const (
	examplesPerGroup = 3
	maxExamples      = 2_000
)

// Getter finds one exchange; recording.Reader is one.
type Getter interface {
	Get(id recording.ID) (*recording.Exchange, error)
}

// Run compares and writes the comparison's folder at dir: differences, summary,
// and the exchanges shown as two small recordings, examples/old and examples/new.
// Nothing stands at dir unless all of it does. A nil Getter leaves its side's
// examples out.
func Run(ctx context.Context, dir string, old, new Input, controls []Input, o Options, getOld, getNew Getter) (s *comparison.Summary, err error) {
	w, err := comparison.Create(dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Abort())
		}
	}()
	if s, err = Compare(ctx, old, new, controls, o, w); err != nil {
		return nil, err
	}
	if err := examples(w.ExamplesDir(), s, old, new, getOld, getNew); err != nil {
		return nil, fmt.Errorf("diff: examples: %w", err)
	}
	return s, w.Close(s)
}

// examples writes the records that the summary shows. Their ids are the old
// side's; a run is asked by the id it replays.
func examples(dir string, s *comparison.Summary, old, new Input, getOld, getNew Getter) error {
	ids := exampleIDs(s)
	if len(ids) == 0 {
		return nil
	}
	if err := writeExamples(filepath.Join(dir, "old"), ids, &old, getOld); err != nil {
		return err
	}
	return writeExamples(filepath.Join(dir, "new"), ids, &new, getNew)
}

// exampleIDs takes the first samples of every group: first one of each, then the
// second ones, so that the bound leaves no group without any while others have
// three.
func exampleIDs(s *comparison.Summary) []recording.ID {
	chosen := map[recording.ID]bool{}
	for rank := range examplesPerGroup {
		for i := range s.Subjects {
			for _, g := range s.Subjects[i].Groups {
				if rank < len(g.Samples) && len(chosen) < maxExamples {
					chosen[recording.ID(g.Samples[rank].Record)] = true
				}
			}
		}
	}
	ids := make([]recording.ID, 0, len(chosen))
	for id := range chosen {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	return ids
}

func writeExamples(dir string, ids []recording.ID, in *Input, from Getter) (err error) {
	if from == nil {
		return nil
	}
	m := in.Manifest
	w, err := recording.Create(dir, recording.Options{
		Kind: m.Kind, Tool: m.Tool, Source: recording.Source{Kind: "examples"}, Redaction: m.Redaction,
		Baseline: m.Baseline, Target: m.Target, Encoders: 1,
	})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Abort())
		}
	}()
	n, err := copyExamples(w, ids, from)
	if err != nil {
		return err
	}
	return w.Close(recording.Closing{Ledger: exampleLedger(n)})
}

// copyExamples skips what the side does not have: that is why it is shown.
func copyExamples(w *recording.Writer, ids []recording.ID, from Getter) (n int64, err error) {
	for _, id := range ids {
		ex, err := from.Get(id)
		if errors.Is(err, recording.ErrNotFound) {
			continue
		}
		if err != nil {
			return n, err
		}
		if err := w.Write(ex); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func exampleLedger(n int64) recording.Ledger {
	var l recording.Ledger
	a := l.Account("exchanges")
	a.Total = n
	a.Add("written", recording.Fine, n)
	return l
}
