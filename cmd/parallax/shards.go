package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/capture/recording/shards"
	"parallax/replay"
)

func shardFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "shard", Usage: "send share `I/N` of the run, 1/4 to 4/4, into FOLDER/shard-I-of-N; `parallax diff` takes FOLDER"},
		&cli.StringFlag{Name: "start-at", Usage: "begin the schedule at this `TIME`, RFC 3339: the same for all shards", DefaultText: "at once"},
	}
}

// parseShard reads I/N; "" is the whole run.
func parseShard(text string) (replay.Shard, error) {
	if text == "" {
		return replay.Shard{}, nil
	}
	index, of, ok := strings.Cut(text, "/")
	i, errI := strconv.Atoi(index)
	n, errN := strconv.Atoi(of)
	if !ok || errI != nil || errN != nil || n < 1 || n > maxShards || i < 1 || i > n {
		return replay.Shard{}, usagef("--shard %q: want I/N, as in 1/4, with I from 1 to N and N up to %d", text, maxShards)
	}
	return replay.Shard{Index: i, Of: n}, nil
}

// shardText is the inverse of parseShard.
func shardText(s replay.Shard) string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Of)
}

// maxShards bounds the shards of a run, which are all open when it is read.
const maxShards = 256

// setShard chooses the share and its folder.
func (o *replayOptions) setShard(c *cli.Context) (err error) {
	if o.Shard, err = parseShard(c.String("shard")); err != nil {
		return err
	}
	if o.Shard.Of > 0 && o.Out != "" {
		o.Run = o.Out
		o.Out = filepath.Join(o.Run, recording.ShardFolder(o.Shard.Index, o.Shard.Of))
	}
	o.StartAt, err = parseTime("start-at", c.String("start-at"))
	return err
}

// checkStart refuses a start that has passed: every request would be late. A
// run that is taken up again goes on at once.
func (o *replayOptions) checkStart(now time.Time) error {
	if o.StartAt == 0 || o.Resume || o.DryRun || now.UnixNano() < o.StartAt {
		return nil
	}
	return usagef("--start-at %s has passed\nhint: give all shards a time that lies ahead by what it takes to start them", instant(o.StartAt))
}

func instant(ns int64) string {
	if ns == 0 {
		return ""
	}
	return time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
}

// checkFolder keeps shards of different cuts, and whole runs, apart.
func (o *replayOptions) checkFolder() error {
	if o.Run == "" {
		if isSharded(o.Out) {
			return usagef("%s holds shards of a run: a whole run needs another --output", o.Out)
		}
		return nil
	}
	for _, name := range []string{recording.ManifestName, recording.PartialName, recording.JournalName} {
		if _, err := os.Lstat(filepath.Join(o.Run, name)); err == nil {
			return usagef("%s holds a whole run, which has no shards: give another --output", o.Run)
		}
	}
	names, err := shards.Folders(o.Run)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return usageError{err}
	case len(names) > 0 && !strings.HasSuffix(names[0], fmt.Sprintf("-of-%d", o.Shard.Of)):
		return usagef("%s holds %s: this is no shard of that run\nhint: give another --output, or --shard of the same number", o.Run, names[0])
	}
	return nil
}

// shard is what the manifest says of the share; nil for a whole run.
func (o *replayOptions) shard(e *replay.Options) *recording.Shard {
	if o.Run == "" {
		return nil
	}
	return &recording.Shard{Index: o.Shard.Index, Of: o.Shard.Of, Plan: o.plan(e)}
}

// plan is what decides over which request is sent when, and how its end is told:
// what all shards must have alike. Long settings, and those that may hold what a
// manifest should not, stand there by their digest. A setting that comes to decide
// over that belongs here.
func (o *replayOptions) plan(e *replay.Options) map[string]string {
	return map[string]string{
		"schedule":     e.Schedule.String(),
		"start_at":     instant(o.StartAt),
		"filter":       o.FilterText,
		"allow_writes": strconv.FormatBool(o.Writes),
		"control":      strconv.FormatBool(e.Target.Control),
		"marker":       strconv.FormatBool(!o.NoMarker),
		"retry_stale":  strconv.FormatBool(o.Pool.RetryStale),
		"timeouts":     fmt.Sprint(o.Timeouts),
		"target":       digestOf(withoutPlace(e.Target)),
		"carry":        digestOf(o.Carry),
		"shift":        digestOf(o.Shift),
		"sessions":     sessionsText(o.Sessions),
		"redact":       digestOf(o.Redact),
		"abort":        digestOf(o.Abort),
	}
}

// withoutPlace leaves out where a machine keeps its certificates.
func withoutPlace(t replay.Target) replay.Target {
	t.CAFile = ""
	return t
}

// digestOf names a setting by what it says.
func digestOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error() // settings are plain values, which this cannot happen to
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// isSharded reports whether dir is a run in shards.
func isSharded(dir string) bool { return shards.Found(dir) }

// openShards opens all shards of a run. None is finished by reading it: it can
// still be taken up again.
func openShards(dir string, o recording.OpenOptions) (recordingReader, error) {
	r, err := shards.Open(dir, o)
	if errors.Is(err, recording.ErrPartial) {
		return nil, fmt.Errorf("%w\nhint: `parallax replay --resume` goes on with that shard; `parallax verify --recover %s` ends it as it is", err, dir)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// recoverShards finishes what a crash left of shards.
func recoverShards(dir string, s streams) error {
	names, err := shards.Folders(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(filepath.Join(path, recording.ManifestName)); err == nil {
			continue
		}
		if err := recoverRecording(path, s); err != nil {
			return err
		}
	}
	return nil
}

// describeShards is a run in shards as `parallax ls` shows it.
func describeShards(dir string) listed {
	l := listed{Path: dir, Kind: string(recording.KindRun), State: "finished"}
	r, err := shards.Open(dir, recording.OpenOptions{})
	if err != nil {
		l.State = "unfinished"
		if errors.Is(err, shards.ErrMixed) {
			l.State = "mixed"
		}
		return l
	}
	defer r.Close()
	l.fill(r.Manifest())
	return l
}
