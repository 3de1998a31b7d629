package schedule

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
)

// Never is the offset of an exchange that a schedule ends before.
const Never = math.MaxInt64

// Stage is a stretch of a ramp: within Duration the rate goes evenly from that of
// the stage before (0 before the first) to Rate. A duration of 0 is a jump.
type Stage struct {
	Duration time.Duration
	// Rate is in requests per second; Num may be 0.
	Rate Ratio
}

// The bounds of a ramp, within which its arithmetic is tested.
const (
	maxStages  = 1000
	maxRamp    = 30 * 24 * time.Hour
	maxPerRamp = 1 << 30 // numerator and denominator of a rate
)

// ParseRamp reads "30s:100/s,2m:100/s,30s:0/s": stages of a duration and the rate
// that they end with.
func ParseRamp(text string) ([]Stage, error) {
	var stages []Stage
	for part := range strings.SplitSeq(text, ",") {
		stage, err := parseStage(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("stage %d, %q: %w", len(stages)+1, part, err)
		}
		stages = append(stages, stage)
	}
	return stages, checkStages(stages)
}

func parseStage(text string) (Stage, error) {
	duration, rate, ok := strings.Cut(text, ":")
	if !ok {
		return Stage{}, errors.New("want DURATION:RATE, as in 30s:100/s")
	}
	d, err := time.ParseDuration(duration)
	if err != nil || d < 0 {
		return Stage{}, fmt.Errorf("duration %q: want one like 30s or 2m, or 0s for a jump", duration)
	}
	r, err := parseStageRate(rate)
	return Stage{d, r}, err
}

// parseStageRate is ParseRate with 0 allowed.
func parseStageRate(text string) (Ratio, error) {
	if r, err := ParseRate(text); err == nil {
		return r, nil
	}
	number, _, _ := strings.Cut(text, "/")
	if _, err := ParseRate("1" + strings.TrimPrefix(text, number)); err != nil || number == "" || strings.Trim(number, "0") != "" {
		return Ratio{}, fmt.Errorf("rate %q: want a number, 0 or more, with /s, /m or /h", text)
	}
	return Ratio{0, 1}, nil
}

func checkStages(stages []Stage) error {
	if len(stages) > maxStages {
		return fmt.Errorf("%d stages, want at most %d", len(stages), maxStages)
	}
	var total time.Duration
	asks, last := false, Ratio{0, 1}
	for i, s := range stages {
		if s.Duration < 0 || s.Duration > maxRamp || total+s.Duration > maxRamp {
			return fmt.Errorf("stage %d: want durations from 0 to %v together", i+1, maxRamp)
		}
		if s.Rate.Num < 0 || s.Rate.Den < 1 || s.Rate.Num > maxPerRamp || s.Rate.Den > maxPerRamp {
			return fmt.Errorf("stage %d: rate %d/%d per second: want one from 0 to %d", i+1, s.Rate.Num, s.Rate.Den, maxPerRamp)
		}
		total += s.Duration
		asks = asks || s.Duration > 0 && (s.Rate.Num > 0 || last.Num > 0)
		last = s.Rate
	}
	if !asks && last.Num == 0 {
		return errors.New("the rate is never above 0: nothing would be sent")
	}
	return nil
}

// Ramp lets the requests go by a rate that changes in stages: the n-th (from 0) is
// due once n have been let go and the rate goes on, where as many are let go as the
// area under the rates' line is. After the last stage its rate holds; where that is
// 0, the schedule ends, and Due returns Never.
func Ramp(stages []Stage) (*Schedule, error) {
	if len(stages) == 0 {
		return nil, errors.New("schedule: a ramp without stages")
	}
	if err := checkStages(stages); err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	return &Schedule{kind: ramped, ramp: newRamp(stages)}, nil
}

// Stretch is a stage as it lies in its ramp.
type Stretch struct {
	Stage
	Begin time.Duration // from the start
	From  Ratio         // the rate that it begins with
	// Most is how many requests it lets go.
	Most int64
}

// Stretches returns the stages of a ramp, else nil.
func (s *Schedule) Stretches() []Stretch {
	if s.ramp == nil {
		return nil
	}
	var list []Stretch
	begin, from, area, before := time.Duration(0), Ratio{0, 1}, new(big.Rat), int64(0)
	for _, stage := range s.ramp.stages {
		area.Add(area, areaOf(int64(stage.Duration), from, stage.Rate))
		done := roundedUp(area)
		list = append(list, Stretch{stage, begin, from, done - before})
		begin, from, before = begin+stage.Duration, stage.Rate, done
	}
	return list
}

// roundedUp: a request is due when those before it have been let go, and so is in
// the stage where its own part of the area begins.
func roundedUp(area *big.Rat) int64 {
	n := new(big.Int).Add(area.Num(), area.Denom())
	return n.Sub(n, big.NewInt(1)).Quo(n, area.Denom()).Int64()
}

// Text writes a rate as ParseRate reads it.
func (r Ratio) Text() string {
	switch {
	case r.Den == 60:
		return fmt.Sprintf("%d/m", r.Num)
	case r.Den == 3600:
		return fmt.Sprintf("%d/h", r.Num)
	case r.Den == 1:
		return fmt.Sprintf("%d/s", r.Num)
	}
	return fmt.Sprintf("%s/s", big.NewRat(r.Num, r.Den).FloatString(6))
}

// rampText is exact: durations, and rates in requests per second.
func rampText(stages []Stage) string {
	var parts []string
	for _, s := range stages {
		parts = append(parts, fmt.Sprintf("%v:%s", s.Duration, s.Rate.exact()))
	}
	return strings.Join(parts, ",")
}

// ramp walks through the stages. The area is exact: within a stage of d ns from
// rate a to b (per second, over one denominator q), it is, after t ns,
//
//	A(t) = A(0) + (2·a·d·t + (b-a)·t²) / (2·q·d·10⁹)
//
// and all areas are held over one denominator, so that adding them up rounds
// nothing.
type ramp struct {
	stages []Stage
	lines  []line
	at     int // the line that the last request fell into
	// Memory for one request after the other.
	x, y, want big.Int
}

// line is a stretch of the rates' line, its numbers over the ramp's denominator.
type line struct {
	begin  int64 // ns from the start
	length int64 // ns; -1: for ever
	before big.Int
	// The area after t ns is before + slope·t + bend·t², in units of 1/unit.
	slope, bend, unit big.Int
	// rough holds before, slope and bend in requests, rounded.
	rough [3]float64
}

func newRamp(stages []Stage) *ramp {
	r := &ramp{stages: stages}
	from, begin, area := Ratio{0, 1}, int64(0), new(big.Rat)
	for _, s := range stages {
		if d := int64(s.Duration); d > 0 {
			r.add(begin, d, rat(from), rat(s.Rate), area)
			area = new(big.Rat).Add(area, areaOf(d, from, s.Rate))
			begin += d
		}
		from = s.Rate
	}
	r.add(begin, -1, rat(from), rat(from), area)
	return r
}

// rat is a rate in requests per ns.
func rat(r Ratio) *big.Rat {
	return new(big.Rat).Quo(big.NewRat(r.Num, r.Den), big.NewRat(int64(time.Second), 1))
}

// areaOf is how many requests a stage lets go.
func areaOf(d int64, from, to Ratio) *big.Rat {
	sum := new(big.Rat).Add(rat(from), rat(to))
	return sum.Mul(sum, big.NewRat(d, 2))
}

func (r *ramp) add(begin, length int64, from, to, area *big.Rat) {
	bend := new(big.Rat)
	if length > 0 {
		bend.Sub(to, from)
		bend.Quo(bend, big.NewRat(2, 1))
		bend.Quo(bend, big.NewRat(length, 1))
	}
	l := line{begin: begin, length: length}
	l.unit.Mul(area.Denom(), from.Denom())
	l.unit.Mul(&l.unit, bend.Denom())
	over := func(to *big.Int, v *big.Rat) { to.Mul(v.Num(), new(big.Int).Quo(&l.unit, v.Denom())) }
	over(&l.before, area)
	over(&l.slope, from)
	over(&l.bend, bend)
	for i, v := range []*big.Rat{area, from, bend} {
		l.rough[i], _ = v.Float64()
	}
	r.lines = append(r.lines, l)
}

// due returns when the n-th request is, with n never falling from call to call.
func (r *ramp) due(n int64) int64 {
	for ; r.at < len(r.lines)-1; r.at++ {
		if l := &r.lines[r.at]; r.beyond(l, l.length, n) {
			return l.begin + r.within(l, n, l.length)
		}
	}
	last := &r.lines[r.at]
	if last.slope.Sign() == 0 {
		return Never
	}
	// before + slope·t <= n·unit, the greatest t.
	r.want.Mul(r.x.SetInt64(n), &last.unit)
	r.want.Sub(&r.want, &last.before)
	r.want.Quo(&r.want, &last.slope)
	if !r.want.IsInt64() || r.want.Int64() > Never-last.begin {
		return Never
	}
	return last.begin + r.want.Int64()
}

// beyond reports whether more than n have been let go t ns into the line.
func (r *ramp) beyond(l *line, t, n int64) bool {
	r.want.Mul(r.x.SetInt64(n), &l.unit)
	r.x.SetInt64(t)
	r.y.Mul(&l.bend, &r.x)
	r.y.Add(&r.y, &l.slope)
	r.y.Mul(&r.y, &r.x)
	r.y.Add(&r.y, &l.before)
	return r.y.Cmp(&r.want) > 0
}

// within returns the last ns of a line, before most, at which no more than n have
// been let go; at 0 that is so, and at most it is not. The search begins where
// rounded arithmetic puts it, and only its length depends on that.
func (r *ramp) within(l *line, n, most int64) int64 {
	low, high := int64(0), most
	guess := l.guess(n, most)
	if r.beyond(l, guess, n) {
		high = guess
		for step := int64(1); high-step > low; step *= 2 {
			if !r.beyond(l, high-step, n) {
				low = high - step
				break
			}
			high -= step
		}
	} else {
		low = guess
		for step := int64(1); low+step < high; step *= 2 {
			if r.beyond(l, low+step, n) {
				high = low + step
				break
			}
			low += step
		}
	}
	for high-low > 1 {
		if middle := low + (high-low)/2; r.beyond(l, middle, n) {
			high = middle
		} else {
			low = middle
		}
	}
	return low
}

// guess solves bend·t² + slope·t = n - before in rounded arithmetic.
func (l *line) guess(n, most int64) int64 {
	area, slope, bend := float64(n)-l.rough[0], l.rough[1], l.rough[2]
	t := 2 * area / (slope + math.Sqrt(max(slope*slope+4*bend*area, 0)))
	if !(t > 0) {
		return 0
	}
	return int64(min(t, float64(most)))
}
