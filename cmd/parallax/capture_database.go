package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/capture/database"
	"parallax/capture/redact"
	"parallax/capture/snapshot"
)

type databaseOptions struct {
	DSN    string
	Out    string
	Source database.Options
	Limits database.CaptureOptions
	Redact redactOptions
	Resume bool
	Mixed  bool
	Quiet  bool
}

func captureDatabaseCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "database",
		Usage:     "make a snapshot of a database, or of table files",
		ArgsUsage: "DSN",
		Description: "DSN is postgres://…, mysql://…, mariadb://…, sqlite:FILE, or the name of Parquet, CSV or\n" +
			"NDJSON files (wildcards allowed). Everything is read at one consistent point, in\n" +
			"read-only transactions. A DSN with a password is better kept out of the list of\n" +
			"processes: --dsn-file, or --dsn-env.",
		Flags: append(databaseFlags(), redactFlags()...),
		Action: func(c *cli.Context) error {
			o, err := readDatabaseFlags(c)
			if err != nil {
				return err
			}
			return runCaptureDatabase(c.Context, o, s)
		},
	}
}

func databaseFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` of the snapshot"},
		&cli.StringFlag{Name: "config", Usage: "YAML `FILE` with the keys database and redact"},
		&cli.StringFlag{Name: "dsn-file", Usage: "`FILE` that holds the DSN"},
		&cli.StringFlag{Name: "dsn-env", Usage: "environment variable `NAME` that holds the DSN"},
		&cli.StringSliceFlag{Name: "table", Usage: "capture only tables of this `NAME`, * is any text; may be given again"},
		&cli.StringSliceFlag{Name: "exclude", Usage: "leave out tables of this `NAME`; may be given again"},
		&cli.StringSliceFlag{Name: "key", Usage: "`TABLE=COLUMN,COLUMN`: the key of a table that declares none; may be given again"},
		&cli.BoolFlag{Name: "views", Usage: "capture views, too"},
		&cli.StringFlag{Name: "consistency", Usage: "`WAY` of making the consistent point (docs/snapshots.md); default: the best that the server allows"},
		&cli.IntFlag{Name: "max-connections", Usage: "read over at most `N` connections: one a table, or more where one is large and some are free (PostgreSQL)", Value: databaseConnections},
		&cli.IntFlag{Name: "max-rows-per-second", Usage: "read at most `N` rows a second; 0 is no limit"},
		&cli.DurationFlag{Name: "statement-timeout", Usage: "`TIME` after which the server ends a statement; 0 is none"},
		&cli.DurationFlag{Name: "max-lag", Usage: "pause while replication lags more than `TIME`; 0 is no limit"},
		&cli.IntFlag{Name: "max-running", Usage: "pause while more than `N` threads of the server run; 0 is no limit"},
		&cli.BoolFlag{Name: "resume", Usage: "keep the tables that an interrupted capture finished; with --allow-mixed-points"},
		&cli.BoolFlag{Name: "allow-mixed-points", Usage: "tables may belong to different points in time; the manifest then says which"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress, no summary"},
	}
}

func readDatabaseFlags(c *cli.Context) (databaseOptions, error) {
	if err := required(c, "output"); err != nil {
		return databaseOptions{}, err
	}
	dsn, err := readDSN(c)
	if err != nil {
		return databaseOptions{}, err
	}
	conf, err := loadConfig(c.String("config"))
	if err != nil {
		return databaseOptions{}, err
	}
	source, err := sourceOptions(c, conf.Database)
	if err != nil {
		return databaseOptions{}, err
	}
	if c.Bool("resume") && !c.Bool("allow-mixed-points") {
		return databaseOptions{}, usagef("--resume: the point of an interrupted capture is gone, so that the rest would belong to another one\nhint: --allow-mixed-points says that this is wanted; without --resume all is captured again")
	}
	return databaseOptions{
		DSN: dsn, Out: c.String("output"), Source: source, Redact: readRedactFlags(c, conf.Redact),
		Limits: database.CaptureOptions{
			MaxRowsPerSecond: c.Int("max-rows-per-second"), MaxLag: c.Duration("max-lag"), MaxRunning: c.Int("max-running"),
		},
		Resume: c.Bool("resume"), Mixed: c.Bool("allow-mixed-points"), Quiet: c.Bool("quiet"),
	}, nil
}

// readDSN takes the DSN from exactly one place. It is a secret: no error holds it.
func readDSN(c *cli.Context) (string, error) {
	file, env := c.String("dsn-file"), c.String("dsn-env")
	given := c.NArg()
	for _, s := range []string{file, env} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		return "", usagef("want one DSN: as argument, by --dsn-file or by --dsn-env; have %d\nsee: %s --help", given, commandName(c))
	}
	switch {
	case file != "":
		text, err := os.ReadFile(file)
		if err != nil {
			return "", usageError{err}
		}
		return strings.TrimSpace(string(text)), nil
	case env != "":
		if dsn := os.Getenv(env); dsn != "" {
			return dsn, nil
		}
		return "", usagef("--dsn-env %s: the variable is not set", env)
	}
	return c.Args().First(), nil
}

// sourceOptions joins flags and configuration: flags win where both choose.
func sourceOptions(c *cli.Context, conf databaseConfig) (database.Options, error) {
	o := conf.options()
	o.Views = o.Views || c.Bool("views")
	o.Connections, o.Consistency, o.StatementTimeout = c.Int("max-connections"), c.String("consistency"), c.Duration("statement-timeout")
	if c.IsSet("table") {
		o.Include = c.StringSlice("table")
	}
	o.Exclude = append(o.Exclude, c.StringSlice("exclude")...)
	declared, err := readKeys(c, "key")
	if err != nil {
		return o, err
	}
	maps.Copy(o.Keys, declared)
	if o.Connections < 1 {
		return o, usagef("--max-connections %d: want at least 1", o.Connections)
	}
	return o, nil
}

func runCaptureDatabase(ctx context.Context, o databaseOptions, s streams) error {
	redactor, err := newRedactor(o.Redact, s)
	if err != nil {
		return err
	}
	src, err := openSource(ctx, o.DSN, o.Source)
	if err != nil {
		return err
	}
	defer src.Close()
	return captureSource(ctx, src, redactor, o, s)
}

// captureSource makes a snapshot of an open source, which stays open.
func captureSource(ctx context.Context, src database.Source, redactor *redact.Redactor, o databaseOptions, s streams) error {
	w, err := snapshot.Create(o.Out, snapshot.Options{
		Tool: tool(), Source: src.Info(), Resume: o.Resume,
		Redaction: snapshot.Redaction{Profile: redactor.Profile(), KeyID: redactor.KeyID()},
	})
	if err != nil {
		return err
	}
	defer roomyCollector()()
	result, fault := captureInto(ctx, src, w, redactor, o, s)
	return finishSnapshot(w, result, redactor.Counts(), fault, o, s)
}

func captureInto(ctx context.Context, src database.Source, w *snapshot.Writer, redactor *redact.Redactor, o databaseOptions, s streams) (database.Result, error) {
	p := newProgress(s.err, "rows", o.Quiet)
	defer p.done()
	rows := map[string]int64{}
	options := o.Limits
	options.Options, options.AllowMixedPoints, options.Skip = o.Source, o.Mixed, keptTables(w)
	options.Progress = func(e database.Progress) {
		rows[e.Table] = e.Rows
		p.line(progressText(e, rows, time.Since(p.start)))
	}
	return database.Capture(ctx, src, snapshotSink{w, redactor}, options)
}

// keptTables are those that an interrupted capture had finished.
func keptTables(w *snapshot.Writer) func(*snapshot.Table) bool {
	kept := map[[2]string]bool{}
	for _, e := range w.Kept() {
		kept[e.ID()] = true
	}
	return func(t *snapshot.Table) bool { return kept[t.ID()] }
}

func progressText(e database.Progress, rows map[string]int64, since time.Duration) string {
	total := int64(0)
	for _, n := range rows {
		total += n
	}
	text := fmt.Sprintf("%d rows, %.0f/s, %d of %d tables, %s", total, float64(total)/max(since.Seconds(), 0.001), e.Tables, e.Of, safeText(e.Table))
	if left := e.Estimate - e.Rows; left > 0 {
		text += fmt.Sprintf(", about %d remaining", left)
	}
	if e.Paused != "" {
		text += ", paused: " + e.Paused
	}
	return text
}

// finishSnapshot writes the manifest, or leaves the finished tables where the
// capture ended early. A table that alone failed is counted in the ledger as
// lost, and the rest is a snapshot.
func finishSnapshot(w *snapshot.Writer, result database.Result, counts map[string]int64, fault error, o databaseOptions, s streams) error {
	if fault != nil && !errors.Is(fault, database.ErrIncomplete) {
		return joinErrors(keptHint(result, fault, o), giveUp(w, result, o.Out))
	}
	if err := w.Close(snapshot.Closing{Point: result.Point, Ledger: result.Ledger, RedactionCounts: counts}); err != nil {
		return joinErrors(fault, err)
	}
	if !o.Quiet {
		printLedger(s.err, &result.Ledger)
		printPoint(s.err, &result.Point)
	}
	if fault != nil {
		return fault
	}
	return checkSnapshot(result, o)
}

// giveUp leaves the finished tables; where there are none it leaves nothing.
func giveUp(w *snapshot.Writer, result database.Result, dir string) error {
	err := w.Abort()
	if finishedTables(result) > 0 || len(w.Kept()) > 0 {
		return err
	}
	for _, name := range []string{snapshot.PartialName, "tables", ""} {
		_ = os.Remove(filepath.Join(dir, name)) // what is not empty holds something of somebody's
	}
	return err
}

func finishedTables(result database.Result) int {
	n := 0
	for i := range result.Tables {
		if result.Tables[i].Finished() {
			n++
		}
	}
	return n
}

func keptHint(result database.Result, fault error, o databaseOptions) error {
	kept := finishedTables(result)
	switch {
	case isDatabaseUsage(fault):
		return usageError{fault}
	case kept == 0:
		return fmt.Errorf("%w\nkept: nothing\nhint: capture again", fault)
	}
	return fmt.Errorf("%w\nkept: %d tables, in %s (not finished)\nhint: --resume --allow-mixed-points goes on with them, at another point in time; or capture again into another folder", fault, kept, o.Out)
}

func printPoint(w io.Writer, p *snapshot.Point) {
	fmt.Fprintf(w, "point: %s %s\n", safeText(p.Method), safeText(p.Position))
	for _, c := range p.Caveats {
		fmt.Fprintf(w, "  not guaranteed: %s\n", safeText(c))
	}
}

func checkSnapshot(result database.Result, o databaseOptions) error {
	if err := checkClosed(&result.Ledger, o.Out); err != nil {
		return err
	}
	invalid, captured := []string{}, 0
	for i := range result.Tables {
		switch t := &result.Tables[i]; t.End {
		case database.EndInvalid:
			invalid = append(invalid, t.Table.FullName()+" ("+t.Why+")")
		case database.EndCaptured, database.EndSkipped:
			captured++
		}
	}
	switch {
	case len(invalid) > 0:
		return unverifiedf("%s: rows that cannot be relied on: %s", o.Out, strings.Join(invalid, ", "))
	case captured == 0:
		return unverifiedf("%s: no table was captured", o.Out)
	}
	return nil
}

// isDatabaseUsage reports the faults of a DSN and of a plan.
func isDatabaseUsage(err error) bool {
	var dsn *database.DSNError
	return errors.As(err, &dsn) || errors.Is(err, database.ErrType) || errors.Is(err, database.ErrConsistency) || errors.Is(err, database.ErrPlan) || errors.Is(err, snapshot.ErrExists)
}
