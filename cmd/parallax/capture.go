package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/capture/redact"
)

func captureCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:        "capture",
		Usage:       "record exchanges, or make a snapshot of a database",
		Subcommands: []*cli.Command{capturePacketsCommand(s), captureProxyCommand(s), captureDatabaseCommand(s)},
	}
}

// source is an offline source of exchanges.
type source interface {
	// Exchanges yields each exchange once, which then is the caller's; an error
	// comes last.
	Exchanges() iter.Seq2[*recording.Exchange, error]
	// Watermark returns the time before which nothing will come any more.
	Watermark() int64
}

// watermarkEvery is how many exchanges pass between two looks at the
// watermark: it costs a walk over the open connections.
const watermarkEvery = 256

// pour moves src through the redactor into w. A source that ends with an error
// has yielded what was whole; that is kept. The end of ctx comes as such an
// error (interruptible), so that rows and ledger agree then, too.
func pour(ctx context.Context, src source, r *redact.Redactor, w *recording.Writer, p *progress) error {
	defer p.done()
	n := 0
	for ex, err := range src.Exchanges() {
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return sourceError{err}
		}
		if err := r.Apply(ex); err != nil {
			return err
		}
		if err := w.Write(ex); err != nil {
			return err
		}
		if n++; n%watermarkEvery == 0 {
			if err := w.Advance(src.Watermark()); err != nil {
				return err
			}
			p.update(int64(n))
		}
	}
	return nil
}

// interruptible makes reads of in end with ctx: those of a pipe wait as long as
// its writer likes. The read that is under way then is left behind.
func interruptible(ctx context.Context, in io.Reader) io.Reader {
	return &interruptibleReader{ctx: ctx, in: in, waits: !isRegular(in)}
}

func isRegular(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

type interruptibleReader struct {
	ctx   context.Context
	in    io.Reader
	waits bool
	// own is read into, since a read that is left behind may still write.
	own  []byte
	done chan readResult
}

type readResult struct {
	n   int
	err error
}

func (r *interruptibleReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	if !r.waits {
		return r.in.Read(p)
	}
	if len(r.own) < len(p) {
		r.own, r.done = make([]byte, len(p)), make(chan readResult, 1)
	}
	own := r.own[:len(p)]
	go func() {
		n, err := r.in.Read(own)
		r.done <- readResult{n, err}
	}()
	select {
	case got := <-r.done:
		return copy(p, own[:got.n]), got.err
	case <-r.ctx.Done():
		return 0, context.Cause(r.ctx)
	}
}

// sourceError is a fault of the input: what came before it is kept.
type sourceError struct{ err error }

func (e sourceError) Error() string { return e.err.Error() }
func (e sourceError) Unwrap() error { return e.err }

// keepable reports whether what was written before err should become a
// recording, marked as interrupted.
func keepable(err error) bool {
	var fault sourceError
	var signal interrupted
	return errors.As(err, &fault) || errors.As(err, &signal)
}
