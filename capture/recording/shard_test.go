package recording

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func shardOf(index, of int, schedule string) *Shard {
	return &Shard{Index: index, Of: of, Plan: map[string]string{"schedule": schedule}}
}

// A run is taken up again only as the share, and by the plan, that it was begun
// with.
func TestResumeKnowsItsShard(t *testing.T) {
	for name, c := range map[string]struct {
		began, now *Shard
		says       string
	}{
		"the same":         {shardOf(1, 2, "max"), shardOf(1, 2, "max"), ""},
		"whole":            {nil, nil, ""},
		"another index":    {shardOf(1, 2, "max"), shardOf(2, 2, "max"), "it was shard 1 of 2, this is shard 2 of 2"},
		"another number":   {shardOf(1, 2, "max"), shardOf(1, 3, "max"), "it was shard 1 of 2, this is shard 1 of 3"},
		"another schedule": {shardOf(1, 2, "max"), shardOf(1, 2, "rate"), `schedule is "max" and "rate"`},
		"now a share":      {nil, shardOf(1, 2, "max"), "it was a whole run, this is shard 1 of 2"},
		"now whole":        {shardOf(1, 2, "max"), nil, "it was shard 1 of 2, this is a whole run"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			o := small(KindRun)
			o.Shard = c.began
			l, err := CreateLive(dir, o)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(l.Write(runRow(1)), l.Suspend()); err != nil {
				t.Fatal(err)
			}
			o.Shard = c.now
			l, _, err = ResumeLive(dir, o)
			if c.says == "" {
				if err != nil || l.Suspend() != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, ErrOtherRun) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v does not say %q", err, c.says)
			}
		})
	}
}

// What recovery makes of a shard's journal is that shard.
func TestRecoveredShard(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	o := small(KindRun)
	o.Shard = shardOf(2, 3, "max")
	l, err := CreateLive(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Write(runRow(1)), l.Suspend()); err != nil {
		t.Fatal(err)
	}
	rec, err := Recover(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := rec.Manifest.Shard
	if s == nil || s.Folder() != "shard-2-of-3" || s.Disagreement(o.Shard) != "" {
		t.Errorf("%+v", s)
	}
}

func TestShardsThatCannotBe(t *testing.T) {
	for _, o := range []Options{
		{Kind: KindRecording, Shard: shardOf(1, 2, "")},
		{Kind: KindRun, Baseline: "b", Shard: shardOf(0, 2, "")},
		{Kind: KindRun, Baseline: "b", Shard: shardOf(3, 2, "")},
	} {
		if _, err := Create(filepath.Join(t.TempDir(), "run"), o); err == nil {
			t.Errorf("%+v was taken", o.Shard)
		}
	}
	m := Manifest{Kind: KindRun, Shard: &Shard{Index: 4, Of: 3}}
	if err := m.check(); err == nil {
		t.Error("shard 4 of 3 was read")
	}
}
