package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/capture/redact"
	"parallax/diff"
	"parallax/replay"
	"parallax/replay/carry"
	"parallax/replay/entity"
	"parallax/replay/schedule"
	"parallax/replay/sessions"
	"parallax/replay/shift"
	"parallax/replay/transport"
)

// replayOptions are what `parallax replay` and the steps of a job ask for.
type replayOptions struct {
	Recording string
	Out       string
	// Run is the folder of all shards; "" for a whole run.
	Run      string
	Shard    replay.Shard
	StartAt  int64 // ns since 1970; 0: at once
	Target   replay.Target
	Control  bool
	Writes   bool
	Pace     paceOptions
	Pool     replay.Pool
	Timeouts transport.Timeouts
	KeepAll  bool
	NoMarker bool
	Carry    []carry.Rule
	Sessions sessions.Keys
	Order    []entity.Rule
	Filter   recording.Filter
	// FilterText is the filter as it was asked for.
	FilterText string
	Names      *routeNames
	KeyFile    string
	Redact     redact.Config
	Abort      replay.Abort
	Shift      []shift.Rule
	Resume     bool
	DryRun     bool
	JSON       bool
	Quiet      bool

	// shifted is infoShift of the run.
	shifted string
}

// paceOptions choose one schedule.
type paceOptions struct {
	Speed, Rate, Ramp string
	Max               bool
	MaxGap            time.Duration
}

func replayCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "replay", Usage: "ask another system what a recording's clients asked", ArgsUsage: "RECORDING",
		Description: "Sends what was recorded, byte for byte, keeps sessions in order, carries cookies\n" +
			"and declared values over, and writes a run. Unsafe methods need --allow-writes and\n" +
			"a target marked writable (a loopback URL counts as one). The recorded server is\n" +
			"refused unless --control.",
		Flags: replayFlags(),
		Action: func(c *cli.Context) error {
			o, err := readReplayFlags(c)
			if err != nil {
				return err
			}
			_, err = runReplay(c.Context, o, s)
			return err
		},
	}
}

func replayFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "target", Usage: "`NAME` of a configured target, or a URL"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` of the run"},
		&cli.StringFlag{Name: "config", Aliases: []string{"rules"}, Usage: "YAML `FILE` with the keys targets, carry, sessions, order, abort, redact, routes"},
		&cli.StringFlag{Name: "speed", Usage: "recorded times, `FACTOR` times as fast: 1, 2, 10, 0.5", DefaultText: "1"},
		&cli.StringFlag{Name: "rate", Usage: "a constant `RATE`: 100/s"},
		&cli.StringFlag{Name: "ramp", Usage: "a rate in `STAGES`, each a duration and the rate that it ends with, evenly from the one before (first: 0): 30s:100/s,2m:100/s,30s:0/s"},
		&cli.BoolFlag{Name: "max", Usage: "as fast as the connections allow"},
		&cli.DurationFlag{Name: "max-gap", Usage: "shorten longer pauses of the recording to this"},
		&cli.IntFlag{Name: "connections", Usage: "connections at once", Value: replay.DefaultConnections},
		&cli.BoolFlag{Name: "shared-connections", Usage: "let any idle connection serve any session"},
		&cli.BoolFlag{Name: "retry-stale", Usage: "send a safe request again, once, when a kept connection turns out closed (counted)"},
		&cli.BoolFlag{Name: "control", Usage: "the target is the old system itself: safe methods only"},
		&cli.BoolFlag{Name: "allow-writes", Usage: "this run's half of the permission for unsafe methods"},
		&cli.StringFlag{Name: "host-header", Usage: "original, target or a `VALUE`", DefaultText: "original"},
		&cli.BoolFlag{Name: "no-marker", Usage: "leave out the header X-Parallax-Run"},
		&cli.BoolFlag{Name: "keep-bodies", Usage: "store answers that are equal to the baseline's, too"},
		&cli.DurationFlag{Name: "connect-timeout", Value: 5 * time.Second},
		&cli.DurationFlag{Name: "tls-timeout", Value: 5 * time.Second},
		&cli.DurationFlag{Name: "write-timeout", Value: 10 * time.Second},
		&cli.DurationFlag{Name: "header-timeout", Value: 30 * time.Second},
		&cli.DurationFlag{Name: "body-timeout", Value: 30 * time.Second},
		&cli.BoolFlag{Name: "dry-run", Usage: "print the plan and send nothing"},
		&cli.BoolFlag{Name: "resume", Usage: "go on with an interrupted run; an unsafe request is never sent twice"},
		&cli.StringFlag{Name: "key-file", Usage: "`FILE` with the redaction key of the recording"},
		&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress, no summary"},
	}, slices.Concat(shardFlags(), sessionFlags(), abortFlags(), filterFlags())...)
}

func readReplayFlags(c *cli.Context) (replayOptions, error) {
	args, err := arguments(c, "RECORDING")
	if err != nil {
		return replayOptions{}, err
	}
	if err := required(c, "target"); err != nil {
		return replayOptions{}, err
	}
	conf, err := loadConfig(c.String("config"))
	if err != nil {
		return replayOptions{}, err
	}
	names, err := readRoutes(c, conf)
	if err != nil {
		return replayOptions{}, err
	}
	filter, err := readFilter(c, names)
	if err != nil {
		return replayOptions{}, err
	}
	target, err := conf.target(c.String("target"))
	if err != nil {
		return replayOptions{}, err
	}
	if h := c.String("host-header"); h != "" {
		target.Rewrite.Host = h
	}
	abort, err := readAbort(c, conf.Abort)
	if err != nil {
		return replayOptions{}, err
	}
	if c.String("output") == "" && !c.Bool("dry-run") {
		return replayOptions{}, usagef("--output FOLDER is missing")
	}
	o := replayOptions{
		Recording: args[0], Out: c.String("output"), Target: target,
		Control: c.Bool("control"), Writes: c.Bool("allow-writes"),
		Pace:     paceOptions{Speed: c.String("speed"), Rate: c.String("rate"), Ramp: c.String("ramp"), Max: c.Bool("max"), MaxGap: c.Duration("max-gap")},
		Pool:     replay.Pool{Connections: c.Int("connections"), Shared: c.Bool("shared-connections"), RetryStale: c.Bool("retry-stale")},
		Timeouts: readTimeouts(c),
		KeepAll:  c.Bool("keep-bodies"), NoMarker: c.Bool("no-marker"),
		Abort: abort, Shift: conf.Shift, Carry: conf.Carry, Sessions: sessionKeys(c, conf), Order: conf.Order, Filter: filter, FilterText: filterText(c, names), Names: names, KeyFile: c.String("key-file"), Redact: conf.Redact,
		Resume: c.Bool("resume"), DryRun: c.Bool("dry-run"), JSON: c.Bool("json"), Quiet: c.Bool("quiet"),
	}
	return o, o.setShard(c)
}

func readTimeouts(c *cli.Context) transport.Timeouts {
	return transport.Timeouts{
		Connect: c.Duration("connect-timeout"), TLS: c.Duration("tls-timeout"), Write: c.Duration("write-timeout"),
		Header: c.Duration("header-timeout"), Body: c.Duration("body-timeout"),
	}
}

// target returns the configured target called name, or one for a bare URL.
func (c *config) target(name string) (replay.Target, error) {
	if strings.Contains(name, "://") {
		return replay.Target{URL: name}, nil
	}
	t, ok := c.Targets[name]
	if !ok && strings.Contains(name, "@") {
		return t, usagef("--target is no name of a target (and not repeated here, as it may hold a password)\nhint: give a URL without user and password, or --config FILE with the key targets")
	}
	if !ok {
		return t, usagef("no target is called %q\nhint: give a URL, or --config FILE with the key targets", name)
	}
	t.Name = name
	return t, c.findAuthTarget(&t)
}

// findAuthTarget sets the other target that t gets its token of, where it has one:
// no address is asked for a token that is not configured as a target.
func (c *config) findAuthTarget(t *replay.Target) error {
	if t.Auth == nil || t.Auth.Request == nil || t.Auth.Request.Target == "" {
		return nil
	}
	name := t.Auth.Request.Target
	other, ok := c.Targets[name]
	if !ok {
		return usagef("targets: %s: auth: request: no target is called %q", t.Name, name)
	}
	other.Name = name
	t.AuthTarget = &other
	return nil
}

// schedule returns the one schedule that was asked for.
func (p paceOptions) schedule() (*schedule.Schedule, error) {
	chosen := 0
	for _, is := range []bool{p.Speed != "", p.Rate != "", p.Ramp != "", p.Max} {
		if is {
			chosen++
		}
	}
	switch {
	case chosen > 1:
		return nil, usagef("--speed, --rate, --ramp and --max exclude one another")
	case p.MaxGap != 0 && (p.Rate != "" || p.Ramp != "" || p.Max):
		return nil, usagef("--max-gap is of recorded times: it does not go with --rate, --ramp and --max")
	case p.Ramp != "":
		return p.ramp()
	case p.Max:
		return schedule.Max(), nil
	case p.Rate != "":
		r, err := schedule.ParseRate(p.Rate)
		if err != nil {
			return nil, usagef("--rate: %w", err)
		}
		return schedule.Rate(r), nil
	}
	speed := schedule.Ratio{Num: 1, Den: 1}
	if p.Speed != "" {
		var err error
		if speed, err = schedule.ParseRatio(p.Speed); err != nil {
			return nil, usagef("--speed: %w", err)
		}
	}
	sched, err := schedule.Recorded(speed, p.MaxGap)
	if err != nil {
		return nil, usageError{err}
	}
	return sched, nil
}

func (p paceOptions) ramp() (*schedule.Schedule, error) {
	stages, err := schedule.ParseRamp(p.Ramp)
	if err != nil {
		return nil, usagef("--ramp: %w", err)
	}
	sched, err := schedule.Ramp(stages)
	if err != nil {
		return nil, usageError{err}
	}
	return sched, nil
}

// runReplay replays and commits the run. The result is also returned where the
// error says that the target failed.
func runReplay(ctx context.Context, o replayOptions, s streams) (*replay.Result, error) {
	base, err := openRecording(o.Recording, recording.OpenOptions{}, s)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	p := newProgress(s.err, "exchanges", o.Quiet)
	engine, err := o.engine(base, p)
	if err != nil {
		return nil, err
	}
	if err := checkReplay(engine); err != nil {
		return nil, err
	}
	if err := o.checkStart(time.Now()); err != nil {
		return nil, err
	}
	if o.DryRun {
		return nil, printPlan(base, engine, o.Names, o.JSON, s)
	}
	if err := o.fitFiles(&engine, s); err != nil {
		return nil, err
	}
	redactor, err := o.redactor(base, s)
	if err != nil {
		return nil, err
	}
	engine.Token = redactor.Token
	live, err := o.openRun(base, redactor, &engine, s)
	if err != nil {
		return nil, err
	}
	defer roomyCollector()()
	allThreads := func() {}
	if o.Pace.Max {
		allThreads = fewerThreads()
	}
	result, err := replay.Run(ctx, base.Exchanges(o.needs()), &lateSink{redactor, live}, live, engine)
	allThreads()
	p.done()
	return o.commit(live, redactor, &result, err, s)
}

// fitFiles bounds the connections by the limit of open files.
func (o *replayOptions) fitFiles(e *replay.Options, s streams) (err error) {
	limit, want := openFiles(), o.Pool.Connections
	if want == 0 {
		want = replay.DefaultConnections
	}
	e.Pool.Connections, err = connectionsFor(limit, want, 1, 0)
	sayFewer(s, limit, want, e.Pool.Connections)
	return err
}

// needs says what is read of the baseline: the bodies of answers only where a
// rule carries values out of them. Answers are compared with them by hash.
func (o *replayOptions) needs() recording.Filter {
	return recording.Filter{ToSend: true, NoAnswerBodies: len(o.Carry) == 0}
}

// engine translates the options; the filter becomes rows that say "filtered".
func (o *replayOptions) engine(base recordingReader, p *progress) (replay.Options, error) {
	sched, err := o.Pace.schedule()
	if err != nil {
		return replay.Options{}, err
	}
	if o.Control {
		o.Target.Control = true
	}
	e := replay.Options{
		Target: o.Target, AllowWrites: o.Writes, Schedule: sched, Shard: o.Shard, StartAt: o.StartAt, Pool: o.Pool, Timeouts: o.Timeouts,
		Bodies: replay.Bodies{KeepAll: o.KeepAll}, Carry: o.Carry, Abort: o.Abort, HoldsToken: redact.Contains,
		OmitUnreached: true, // an interrupted run is resumed
		RunID:         base.Digest()[:16], NoMarker: o.NoMarker, Total: base.Manifest().Exchanges,
		Progress: func(now replay.Progress) { p.line(replayLine(now)) },
	}
	if o.Shard.Of > 1 {
		e.Total = 0 // of its share it is known at the end
	}
	if e.Sessions, err = sessions.New(o.Sessions); err != nil {
		return e, usageError{err}
	}
	if e.Order, err = entity.New(o.Order); err != nil {
		return e, usageError{err}
	}
	e.Filter = leaveOut(o.Filter, e.Sessions)
	return e, o.setShift(&e, base.Manifest().FirstAt, time.Now())
}

func replayLine(p replay.Progress) string {
	if p.Total == 0 {
		return fmt.Sprintf("%d, %d/s, %d failed, %s", p.Done, p.Rate, p.Failed, p.Elapsed.Round(time.Second))
	}
	return fmt.Sprintf("%d of %d, %d/s, %d failed, %s", p.Done, p.Total, p.Rate, p.Failed, p.Elapsed.Round(time.Second))
}

// checkReplay finds what the options or the policy forbid before the run's
// folder is made: planning for no exchange at all does it.
func checkReplay(e replay.Options) error {
	none := func(func(*recording.Exchange, error) bool) {}
	_, err := replay.Plan(none, nil, e)
	if err == nil || errors.Is(err, replay.ErrRefused) {
		return err
	}
	return usageError{err}
}

// redactor returns the stage that stands between the replay and the disk. It is
// the baseline's profile and key: a run under another could not be compared.
func (o *replayOptions) redactor(base recordingReader, s streams) (*redact.Redactor, error) {
	want := base.Manifest().Redaction
	o.Redact.Profile = want.Profile
	r, err := newRedactor(redactOptions{KeyFile: o.KeyFile, Config: o.Redact}, s)
	if err == nil && r.KeyID() != want.KeyID {
		err = usagef("the recording's redaction key is %s, the one found here is %s: their tokens would differ\nhint: --key-file or PARALLAX_KEY with the key of the recording", want.KeyID, r.KeyID())
	}
	return r, err
}

// openRun starts the run's journal, or takes it up again.
func (o *replayOptions) openRun(base recordingReader, r *redact.Redactor, e *replay.Options, s streams) (*recording.Live, error) {
	options := recording.Options{
		Kind: recording.KindRun, Tool: tool(), Baseline: base.Digest(), Target: o.Target.URL,
		Source:    recording.Source{Kind: "replay", Detail: inputName(o.Recording)},
		Redaction: redactionOf(r),
		Info:      o.info(e),
		Shard:     o.shard(e),
	}
	if err := o.checkFolder(); err != nil {
		return nil, err
	}
	if !o.Resume {
		return recording.CreateLive(o.Out, options)
	}
	if _, err := os.Stat(o.Out); err != nil {
		return nil, usagef("--resume: there is no interrupted run: %w", err)
	}
	if committed(o.Out) {
		if err := o.reopenRun(e, options, s); err != nil {
			return nil, err
		}
	}
	live, before, err := recording.ResumeLive(o.Out, options)
	if err != nil {
		return nil, err
	}
	if err := o.keepShift(e, before.Info[infoShift]); err != nil {
		return nil, errors.Join(err, live.Suspend())
	}
	e.Resume.Ended = maps.Clone(before.Ended)
	e.Resume.Open = map[recording.ID]bool{}
	for _, id := range before.Open {
		e.Resume.Open[id] = true
	}
	e.Resume.Row = before.Row
	return live, nil
}

// info is what a run's manifest says of its replay; diff needs the marker, which
// services give back in their answers.
func (o *replayOptions) info(e *replay.Options) map[string]string {
	info := map[string]string{"control": fmt.Sprint(o.Target.Control), "schedule": e.Schedule.String(), diff.InfoSessions: sessionsText(o.Sessions)}
	if o.shifted != "" {
		info[infoShift] = o.shifted
	}
	if !e.NoMarker {
		info[diff.InfoMarker] = replay.MarkerHeader + ": " + e.RunID
	}
	return info
}

// commit finishes the run and turns its end into an exit code. An interrupted
// run keeps its journal, so that --resume can go on with it.
func (o *replayOptions) commit(live *recording.Live, r *redact.Redactor, result *replay.Result, runErr error, s streams) (*replay.Result, error) {
	if runErr != nil || result.Stopped == replay.StopInterrupted {
		return result, o.suspend(live, result, runErr)
	}
	timing, err := json.Marshal(result.Timing)
	if err != nil {
		return result, err
	}
	order, err := json.Marshal(result.Order)
	if err != nil {
		return result, err
	}
	closing := recording.Closing{
		Ledger: result.Ledger(), RedactionCounts: r.Counts(),
		Info:  map[string]string{diff.InfoTiming: string(timing), "order": string(order), "carried": fmt.Sprint(result.Carried), "left_out": fmt.Sprint(result.LeftOut)},
		Notes: replayNotes(result),
	}
	if o.shifted != "" {
		closing.Info[infoShift] = o.shifted // that of the run's beginning
	}
	if err := addInfo(closing.Info, result); err != nil {
		return result, err
	}
	if err := live.Close(closing); err != nil {
		return result, err
	}
	if err := o.print(result, s); err != nil {
		return result, err
	}
	return result, replayVerdict(result, o)
}

// suspend leaves the run's journal and says how to go on. A run that was refused
// before anything was sent leaves nothing.
func (o *replayOptions) suspend(live *recording.Live, result *replay.Result, runErr error) error {
	err := live.Suspend()
	if errors.Is(runErr, replay.ErrRefused) && !o.Resume && len(result.Ends) == 0 {
		return joinErrors(runErr, joinErrors(err, o.discard()))
	}
	if runErr == nil {
		runErr = unverifiedf("interrupted: %d of %d answered", result.Ends[recording.Answered], result.Total)
	}
	return joinErrors(fmt.Errorf("%w\nkept: the run's journal in %s; %s", runErr, o.Out, o.howToGoOn()), err)
}

func (o *replayOptions) howToGoOn() string {
	return fmt.Sprintf("go on with `parallax replay`, the same recording, target and settings, --output %s and --resume", o.Out)
}

// discard removes a run that never began; a folder that holds anything else
// stays.
func (o *replayOptions) discard() error {
	if err := discardBegun(o.Out); err != nil {
		return err
	}
	if o.Run != "" {
		_ = os.Remove(o.Run) // fails where it is not empty, as it should
	}
	return nil
}

// discardBegun removes a recording whose journal was begun and holds nothing.
func discardBegun(dir string) error {
	for _, name := range []string{recording.JournalName, recording.PartialName} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	_ = os.Remove(dir) // fails where it is not empty, as it should
	return nil
}

func replayNotes(r *replay.Result) []string {
	var notes []string
	if r.Stopped != replay.StopComplete {
		notes = append(notes, fmt.Sprintf("the replay stopped early: %s: %s", r.Stopped, r.Why))
	}
	if r.Timing.Unfair != "" {
		notes = append(notes, "the replay was not fair: "+r.Timing.Unfair)
	}
	notes = append(notes, shiftNotes(r.Shifted)...)
	if a := r.Auth; a != nil && a.Unauthorized > 0 {
		notes = append(notes, fmt.Sprintf("%d requests were answered 401 that were not in the recording; %d of them were sent again with a new token", a.Unauthorized, a.SentAgain))
	}
	if r.Order.Unordered > 0 {
		notes = append(notes, fmt.Sprintf("%d entities were not held in order: a request names more than %d", r.Order.Unordered, entity.MaxNamed))
	}
	if r.KeptClosed > 0 {
		notes = append(notes, keptClosedNote(r.KeptClosed))
	}
	if r.Foreign > 0 {
		notes = append(notes, fmt.Sprintf("%d requests name a cookie or value that an answer to another shard brings, and were sent without it: give those sessions one key", r.Foreign))
	}
	if r.Unlearnt > 0 {
		notes = append(notes, fmt.Sprintf("%d answers of the interrupted run brought credentials that are not known any more: they were redacted", r.Unlearnt))
	}
	if r.LeftOut > 0 {
		notes = append(notes, fmt.Sprintf("%d headers or cookies were not sent because they held a redaction token", r.LeftOut))
	}
	return notes
}

// keptClosedNote says what may be no fault: a server that closes a kept connection
// without having said so, just when the next request is on its way.
func keptClosedNote(n int64) string {
	return fmt.Sprintf("%d requests had no answer because a kept connection was closed: with --retry-stale (retry_stale) safe ones are sent again, once, on a new one", n)
}

func (o *replayOptions) print(r *replay.Result, s streams) error {
	if o.JSON {
		return printJSON(s.out, struct {
			Schema int `json:"schema"`
			*replay.Result
		}{1, r})
	}
	if o.Quiet {
		return nil
	}
	ledger := r.Ledger()
	printLedger(s.err, &ledger)
	printBlocked(s.err, r.Blocked)
	printHeldBack(s.err, r)
	if r.KeptClosed > 0 {
		fmt.Fprintln(s.err, keptClosedNote(r.KeptClosed))
	}
	if r.Order.Named > 0 {
		fmt.Fprintf(s.err, "order: %d requests name an entity, %d waited for another session\n", r.Order.Named, r.Order.Waits)
	}
	if r.Timing.FromSent.Count() == 0 {
		return nil
	}
	ms := func(us int64) string { return time.Duration(us * 1000).String() }
	fmt.Fprintf(s.err, "latency p50 %s p99 %s, from due p99 %s; carried %d, left out %d\n",
		ms(r.Timing.FromSent.Quantile(50, 100)), ms(r.Timing.FromSent.Quantile(99, 100)), ms(r.Timing.FromDue.Quantile(99, 100)), r.Carried, r.LeftOut)
	if r.Timing.Paced {
		fmt.Fprintf(s.err, "lateness of our own p50 %s p99 %s\n", ms(r.Timing.Lateness.Quantile(50, 100)), ms(r.Timing.Lateness.Quantile(99, 100)))
	}
	return nil
}

// replayVerdict is the exit code of a replay by itself: differences are for
// diff to find, but what could not be asked is known already.
func replayVerdict(r *replay.Result, o *replayOptions) error {
	switch {
	case r.Stopped != replay.StopComplete:
		return unverifiedf("%s: %s\nkept: %d answers in %s, %d not reached; %s",
			r.Stopped, r.Why, r.Ends[recording.Answered], o.Out, r.Ends[recording.NotReached], o.howToGoOn())
	case o.Shard.Of > 1 && r.Sent() == 0 && r.Timing.Fair: // its share may be none; what all came to, diff says
		return nil
	case r.Total == 0:
		return unverifiedf("%s holds no exchange: nothing was replayed", o.Recording)
	case r.Sent() == 0:
		return unverifiedf("nothing was sent: every exchange was filtered, blocked or not whole")
	case !r.Timing.Fair:
		return unverifiedf("%s", r.Timing.Unfair)
	}
	return nil
}
