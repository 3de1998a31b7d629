package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"parallax/capture/database"
	"parallax/capture/redact"
)

// snapshotsJob is the job of two databases: a snapshot of each, diff, report, gate.
type snapshotsJob struct {
	Old *snapshotJob `yaml:"old"`
	New *snapshotJob `yaml:"new"`
}

// snapshotJob says where one snapshot comes from. A DSN is a secret and never stands
// in the file: it is in a variable or in a file of its own.
type snapshotJob struct {
	DSNEnv  string `yaml:"dsn_env,omitempty"`
	DSNFile string `yaml:"dsn_file,omitempty"`
	// Files are Parquet, CSV or NDJSON files, wildcards allowed; Open is a snapshot
	// that is there.
	Files string `yaml:"files,omitempty"`
	Open  string `yaml:"open,omitempty"`

	Consistency      string `yaml:"consistency,omitempty"`
	MaxConnections   int    `yaml:"max_connections,omitempty"`
	MaxRowsPerSecond int    `yaml:"max_rows_per_second,omitempty"`
	StatementTimeout string `yaml:"statement_timeout,omitempty"`
	MaxLag           string `yaml:"max_lag,omitempty"`
	MaxRunning       int    `yaml:"max_running,omitempty"`
}

func (j *snapshotsJob) validate() error {
	for _, side := range j.sides() {
		if side.job == nil {
			return fmt.Errorf("steps: snapshots: %s is missing", side.name)
		}
		if err := side.job.validate(); err != nil {
			return fmt.Errorf("steps: snapshots: %s: %w", side.name, err)
		}
	}
	return nil
}

// namedJob is one of the two.
type namedJob struct {
	name string
	job  *snapshotJob
}

func (j *snapshotsJob) sides() [2]namedJob { return [2]namedJob{{"old", j.Old}, {"new", j.New}} }

func (j *snapshotJob) validate() error {
	given := 0
	for _, s := range []string{j.DSNEnv, j.DSNFile, j.Files, j.Open} {
		if s != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return fmt.Errorf("want one of dsn_env (a variable), dsn_file, files, open (a snapshot); have %d", given)
	case strings.Contains(j.DSNEnv, "://"):
		return errors.New("dsn_env is the name of a variable: a DSN is a secret, and does not stand here")
	case j.MaxConnections < 0 || j.MaxRowsPerSecond < 0 || j.MaxRunning < 0:
		return errors.New("a limit is below 0")
	}
	_, err := j.limits()
	return err
}

// limits reads the durations.
func (j *snapshotJob) limits() (l struct{ timeout, lag time.Duration }, err error) {
	for _, d := range []struct {
		name, text string
		to         *time.Duration
	}{{"statement_timeout", j.StatementTimeout, &l.timeout}, {"max_lag", j.MaxLag, &l.lag}} {
		if d.text == "" {
			continue
		}
		if *d.to, err = time.ParseDuration(d.text); err != nil || *d.to < 0 {
			return l, fmt.Errorf("%s %q: want a duration like 30s", d.name, d.text)
		}
	}
	return l, nil
}

// dsn finds it; "" for a snapshot that is there. No error holds it.
func (j *snapshotJob) dsn(base string) (string, error) {
	switch {
	case j.DSNEnv != "":
		if dsn := os.Getenv(j.DSNEnv); dsn != "" {
			return dsn, nil
		}
		return "", usagef("dsn_env %s: the variable is not set", j.DSNEnv)
	case j.DSNFile != "":
		text, err := os.ReadFile(within(base, j.DSNFile))
		if err != nil {
			return "", usageError{err}
		}
		if dsn := strings.TrimSpace(string(text)); dsn != "" {
			return dsn, nil
		}
		return "", usagef("dsn_file %s: the file is empty", j.DSNFile)
	case j.Files != "":
		format, path, ok := strings.Cut(j.Files, ":")
		if !ok {
			return within(base, j.Files), nil
		}
		return format + ":" + within(base, path), nil
	}
	return "", nil
}

// capturing is one side on its way: src is nil for a snapshot that is there.
type capturing struct {
	name     string
	options  databaseOptions
	redactor *redact.Redactor
	src      database.Source
	out      string
}

// capturings finds DSNs and key, before anything is made.
func (w *worker) capturings() ([]*capturing, error) {
	var out []*capturing
	for _, side := range w.conf.Steps.Snapshots.sides() {
		dsn, err := side.job.dsn(w.base)
		if err != nil {
			return nil, fmt.Errorf("steps: snapshots: %s: %w", side.name, err)
		}
		c := &capturing{name: side.name, options: w.databaseOptions(side.job, dsn), out: w.night.snapshot(side.name)}
		if side.job.Open != "" {
			c.out = within(w.base, side.job.Open)
		}
		c.options.Out = c.out
		if c.redactor, err = newRedactor(c.options.Redact, w.streams); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (w *worker) databaseOptions(j *snapshotJob, dsn string) databaseOptions {
	limits, _ := j.limits() // checked when the file was loaded
	connections := j.MaxConnections
	if connections == 0 {
		connections = databaseConnections
	}
	source := w.conf.Database.options()
	source.Connections, source.Consistency, source.StatementTimeout = connections, j.Consistency, limits.timeout
	return databaseOptions{
		DSN: dsn, Source: source, Redact: redactOptions{KeyFile: w.options.KeyFile, Config: w.conf.Redact}, Quiet: w.options.Quiet,
		Limits: database.CaptureOptions{MaxRowsPerSecond: j.MaxRowsPerSecond, MaxLag: limits.lag, MaxRunning: j.MaxRunning},
	}
}

// allSnapshots makes both points one right after the other, before the first row is
// read; then the two are captured and compared. A capture that lacks tables still
// has others to compare: its fault is weighed by the gate with the rest.
func (w *worker) allSnapshots(ctx context.Context, sides []*capturing) error {
	defer func() {
		for _, c := range sides {
			if c.src != nil {
				c.src.Close() // read only: what could be wrong was seen while reading
			}
		}
	}()
	for _, c := range sides {
		if c.options.DSN == "" {
			continue
		}
		var err error
		if c.src, err = openSource(ctx, c.options.DSN, c.options.Source); err != nil {
			return fmt.Errorf("step snapshot of %s: %w", c.name, err)
		}
	}
	var faults []error
	for _, c := range sides {
		if c.src == nil {
			continue
		}
		fmt.Fprintf(w.streams.err, "snapshot of %s\n", c.name)
		err := captureSource(ctx, c.src, c.redactor, c.options, w.streams)
		if err != nil && !committed(c.out) {
			return fmt.Errorf("step snapshot of %s: %w", c.name, err)
		}
		faults = append(faults, err)
	}
	compared := runDiff(ctx, diffOptions{Old: sides[0].out, New: sides[1].out, Out: w.night.comparison(), Config: w.conf, Quiet: w.options.Quiet}, w.streams)
	if compared != nil && !committed(w.night.comparison()) {
		return fmt.Errorf("step diff: %w", compared)
	}
	return w.worst(w.judge(), append(faults, compared)...)
}
