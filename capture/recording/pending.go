package recording

import (
	"errors"
)

// Being built: replaced file by file.
var errPending = errors.New("recording: not built yet")

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

// Recover makes parts and a manifest from a journal that was left behind.
func Recover(dir string) (*Recovery, error) { return nil, errPending }

// Verify checks everything in dir.
func Verify(dir string) error { return errPending }

// AppendJSON appends ex as one JSON object.
func AppendJSON(dst []byte, ex *Exchange, bodies bool) []byte { return dst }
