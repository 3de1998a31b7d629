package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"parallax/capture/recording"
	"parallax/replay"
)

// reopenRun makes an interrupted run of one that was committed although exchanges
// were not reached: a target that failed, or a condition that stopped it. The
// committed run stays as it is, under a name of its own. A crash before the names
// change leaves it where it is; nothing was sent by then.
func (r *replayOptions) reopenRun(e *replay.Options, o recording.Options, s streams) (err error) {
	dir := r.Out
	run, err := recording.Open(dir, recording.OpenOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	if err := resumable(dir, run.Manifest(), o); err != nil {
		return err
	}
	if err := r.keepShift(e, run.Manifest().Info[infoShift]); err != nil {
		return err
	}
	o.Info = maps.Clone(o.Info)
	if o.Info[infoShift] = run.Manifest().Info[infoShift]; o.Info[infoShift] == "" {
		delete(o.Info, infoShift)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".resuming-")
	if err != nil {
		return err
	}
	kept, err := copyReached(run, fresh, o)
	if err == nil {
		err = swapRuns(dir, fresh, s, kept)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("resume %s: %w", dir, err), os.RemoveAll(fresh))
	}
	return nil
}

func resumable(dir string, m *recording.Manifest, o recording.Options) error {
	if m.Kind != o.Kind || m.Baseline != o.Baseline {
		return usagef("--resume: %s is a %s of another recording", dir, m.Kind)
	}
	if err := recording.SameShard(m.Shard, o.Shard); err != nil {
		return fmt.Errorf("--resume: %s: %w", dir, err)
	}
	for _, a := range m.Ledger.Accounts {
		for _, b := range a.Buckets {
			if b.Name == string(recording.NotReached) && b.Count > 0 {
				return nil
			}
		}
	}
	return usagef("--resume: %s is finished: every exchange was reached", dir)
}

// copyReached writes a journal of all rows but those that were not reached, and
// returns how many.
func copyReached(run *recording.Reader, fresh string, o recording.Options) (kept int64, err error) {
	live, err := recording.CreateLive(fresh, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, live.Suspend()) }()
	for ex, err := range run.Exchanges(recording.Filter{}) {
		if err != nil {
			return kept, err
		}
		if ex.Outcome != nil && ex.Outcome.End == recording.NotReached {
			continue
		}
		if err := live.Write(ex); err != nil {
			return kept, err
		}
		kept++
	}
	return kept, live.Sync()
}

// swapRuns puts fresh in dir's place.
func swapRuns(dir, fresh string, s streams, kept int64) error {
	for n := 1; ; n++ {
		aside := fmt.Sprintf("%s.stopped-%d", filepath.Clean(dir), n)
		if _, err := os.Lstat(aside); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Rename(dir, aside); err != nil {
			return err
		}
		if err := os.Rename(fresh, dir); err != nil {
			return errors.Join(err, os.Rename(aside, dir))
		}
		fmt.Fprintf(s.err, "the run that stopped is kept as %s; %d of its rows are taken over\n", safeText(aside), kept)
		return nil
	}
}
