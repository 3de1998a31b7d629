package diff

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"parallax/capture/recording"
	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// Errors that a caller may test for.
var (
	// ErrNothingShared: no exchange of the new side answers to one of the old.
	ErrNothingShared = errors.New("the two recordings share no exchange")
	// ErrRedaction: tokens of different keys never compare.
	ErrRedaction = errors.New("the recordings are redacted differently")
	// ErrOrder: an input is not in the order that its format promises.
	ErrOrder = errors.New("out of order")
)

// Input is one recording.
type Input struct {
	// Name is shown; the last element of its path, never the path.
	Name     string
	Manifest *recording.Manifest
	// Digest is the hex SHA-256 of its manifest.json.
	Digest string
	// Exchanges streams it in order. The yielded exchange may be reused.
	Exchanges func(recording.Filter) iter.Seq2[*recording.Exchange, error]
}

// FromReader makes an input of an open recording.
func FromReader(name string, r *recording.Reader) Input {
	return Input{Name: name, Manifest: r.Manifest(), Digest: r.Digest(), Exchanges: r.Exchanges}
}

// Output takes what is found. comparison.Writer is one.
type Output interface {
	// Write is called from one goroutine and may not keep the difference.
	Write(d *comparison.Difference) error
	// ScratchDir is asked for once, where there are controls.
	ScratchDir() (string, error)
}

// Routes names requests by a list that somebody has made.
type Routes interface {
	// Of returns a request's route, and whether the list has it; it is called from
	// several goroutines.
	Of(method, target string) (name string, described bool)
	// Digest is the hex SHA-256 of the list.
	Digest() string
}

// Options says how to compare. The zero value compares exactly.
type Options struct {
	Tool  string
	Rules *rules.Set // nil: none
	// Routes names the requests; nil: by their paths.
	Routes Routes
	// ErrorRate is the chance, over all noisy places together, that one which the
	// new system does not show more often is nevertheless counted as a difference.
	// Default 0.01.
	ErrorRate float64
	// MaxPerRecord bounds the differences of one record; a further one says that
	// there are more. Default 10,000.
	MaxPerRecord int
	// MaxWork bounds the steps that aligning the parts of two bodies may take;
	// beyond it they are compared coarsely, which is counted. Default: 8 for each
	// byte of both, and 64 Mi.
	MaxWork int
	// Filter narrows both sides alike. It may not choose by answers.
	Filter recording.Filter
}

func (o *Options) normalise() error {
	if o.Rules == nil {
		none, err := rules.Compile(nil)
		if err != nil {
			return err
		}
		o.Rules = none
	}
	if o.ErrorRate == 0 {
		o.ErrorRate = 0.01
	}
	if o.MaxPerRecord == 0 {
		o.MaxPerRecord = 10_000
	}
	switch {
	case o.MaxWork < 0:
		return fmt.Errorf("diff: %d steps of work, want at least 1", o.MaxWork)
	case o.ErrorRate < 0 || o.ErrorRate >= 1:
		return fmt.Errorf("diff: error rate %g, want above 0 and below 1", o.ErrorRate)
	case o.MaxPerRecord < 1:
		return fmt.Errorf("diff: %d differences a record, want at least 1", o.MaxPerRecord)
	}
	return nil
}

// maxControls bounds the streams that are read in step.
const maxControls = 100

// Compare reads all inputs once, in order, writes every difference to out, and
// returns the summary.
func Compare(ctx context.Context, old, new Input, controls []Input, o Options, out Output) (*comparison.Summary, error) {
	if err := o.normalise(); err != nil {
		return nil, err
	}
	for _, other := range append([]Input{new}, controls...) {
		if err := comparable(&old, &other); err != nil {
			return nil, err
		}
	}
	if len(controls) > maxControls {
		return nil, fmt.Errorf("diff: %d controls, want at most %d", len(controls), maxControls)
	}
	p := newPass(old, new, controls, o, out)
	if err := p.run(ctx); err != nil {
		return nil, err
	}
	return p.summary(), nil
}

// comparable refuses inputs whose tokens cannot be equal.
func comparable(a, b *Input) error {
	x, y := redaction(a.Manifest), redaction(b.Manifest)
	if x == y {
		return nil
	}
	return fmt.Errorf("%w: %s is %s, %s is %s\nrecord both under one key (--key-file)",
		ErrRedaction, a.Name, x, b.Name, y)
}

func redaction(m *recording.Manifest) string {
	switch {
	case m.Redaction.Profile == "" || m.Redaction.Profile == "off":
		return "off"
	case m.Redaction.KeyID == "":
		return m.Redaction.Profile
	}
	return m.Redaction.Profile + " " + m.Redaction.KeyID
}
