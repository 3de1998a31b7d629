package diff

import (
	"context"
	"errors"
	"fmt"

	"parallax/capture/recording"
	"parallax/diff/comparison"
	"parallax/internal/route"
)

// pass is one comparison on its way through the inputs.
type pass struct {
	old, new Input
	controls []Input
	opts     Options
	out      Output

	tally   *comparison.Tally
	noise   *noiseTable // nil without controls
	spool   *comparison.Spool
	merge   *merge
	compare *comparer
	control []*comparer
	// unwritten is what each control did not write and the candidate did.
	unwritten []*unwritten
	answered  [2]int64 // records with an answer of a control, and with one compared
}

func newPass(old, new Input, controls []Input, o Options, out Output) *pass {
	p := &pass{old: old, new: new, controls: controls, opts: o, out: out, tally: comparison.NewTally()}
	p.compare = p.comparer(&new)
	p.compare.tally, p.compare.instead = p.tally, instead{}
	for i := range controls {
		p.control = append(p.control, p.comparer(&controls[i]))
		p.unwritten = append(p.unwritten, newUnwritten(&controls[i]))
	}
	if len(controls) > 0 {
		p.noise = newNoiseTable(len(controls), o.ErrorRate)
	}
	return p
}

func (p *pass) comparer(new *Input) *comparer {
	return &comparer{
		max: p.opts.MaxPerRecord, work: p.opts.MaxWork, sameBaseline: p.asBaseline(new),
		markers: markers{old: markerOf(p.old.Manifest), new: markerOf(new.Manifest)},
	}
}

// asBaseline reports whether a body "as baseline" of an input is the old side's.
// Where both are runs of a third recording, the hashes tell.
func (p *pass) asBaseline(new *Input) bool {
	return new.Manifest.Kind == recording.KindRun && new.Manifest.Baseline == p.old.Digest
}

// run reads everything once.
func (p *pass) run(ctx context.Context) (err error) {
	p.open()
	defer p.merge.stop()
	if p.noise != nil {
		if err := p.openSpool(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.spool.Remove()) }()
	}
	if err := p.merge.start(); err != nil {
		return err
	}
	if err := p.walk(ctx); err != nil {
		return err
	}
	if p.merge.paired[1] == 0 && p.merge.lanes[0].rows > 0 && p.merge.lanes[1].rows > 0 {
		return fmt.Errorf("%w: %s has %d exchanges, %s %d, and no id is in both",
			ErrNothingShared, p.old.Name, p.merge.lanes[0].rows, p.new.Name, p.merge.lanes[1].rows)
	}
	return p.settle()
}

func (p *pass) open() {
	lanes := []*lane{newLane(&p.old, p.opts.Filter)}
	for _, in := range append([]Input{p.new}, p.controls...) {
		lanes = append(lanes, newLane(&in, p.sideFilter(&in)))
	}
	p.merge = newMerge(lanes)
}

// sideFilter is the filter for a side that answers the old one: what it chooses by
// the request is left to the pairing, since a row of a run may have no request.
func (p *pass) sideFilter(in *Input) recording.Filter {
	if in.Manifest.Kind != recording.KindRun {
		return p.opts.Filter
	}
	return recording.Filter{From: p.opts.Filter.From, Until: p.opts.Filter.Until}
}

func (p *pass) openSpool() error {
	dir, err := p.out.ScratchDir()
	if err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	p.spool, err = comparison.NewSpool(dir)
	return err
}

func (p *pass) walk(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("diff: after %d exchanges: %w", p.merge.paired[1], err)
		}
		more, err := p.merge.step()
		if err != nil || !more {
			return err
		}
		if err := p.record(p.merge.found[0], p.merge.found[1], p.merge.found[2:]); err != nil {
			return err
		}
	}
}

// noRequest is the subject of answers whose request is not in the recording.
const noRequest = "(no request)"

// subjectOf names an exchange's route, and says whether the list of routes has it,
// if there is one.
func subjectOf(ex *recording.Exchange, routes Routes) (name string, described bool) {
	switch {
	case ex.Request == nil:
		return noRequest, false
	case routes != nil:
		return routes.Of(ex.Request.Method, ex.Request.Target)
	}
	return route.Of(ex.Request.Method, ex.Request.Target), false
}

// record gives one exchange of the old side its one place in the counters.
func (p *pass) record(old, new *recording.Exchange, controls []*recording.Exchange) error {
	name, described := subjectOf(old, p.opts.Routes)
	s := p.tally.Subject(name)
	s.Recorded++
	if p.opts.Routes != nil && !described {
		s.Undescribed++
	}
	countFailure(s, new)
	for i, u := range p.unwritten {
		u.see(old, new, controls[i])
	}
	v := judge(old, new, p.new.Manifest.Kind == recording.KindRun)
	if v.fate != compareAnswers {
		return p.settled(s, name, v)
	}
	r := p.opts.Rules.For(name)
	p.compare.begin(name, p.id(), r, old, new)
	p.compare.answers()
	if p.compare.coarse {
		s.Coarse++
	}
	if names := askedWithout(old, new, p.compare.sameBaseline); len(names) > 0 && len(p.compare.differences) > 0 {
		return p.settled(s, name, noProof(old, new, names))
	}
	addLatencies(s, old, new)
	if p.noise == nil {
		return p.finish(p.compare.differences)
	}
	return p.withControls(s, old, new, controls)
}

// id is what the current record pairs by: the baseline's id, also where the old side
// is a run.
func (p *pass) id() recording.ID { return p.merge.lanes[0].id }

func countFailure(s *comparison.Subject, new *recording.Exchange) {
	if new == nil || new.Outcome == nil {
		return
	}
	switch end := new.Outcome.End; end {
	case recording.Answered, recording.Filtered, recording.Blocked, recording.NotReached, recording.NotWhole:
	default:
		if s.Failed == nil {
			s.Failed = map[string]int64{}
		}
		s.Failed[string(end)]++
	}
}

// settled counts a record whose answers are not compared, with the difference that
// says so where it is one.
func (p *pass) settled(s *comparison.Subject, name string, v verdict) error {
	kind := comparison.NotCompared
	switch v.fate {
	case fateEqual:
		s.Equal++
		return nil
	case fateIncomplete:
		s.Incomplete++
		return nil
	case fateFiltered:
		s.Filtered++
		return nil
	case fateBlocked:
		s.Blocked++
		return nil
	case fateNotReached:
		s.NotReached++
		return nil
	case fateDifferent:
		s.Different++
		kind = comparison.Changed
	case fateMissingOld:
		s.MissingOld++
		kind = comparison.MissingInOld
	case fateMissingNew:
		s.MissingNew++
		kind = comparison.MissingInNew
	default:
		s.NotCompared++
	}
	return p.emit(&comparison.Difference{
		Subject: name, Record: string(p.id()), Part: comparison.Whole, Kind: kind,
		Class: v.class, Severity: comparison.Error, Old: v.old, New: v.new,
	})
}

// emit hands a difference on: to the spool while noise is undecided.
func (p *pass) emit(d *comparison.Difference) error {
	if p.spool != nil {
		return p.spool.Write(d)
	}
	return p.write(d)
}

func (p *pass) write(d *comparison.Difference) error {
	var control int64
	if p.noise != nil {
		if e := p.noise.places[placeOf(d)]; e != nil {
			control = e.controls
		}
	}
	p.tally.Difference(d, control)
	return p.out.Write(d)
}

// withControls compares the controls' answers, too, and keeps the record for the
// end of the pass.
func (p *pass) withControls(s *comparison.Subject, old, new *recording.Exchange, controls []*recording.Exchange) error {
	var answered, evidence int
	for i, ex := range controls {
		c := p.control[i]
		if ex == nil || judge(old, ex, true).fate != compareAnswers || len(askedWithout(old, ex, c.sameBaseline)) > 0 {
			continue
		}
		if answered++; answered == 1 {
			addControlLatencies(s, ex, new)
		}
		if p.unwritten[i].spoils(old, ex) {
			continue
		}
		evidence++
		c.begin(p.compare.subject, p.id(), p.opts.Rules.Control().For(p.compare.subject), old, ex)
		c.answers()
		p.noise.control(c.differences)
	}
	p.answered[1]++
	if answered > 0 {
		p.answered[0]++
	}
	p.noise.candidate(p.compare.differences, evidence)
	if len(p.compare.differences) == 0 {
		return p.finish(nil)
	}
	for i := range p.compare.differences {
		if err := p.spool.Write(&p.compare.differences[i]); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the differences of a compared record and counts it.
func (p *pass) finish(differences []comparison.Difference) error {
	for i := range differences {
		if err := p.write(&differences[i]); err != nil {
			return err
		}
	}
	p.countRecord(p.tally.Subject(p.compare.subject), differences, p.compare.underRules)
	return nil
}

// countRecord puts a compared record into one counter: what is different outweighs
// what could not be compared, and both outweigh noise.
func (p *pass) countRecord(s *comparison.Subject, differences []comparison.Difference, underRules bool) {
	var different, notCompared bool
	for i := range differences {
		d := &differences[i]
		notCompared = notCompared || d.Kind == comparison.NotCompared
		different = different || d.Kind != comparison.NotCompared && !d.Noise
	}
	switch {
	case different:
		s.Different++
		if notCompared {
			s.Partly++
		}
	case notCompared:
		s.NotCompared++
	case len(differences) > 0:
		s.NoiseOnly++
	case underRules:
		s.UnderRules++
	default:
		s.Equal++
	}
}

// settle reads the spool back once the counts are known.
func (p *pass) settle() error {
	if p.noise == nil {
		return nil
	}
	p.noise.settle()
	var record []comparison.Difference
	for d, err := range p.spool.All() {
		if err != nil {
			return err
		}
		if len(record) > 0 && record[0].Record != d.Record {
			if err := p.settleRecord(record); err != nil {
				return err
			}
			record = record[:0]
		}
		record = append(record, *d)
	}
	return p.settleRecord(record)
}

func (p *pass) settleRecord(record []comparison.Difference) error {
	if len(record) == 0 {
		return nil
	}
	for i := range record {
		d := &record[i]
		d.Noise = d.Noise || canBeNoise(d) && p.noise.isNoise(placeOf(d))
		if err := p.write(d); err != nil {
			return err
		}
	}
	if !isSettled(record) {
		p.countRecord(p.tally.Subject(record[0].Subject), record, false)
	}
	return nil
}

// isSettled reports whether a record's differences are the one of settled, which
// has counted it. The others of that part stand beside what was compared.
func isSettled(record []comparison.Difference) bool {
	d := &record[0]
	return len(record) == 1 && d.Part == comparison.Whole && d.Class != ClassMore && d.Class != ClassTunnel
}
