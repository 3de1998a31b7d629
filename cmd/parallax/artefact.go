package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"parallax/capture/recording"
	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// artefactKind is what a folder holds.
type artefactKind string

const (
	isRecording  artefactKind = "recording" // a run is a recording
	isComparison artefactKind = "comparison"
	isSnapshot   artefactKind = "snapshot"
)

// maxManifest bounds what is read to find out what a folder holds.
const maxManifest = 64 << 20

// kindOf looks at the manifest, finished or not.
func kindOf(dir string) (artefactKind, error) {
	switch info, err := os.Stat(dir); {
	case err != nil:
		return "", usageError{err}
	case !info.IsDir():
		return "", usagef("%s: not a folder, want a recording, a snapshot or a comparison", dir)
	}
	for _, name := range []string{recording.ManifestName, recording.PartialName} {
		kind, err := manifestKind(filepath.Join(dir, name))
		if !errors.Is(err, fs.ErrNotExist) {
			return kind, err
		}
	}
	if _, err := os.Stat(filepath.Join(dir, recording.JournalName)); err == nil {
		return isRecording, nil
	}
	if isSharded(dir) {
		return isRecording, nil
	}
	return "", usagef("%s: neither a recording nor a snapshot nor a comparison (there is no %s)", dir, recording.ManifestName)
}

// readManifest reads the keys of a manifest that v has.
func readManifest(path string, v any) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > maxManifest {
		return unverifiedf("%s: larger than any manifest", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return unverifiedf("%s: %w", path, err)
	}
	return nil
}

func manifestKind(path string) (artefactKind, error) {
	var head struct {
		Format string `json:"format"`
	}
	if err := readManifest(path, &head); err != nil {
		return "", err
	}
	switch head.Format {
	case recording.FormatName:
		return isRecording, nil
	case comparison.FormatName:
		return isComparison, nil
	case snapshot.FormatName:
		return isSnapshot, nil
	}
	return "", unverifiedf("%s: format %q is none of this version's", path, head.Format)
}

// recordingReader reads a recording, or the shards of a run as one.
type recordingReader interface {
	Manifest() *recording.Manifest
	Digest() string
	Exchanges(recording.Filter) iter.Seq2[*recording.Exchange, error]
	Get(recording.ID) (*recording.Exchange, error)
	Close() error
}

// openRecording opens dir. What a crash left of a capture is finished first:
// its journal is the whole truth, and the manifest will say so. A run is not: it
// can still be resumed, and finishing it would end that.
func openRecording(dir string, o recording.OpenOptions, s streams) (recordingReader, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, usageError{err}
	}
	if isSharded(dir) {
		return openShards(dir, o)
	}
	return openWhole(dir, o, s)
}

func openWhole(dir string, o recording.OpenOptions, s streams) (recordingReader, error) {
	r, err := recording.Open(dir, o)
	if err == nil {
		return r, nil
	}
	if !errors.Is(err, recording.ErrPartial) || o.Partial {
		return nil, err
	}
	if _, statErr := os.Stat(filepath.Join(dir, recording.JournalName)); statErr != nil {
		return nil, fmt.Errorf("%w\nhint: --partial reads the parts that are finished", err)
	}
	if isUnfinishedRun(dir) {
		return nil, fmt.Errorf("%w\nhint: `parallax replay --resume` goes on with this run; `parallax verify --recover %s` ends it as it is", err, dir)
	}
	if err := recoverRecording(dir, s); err != nil {
		return nil, err
	}
	if r, err = recording.Open(dir, o); err != nil {
		return nil, err
	}
	return r, nil
}

// isUnfinishedRun reports whether dir holds a run that can go on. That of a mirror
// cannot: the clients whose requests it sent are gone.
func isUnfinishedRun(dir string) bool {
	var m struct {
		Kind   recording.Kind   `json:"kind"`
		Source recording.Source `json:"source"`
	}
	err := readManifest(filepath.Join(dir, recording.PartialName), &m)
	return err == nil && m.Kind == recording.KindRun && m.Source.Kind != mirrorSource
}

func recoverRecording(dir string, s streams) error {
	found, err := recording.Recover(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%s: interrupted; finished from its journal: %d exchanges", dir, found.Exchanges)
	if found.DroppedBytes > 0 {
		fmt.Fprintf(s.err, ", a torn tail of %d bytes dropped (%s)", found.DroppedBytes, found.DroppedWhy)
	}
	if n := len(found.Unknown); n > 0 {
		fmt.Fprintf(s.err, ", %d sent without a known answer", n)
	}
	fmt.Fprintln(s.err)
	return nil
}
