package recording

import (
	"fmt"
	"runtime"

	"parallax/internal/store"
)

// Kind tells recordings from runs.
type Kind string

// The kinds. A run's rows are ordered by the ID they replay, a recording's by
// their own.
const (
	KindRecording Kind = "recording"
	KindRun       Kind = "run"
)

// Options says what is written and within which bounds. The zero value writes
// a recording with the defaults.
type Options struct {
	Kind Kind
	// Tool is the version of the program that writes, "parallax 0.1.0".
	Tool      string
	Source    Source
	Redaction Redaction
	// Baseline is the hex SHA-256 of the manifest.json that a run replays
	// (Reader.Digest); it is empty for a recording.
	Baseline string
	// Target is what a run was sent to, without credentials.
	Target string
	// Info are further facts for readers, shown and never interpreted.
	Info map[string]string
	// Shard says which share of a run is written; nil: all of it.
	Shard *Shard

	// BufferBytes bounds the rows that wait to be put in order; beyond it they
	// are spilled. Default 32 MiB, at least 64 KiB.
	BufferBytes int64
	// RowGroupBytes and PartBytes end a row group and a part file, counted
	// before compression. Defaults 4 MiB and 512 MiB.
	RowGroupBytes, PartBytes int64
	// Encoders is the number of row groups encoded at once. Default GOMAXPROCS,
	// at most 4. It does not change the bytes written.
	Encoders int

	// Room is asked twice a second whether a journal may grow on. Its first error
	// ends the writing, not the recording: Write and Intend return it from then
	// on, and Close finishes what came before. Nil: always.
	Room func() error

	files fileSystem // tests inject faults here
}

// The defaults of Options.
const (
	DefaultBufferBytes   = 32 << 20
	DefaultRowGroupBytes = 4 << 20
	DefaultPartBytes     = 512 << 20
)

const minBufferBytes = 64 << 10

func (o *Options) normalise() error {
	if o.Kind == "" {
		o.Kind = KindRecording
	}
	o.BufferBytes = orDefault(o.BufferBytes, DefaultBufferBytes)
	o.RowGroupBytes = orDefault(o.RowGroupBytes, DefaultRowGroupBytes)
	o.PartBytes = orDefault(o.PartBytes, DefaultPartBytes)
	if o.Encoders == 0 {
		o.Encoders = min(runtime.GOMAXPROCS(0), 4)
	}
	switch {
	case o.Kind != KindRecording && o.Kind != KindRun:
		return fmt.Errorf("recording: unknown kind %q", o.Kind)
	case o.Kind == KindRun && o.Baseline == "":
		return fmt.Errorf("recording: a run needs the digest of its baseline")
	case o.Shard != nil && o.Kind != KindRun:
		return fmt.Errorf("recording: only runs have shards")
	case o.Shard != nil && o.Shard.check() != nil:
		return fmt.Errorf("recording: %w", o.Shard.check())
	case o.BufferBytes < minBufferBytes:
		return fmt.Errorf("recording: buffer of %d bytes, want at least %d", o.BufferBytes, minBufferBytes)
	case o.RowGroupBytes < 1 || o.PartBytes < 1 || o.Encoders < 1:
		return fmt.Errorf("recording: negative bound")
	}
	return nil
}

func orDefault(v, d int64) int64 {
	if v == 0 {
		return d
	}
	return v
}

// Closing is what is known only at the end.
type Closing struct {
	Ledger Ledger
	// RedactionCounts says how often redaction touched what.
	RedactionCounts map[string]int64
	// Interrupted says why the source ended early; it is empty for a normal end.
	Interrupted string
	// Notes are things that a reader must know.
	Notes []string
	// Info is added to that of Options.
	Info map[string]string
	// Baseline replaces BaselineOpen, now that the baseline is finished.
	Baseline string
}

// BaselineOpen stands for the digest of a baseline that is still being recorded
// when its run begins. A run that was killed keeps it: diff then goes by hashes.
const BaselineOpen = "open"

// OpenOptions says how a recording is read.
type OpenOptions struct {
	// Partial opens a folder whose manifest.json was never written: the parts
	// that manifest.partial.json lists, which are not all that was captured.
	Partial bool
	// ReuseBuffers lets Exchanges yield the same Exchange again, with bodies
	// that are valid only until the next one. Without it nothing is reused.
	ReuseBuffers bool
}

// Progress is what a journal holds when a run is taken up again.
type Progress struct {
	// Ended holds how the exchange of each baseline ID ended.
	Ended map[ID]End
	// Open are the IDs with an intent and no end, in the order of the intents:
	// each may or may not have reached the target.
	Open []ID
	// DroppedBytes of a torn tail were cut off the journal.
	DroppedBytes int64
	// Info is that of the options it was begun with.
	Info map[string]string

	rows   map[ID]int64 // offsets in the journal
	folder *store.Folder
}

// Recovery says what Recover found and made.
type Recovery struct {
	// Exchanges is the number of rows in the parts.
	Exchanges int64
	// Unknown are the IDs that had an intent and no end; each got a row with
	// the end "unknown".
	Unknown []ID
	// DroppedBytes is the length of the journal's torn tail, which was dropped,
	// and DroppedWhy says what was wrong with it.
	DroppedBytes int64
	DroppedWhy   string
	Manifest     *Manifest
}
