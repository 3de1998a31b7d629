package recording

import (
	"errors"
	"iter"
)

// Being built: replaced file by file.
var errPending = errors.New("recording: not built yet")

type fileSystem interface{}

// Writer makes a recording from an offline conversion.
type Writer struct{}

// Create starts a recording in dir.
func Create(dir string, o Options) (*Writer, error) { return nil, errPending }

// Write takes ex over; exchanges may come in any order after the watermark.
func (w *Writer) Write(ex *Exchange) error { return errPending }

// Advance says that nothing earlier than t will come.
func (w *Writer) Advance(t int64) error { return errPending }

// Close writes what is left, then the manifest.
func (w *Writer) Close(c Closing) error { return errPending }

// Abort ends the recording without a manifest.json.
func (w *Writer) Abort() error { return errPending }

// Live makes a recording from a live source.
type Live struct{}

// CreateLive starts a journal in dir.
func CreateLive(dir string, o Options) (*Live, error) { return nil, errPending }

// ResumeLive takes up the journal of an interrupted run.
func ResumeLive(dir string, o Options) (*Live, *Progress, error) { return nil, nil, errPending }

// Write appends ex.
func (l *Live) Write(ex *Exchange) error { return errPending }

// Intend records that the exchange replaying id is about to be sent.
func (l *Live) Intend(id ID) error { return errPending }

// Sync returns when all that was appended before is on disk.
func (l *Live) Sync() error { return errPending }

// Close makes the parts and the manifest, then removes the journal.
func (l *Live) Close(c Closing) error { return errPending }

// Suspend syncs and closes the journal and leaves it for ResumeLive or Recover.
func (l *Live) Suspend() error { return errPending }

// Reader reads a recording.
type Reader struct{}

// Open opens the recording in dir.
func Open(dir string, o OpenOptions) (*Reader, error) { return nil, errPending }

// Manifest returns the manifest, which the caller must not change.
func (r *Reader) Manifest() *Manifest { return nil }

// Digest returns the hex SHA-256 of manifest.json.
func (r *Reader) Digest() string { return "" }

// Exchanges yields the chosen exchanges in order; an error comes once, last.
func (r *Reader) Exchanges(f Filter) iter.Seq2[*Exchange, error] {
	return func(yield func(*Exchange, error) bool) { yield(nil, errPending) }
}

// Get returns the exchange called id.
func (r *Reader) Get(id ID) (*Exchange, error) { return nil, errPending }

// Close frees what the reader holds.
func (r *Reader) Close() error { return errPending }

// Recover makes parts and a manifest from a journal that was left behind.
func Recover(dir string) (*Recovery, error) { return nil, errPending }

// Verify checks everything in dir.
func Verify(dir string) error { return errPending }

// AppendJSON appends ex as one JSON object.
func AppendJSON(dst []byte, ex *Exchange, bodies bool) []byte { return dst }
