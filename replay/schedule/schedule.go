// Package schedule says when the requests of a replay are due.
//
// Terms: a schedule maps the n-th exchange and its recorded time to an offset
// from the start of the replay, in nanoseconds. It is absolute: no offset is
// computed from another one's outcome, so an oversleep never adds up.
//
// Steps: Recorded keeps the recorded distances, scaled by a ratio and with long
// gaps shortened; Rate spaces requests evenly; Max makes everything due at
// once; Ramp spaces them by a rate that changes in stages. Wait turns elapsed time
// and an offset into how long to sleep.
//
// Limits: a recorded time earlier than one before it is due with that one; a
// recording longer than 292 years divided by its speed does not fit.
package schedule

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Ratio is an exact positive fraction. The zero value means 1.
type Ratio struct{ Num, Den int64 }

// ParseRatio reads "2", "0.5" or "1/3" without going through a float.
func ParseRatio(text string) (Ratio, error) {
	num, den, fraction := strings.Cut(text, "/")
	if !fraction {
		num, den = shiftPoint(text)
	}
	n, errN := strconv.ParseInt(num, 10, 64)
	d, errD := strconv.ParseInt(den, 10, 64)
	if errN != nil || errD != nil || n <= 0 || d <= 0 {
		return Ratio{}, fmt.Errorf("%q: want a positive number such as 2, 0.5 or 1/3", text)
	}
	return Ratio{n, d}, nil
}

// shiftPoint turns "12.5" into "125" and "10".
func shiftPoint(text string) (num, den string) {
	whole, frac, _ := strings.Cut(text, ".")
	return whole + frac, "1" + strings.Repeat("0", len(frac))
}

// ParseRate reads "2000", "2000/s", "90/m" or "10/h": requests per second,
// minute, hour.
func ParseRate(text string) (Ratio, error) {
	number, unit, _ := strings.Cut(text, "/")
	num, den := shiftPoint(number)
	n, errN := strconv.ParseInt(num, 10, 64)
	d, errD := strconv.ParseInt(den, 10, 64)
	per, ok := map[string]int64{"": 1, "s": 1, "m": 60, "h": 3600}[unit]
	if errN != nil || errD != nil || n <= 0 || d <= 0 || !ok || d > int64(time.Second)/per {
		return Ratio{}, fmt.Errorf("rate %q: want a positive number with /s, /m or /h", text)
	}
	return Ratio{n, d * per}, nil
}

// Schedule is a state of a few counters; it is not safe for concurrent use.
// The zero value is Recorded at speed 1.
type Schedule struct {
	kind   kind
	ratio  Ratio
	maxGap int64 // of the replay, in ns; 0: none

	begun    bool
	lastSeen int64 // largest recorded time so far
	at       int64 // recorded ns since the first, gaps cut
	count    int64
	ramp     *ramp
}

type kind uint8

const (
	recorded kind = iota
	rate
	unpaced
	ramped
)

// Recorded replays the recorded distances, speed times as fast. A gap that
// would take longer than maxGap takes maxGap; 0 keeps every gap.
func Recorded(speed Ratio, maxGap time.Duration) (*Schedule, error) {
	if maxGap < 0 {
		return nil, errors.New("schedule: max gap is negative")
	}
	return &Schedule{kind: recorded, ratio: speed.orOne(), maxGap: int64(maxGap)}, nil
}

// Rate spaces the requests evenly: perSecond of them.
func Rate(perSecond Ratio) *Schedule { return &Schedule{kind: rate, ratio: perSecond.orOne()} }

// Max makes every request due at once: only the pool of connections paces it.
func Max() *Schedule { return &Schedule{kind: unpaced} }

// Paced reports whether the schedule asks for times at all.
func (s *Schedule) Paced() bool { return s.kind != unpaced }

// String says what was chosen, exactly: schedules that say the same have the same
// times.
func (s *Schedule) String() string {
	r := s.ratio.orOne()
	switch s.kind {
	case rate:
		return "rate " + r.exact() + " per second"
	case unpaced:
		return "max"
	case ramped:
		return "ramp " + rampText(s.ramp.stages)
	}
	text := "recorded times, speed " + r.exact()
	if s.maxGap > 0 {
		text += ", gaps up to " + time.Duration(s.maxGap).String()
	}
	return text
}

func (r Ratio) exact() string {
	if r.Den == 1 {
		return strconv.FormatInt(r.Num, 10)
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}

// Due returns the offset from the start at which the next exchange, recorded
// at recordedAt (ns), is due; Never where the schedule ends before. Offsets never
// fall.
func (s *Schedule) Due(recordedAt int64) int64 {
	n := s.count
	s.count++
	switch s.kind {
	case rate:
		return scale(n, s.ratio.Den*int64(time.Second), s.ratio.Num)
	case unpaced:
		return 0
	case ramped:
		return s.ramp.due(n)
	}
	s.advance(recordedAt)
	return scale(s.at, s.ratio.orOne().Den, s.ratio.orOne().Num)
}

// advance moves the recorded clock on, at most by what the longest gap allows.
func (s *Schedule) advance(recordedAt int64) {
	if !s.begun {
		s.begun, s.lastSeen = true, recordedAt
	}
	gap := max(recordedAt-s.lastSeen, 0)
	s.lastSeen = max(s.lastSeen, recordedAt)
	if s.maxGap > 0 {
		r := s.ratio.orOne()
		gap = min(gap, scale(s.maxGap, r.Num, r.Den))
	}
	s.at += gap
}

// Wait returns how long to sleep when elapsed of the replay has passed and the
// next request is due at offset due; 0 means now.
func Wait(elapsed, due int64) time.Duration {
	return time.Duration(max(due-elapsed, 0))
}

func (r Ratio) orOne() Ratio {
	if r.Num <= 0 || r.Den <= 0 {
		return Ratio{1, 1}
	}
	return r
}

// scale returns v*num/den, exact in between and held at the largest int64.
func scale(v, num, den int64) int64 {
	hi, lo := bits.Mul64(uint64(v), uint64(num))
	if hi >= uint64(den) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, uint64(den))
	return int64(min(q, math.MaxInt64))
}
