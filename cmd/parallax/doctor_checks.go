package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"parallax/capture/recording"
	"parallax/capture/redact"
	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/internal/doctor"
	"parallax/replay"
)

func (x *examination) config(context.Context) []doctor.Finding {
	fault := x.fault
	if fault == nil && x.conf.Steps != nil {
		fault = x.conf.checkSteps()
	}
	switch {
	case fault != nil:
		return []doctor.Finding{{State: doctor.Failed, Found: fault.Error(), Do: "correct the file (docs/configuration.md)"}}
	case x.o.Config == "":
		return []doctor.Finding{{State: doctor.OK, Found: "none is given"}}
	}
	return []doctor.Finding{{State: doctor.OK, Subject: x.o.Config, Found: "every key is known, every value can be used"}}
}

func (x *examination) versions(context.Context) []doctor.Finding {
	return doctor.Versions(tool(),
		fmt.Sprintf("%s %d", recording.FormatName, recording.FormatMajor),
		fmt.Sprintf("%s %d", snapshot.FormatName, snapshot.FormatMajor),
		fmt.Sprintf("%s %d", comparison.FormatName, comparison.FormatMajor))
}

// outputs are the folders that will be written to.
func (x *examination) outputs() []string {
	switch {
	case len(x.o.Outputs) > 0:
		return x.o.Outputs
	case x.conf.Steps != nil:
		return []string{within(x.base, x.conf.Steps.Folder)}
	}
	return []string{"."}
}

func (x *examination) rights(context.Context) []doctor.Finding {
	found := doctor.Umask(doctor.Mask())
	for _, dir := range x.outputs() {
		found = append(found, doctor.Writable(dir)...)
	}
	return append(found, doctor.Temporary(os.TempDir())...)
}

// key looks at the file that would be used; it makes none.
func (x *examination) key(context.Context) []doctor.Finding {
	if x.conf.Redact.Profile == redact.Off {
		return []doctor.Finding{{State: doctor.OK, Found: "redaction is off: none is needed"}}
	}
	if x.o.KeyFile != "" {
		return doctor.KeyFile(x.o.KeyFile, true)
	}
	if text := os.Getenv("PARALLAX_KEY"); text != "" {
		if _, err := redact.ParseKey(text); err != nil {
			return []doctor.Finding{{State: doctor.Failed, Subject: "PARALLAX_KEY", Found: err.Error(), Do: "parallax key new FILE makes one"}}
		}
		return []doctor.Finding{{State: doctor.OK, Subject: "PARALLAX_KEY", Found: "is a key"}}
	}
	folder, err := os.UserConfigDir()
	switch {
	case isCI():
		return []doctor.Finding{{State: doctor.Failed, Found: "with CI=true no key is made", Do: "--key-file or PARALLAX_KEY"}}
	case err != nil:
		return []doctor.Finding{{State: doctor.Failed, Found: err.Error(), Do: "--key-file or PARALLAX_KEY"}}
	}
	return doctor.KeyFile(redact.KeyPath(folder), false)
}

func (x *examination) limits(context.Context) []doctor.Finding {
	connections := x.o.Connections
	if s := x.conf.Steps; s != nil && s.Replay != nil {
		connections = max(connections, s.Replay.Connections)
	}
	return slices.Concat(doctor.Files(openFiles(), ownFiles, connections), doctor.MachineMemory(), doctor.Processors())
}

func (x *examination) disk(context.Context) []doctor.Finding {
	var found []doctor.Finding
	for _, dir := range append(x.outputs(), os.TempDir()) {
		found = append(found, doctor.Disk(dir)...)
	}
	return found
}

func (x *examination) proxies(context.Context) []doctor.Finding { return doctor.Proxies(os.Environ()) }

func (x *examination) inputs(context.Context) []doctor.Finding {
	steps := x.conf.Steps
	switch {
	case steps == nil:
		return nil
	case steps.Snapshots != nil:
		return x.snapshotInputs(steps.Snapshots)
	case steps.Capture != nil:
		return doctor.Input(within(x.base, steps.Capture.Packets))
	}
	return doctor.Input(filepath.Join(within(x.base, steps.Open), recording.ManifestName))
}

// snapshotInputs looks at what is a file; databases are connected to by their own
// check.
func (x *examination) snapshotInputs(j *snapshotsJob) []doctor.Finding {
	var found []doctor.Finding
	for _, side := range j.sides() {
		switch s := side.job; {
		case s.Open != "":
			found = append(found, doctor.Input(filepath.Join(within(x.base, s.Open), snapshot.ManifestName))...)
		case s.DSNFile != "":
			found = append(found, doctor.Input(within(x.base, s.DSNFile))...)
		}
	}
	return found
}

func (x *examination) secrets(context.Context) []doctor.Finding {
	targets, err := x.chosen()
	if err != nil {
		return nil // the check "targets" says it
	}
	var names []string
	for i := range targets {
		names = append(names, targets[i].SecretNames()...)
	}
	slices.Sort(names)
	var found []doctor.Finding
	for _, name := range slices.Compact(names) {
		found = append(found, doctor.Secret(name, replay.SecretFromEnvironment)...)
	}
	return found
}

func (x *examination) waivers(context.Context) []doctor.Finding {
	var found []doctor.Finding
	for i := range x.conf.Waivers {
		w := &x.conf.Waivers[i]
		found = append(found, doctor.Expiry(fmt.Sprintf("of %s (%s)", w.Owner, w.Reason), w.Expires, x.o.Start)...)
	}
	return found
}

func (x *examination) targets(ctx context.Context) []doctor.Finding {
	targets, err := x.chosen()
	if err != nil {
		return []doctor.Finding{{State: doctor.Failed, Found: err.Error(), Do: "name one of the configuration's targets"}}
	}
	var found []doctor.Finding
	for i := range targets {
		found = append(found, x.reach(ctx, &targets[i])...)
	}
	return found
}

func (x *examination) reach(ctx context.Context, t *replay.Target) []doctor.Finding {
	a, err := t.Address()
	if err != nil {
		return []doctor.Finding{{State: doctor.Failed, Subject: t.Name, Found: err.Error(), Do: "correct the target (docs/configuration.md)"}}
	}
	return doctor.Reach(ctx, doctor.Target{
		Name: t.Name, Address: a.HostPort, Host: a.Host, TLS: a.TLS, Timeout: x.o.Timeout, Probe: x.o.Probe,
	})
}

func (x *examination) databases(ctx context.Context) []doctor.Finding {
	dsns, found := x.jobDSNs()
	for _, d := range append(x.o.DSNs, dsns...) {
		found = append(found, doctor.Database(ctx, d.name, 4*x.o.Timeout, func(ctx context.Context) (string, error) {
			return x.connect(ctx, d.dsn)
		})...)
	}
	return found
}

// jobDSNs are those of a job of two databases; one that cannot be had is a finding.
func (x *examination) jobDSNs() (dsns []namedDSN, found []doctor.Finding) {
	if x.conf.Steps == nil || x.conf.Steps.Snapshots == nil {
		return nil, nil
	}
	for _, side := range x.conf.Steps.Snapshots.sides() {
		if side.job.Open != "" {
			continue
		}
		dsn, err := side.job.dsn(x.base)
		if err != nil {
			found = append(found, doctor.Finding{State: doctor.Failed, Subject: side.name, Found: err.Error(), Do: "see steps: snapshots"})
			continue
		}
		dsns = append(dsns, namedDSN{side.name, dsn})
	}
	return dsns, found
}

// connect opens a store and says which one it is. No error holds the DSN.
func (x *examination) connect(ctx context.Context, dsn string) (string, error) {
	o := x.conf.Database.options()
	o.Connections = 1
	src, err := openSource(ctx, dsn, o)
	if err != nil {
		return "", err
	}
	info := src.Info()
	return fmt.Sprintf("%s %s, %s", info.Engine, info.Version, info.Detail), src.Close()
}

func (x *examination) clock(context.Context) []doctor.Finding {
	return slices.Concat(doctor.Jump(x.o.Start, time.Now()), doctor.Zones(time.LoadLocation), doctor.TimeService(doctor.Synchronised()))
}
