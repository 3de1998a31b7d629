package replay

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"parallax/internal/literal"
)

// Abort stops a run by what the target answers. A condition looks at the last
// Window answers, not at a stretch of time, so that the same answers stop at the
// same place; before there are as many it decides nothing. Zero fields are no
// condition.
type Abort struct {
	// Window is the number of answers judged together: 500, and 10 at least.
	Window int `yaml:"window,omitempty" json:"window,omitempty"`
	// Errors: requests without an answer, of those tried.
	Errors Share `yaml:"errors,omitempty" json:"errors,omitzero"`
	// ServerErrors: answers of status 5xx where the recorded one was none.
	ServerErrors Share `yaml:"server_errors,omitempty" json:"server_errors,omitzero"`
	// Divergence: answers whose status or body is not the recorded one, of those
	// with a whole recorded answer. A recorded body that was redacted or is not whole
	// is not looked at.
	Divergence Share `yaml:"divergence,omitempty" json:"divergence,omitzero"`
	// Latency bounds quantiles of the time from sent to done.
	Latency AbortLatency `yaml:"latency,omitempty" json:"latency,omitzero"`
}

// AbortLatency holds the longest that each quantile may be.
type AbortLatency struct {
	P50 literal.Duration `yaml:"p50,omitempty" json:"p50,omitempty"`
	P90 literal.Duration `yaml:"p90,omitempty" json:"p90,omitempty"`
	P99 literal.Duration `yaml:"p99,omitempty" json:"p99,omitempty"`
}

// Share is a part of a whole, exactly as it was written; its zero value is none.
type Share struct {
	text string
	part *big.Rat
}

// ParseShare reads 0.2 or 20%: above 0 and below 1.
func ParseShare(text string) (Share, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	part, ok := new(big.Rat), len(number) < 20 && strings.Trim(number, "0123456789.") == ""
	if ok {
		_, ok = part.SetString(number)
	}
	if ok && percent {
		part.Quo(part, big.NewRat(100, 1))
	}
	if !ok || part.Sign() <= 0 || part.Cmp(big.NewRat(1, 1)) >= 0 {
		return Share{}, fmt.Errorf("%q is no share: want one above 0 and below 1, like 0.2 or 20%%", text)
	}
	return Share{strings.TrimSpace(text), part}, nil
}

// String is the share as it was written.
func (s Share) String() string { return s.text }

// IsZero reports whether there is none.
func (s Share) IsZero() bool { return s.part == nil }

// MarshalText is String.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.text), nil }

// UnmarshalText is ParseShare.
func (s *Share) UnmarshalText(text []byte) (err error) {
	*s, err = ParseShare(string(text))
	return err
}

// UnmarshalYAML reads the scalar as it is spelled.
func (s *Share) UnmarshalYAML(raw []byte) error {
	var text literal.Text
	if err := text.UnmarshalYAML(raw); err != nil {
		return err
	}
	return s.UnmarshalText([]byte(text))
}

// most is the largest count of n that is not more than the share.
func (s Share) most(n int) int {
	most := new(big.Rat).Mul(s.part, big.NewRat(int64(n), 1))
	return int(new(big.Int).Quo(most.Num(), most.Denom()).Int64())
}

const (
	defaultAbortWindow = 500
	leastAbortWindow   = 10
	mostAbortWindow    = 1_000_000
)

// Validate returns what is wrong, with its key.
func (a *Abort) Validate() error {
	if a.Window != 0 && (a.Window < leastAbortWindow || a.Window > mostAbortWindow) {
		return fmt.Errorf("abort: window: %d: want %d to %d answers", a.Window, leastAbortWindow, mostAbortWindow)
	}
	if a.Window != 0 && len(a.conditions()) == 0 {
		return errors.New("abort: window: no condition uses it: want errors, server_errors, divergence or latency")
	}
	return nil
}

// Aborted is the condition that stopped a run.
type Aborted struct {
	// Condition is its key: "errors", "server_errors", "divergence", "latency p99".
	Condition string `json:"condition"`
	Limit     string `json:"limit"`
	// Counted of the last Window answers broke it, where Allowed may.
	Counted int `json:"counted"`
	Allowed int `json:"allowed"`
	Window  int `json:"window"`
	// Answers is how many the condition had seen.
	Answers int64 `json:"answers"`
}

func (a *Aborted) String() string {
	return fmt.Sprintf("%s: %d of the last %d %s, at most %d may (%s)",
		a.Condition, a.Counted, a.Window, a.what(), a.Allowed, a.Limit)
}

func (a *Aborted) what() string {
	switch a.Condition {
	case "errors":
		return "requests had no answer"
	case "server_errors":
		return "answers were of status 5xx and the recorded ones not"
	case "divergence":
		return "answers had another status or body than the recorded ones"
	}
	return "answers took longer"
}
