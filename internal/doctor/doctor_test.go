package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// expect checks the state of the worst finding and what the findings say.
func expect(t *testing.T, name string, got []Finding, state State, parts ...string) {
	t.Helper()
	var all string
	for _, f := range got {
		all += f.Subject + " " + f.Found + " " + f.Do + "\n"
		if (f.State == OK) != (f.Do == "") {
			t.Errorf("%s: %s, and to do is %q", name, f.State, f.Do)
		}
	}
	if Worst(got) != state || len(got) == 0 {
		t.Errorf("%s: %s, want %s: %s", name, Worst(got), state, all)
	}
	for _, part := range parts {
		if !strings.Contains(all, part) {
			t.Errorf("%s lacks %q: %s", name, part, all)
		}
	}
}

func TestFindingsHaveTheirCheck(t *testing.T) {
	all := Run(t.Context(), []Check{
		{"a", func(context.Context) []Finding { return fine("x") }},
		{"b", func(context.Context) []Finding { return append(warning("do", "y"), fine("z")...) }},
	})
	if len(all) != 3 || all[0].Check != "a" || all[2].Check != "b" || Worst(all) != Warning || Worst(all[:1]) != OK {
		t.Errorf("%+v", all)
	}
	if Worst(append(all, failed("do", "w")...)) != Failed {
		t.Error("a failed check is not the worst")
	}
}

func TestRights(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, "a folder", Writable(dir), OK)
	expect(t, "a folder to make", Writable(filepath.Join(dir, "a", "b")), OK)
	expect(t, "a temporary folder", Temporary(dir), OK)
	expect(t, "a temporary folder to make", Temporary(filepath.Join(dir, "a")), Failed, "TMPDIR")
	expect(t, "a file", Writable(file), Failed, "is a file")
	expect(t, "below a file", Writable(filepath.Join(file, "x")), Failed)
	if runtime.GOOS == "linux" {
		expect(t, "a system's folder", Writable("/proc/self"), Failed, "cannot write")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	expect(t, "usual", Umask(0o022, true), OK, "0022")
	expect(t, "unknown", Umask(0, false), OK)
	expect(t, "own rights", Umask(0o277, true), Failed, "0277")
}

func TestKeyFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("NOT CHECKED: files have no mode here")
	}
	path := filepath.Join(t.TempDir(), "key")
	expect(t, "to be made", KeyFile(path, false), OK)
	expect(t, "named", KeyFile(path, true), Failed, "no such file")
	for mode, state := range map[os.FileMode]State{0o600: OK, 0o400: OK, 0o640: Failed, 0o604: Failed, 0o666: Failed} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		expect(t, mode.String(), KeyFile(path, true), state)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, "a folder", KeyFile(t.TempDir(), true), Failed, "is no file")
}

func TestLimits(t *testing.T) {
	expect(t, "none", Files(0, 24, 1000), OK)
	expect(t, "enough", Files(1024, 24, 1000), OK)
	expect(t, "one short", Files(1023, 24, 1000), Warning, "ulimit -n 1024", "999 connections at once instead of 1000")
	expect(t, "one", Files(25, 24, 1000), Warning)
	expect(t, "not one", Files(24, 24, 1000), Failed, "ulimit -n 1024")
	expect(t, "untold", Memory(0, 0), OK)
	expect(t, "group", Memory(256<<20, 8<<30), Warning, "256 MiB the control group allows")
	expect(t, "machine", Memory(0, 100<<20), Warning, "100 MiB available")
	expect(t, "the lesser", Memory(8<<30, 300<<20), Warning, "300 MiB available")
	expect(t, "plenty", Memory(0, 64<<30), OK, "64 GiB")
	if runtime.GOOS == "linux" {
		if availableMemory() == 0 {
			t.Error("the kernel tells what memory is available")
		}
	}
	if Kernel() == "" || Kernel() == "unknown" {
		t.Errorf("kernel %q", Kernel())
	}
}

func TestDisk(t *testing.T) {
	for name, c := range map[string]struct {
		room
		state State
	}{
		"plenty":    {room{100 << 30, 1e6, 1e7}, OK},
		"no nodes":  {room{100 << 30, 0, 0}, OK},
		"few bytes": {room{500 << 20, 1e6, 1e7}, Warning},
		"full":      {room{50 << 20, 1e6, 1e7}, Failed},
		"few files": {room{100 << 30, 5000, 1e7}, Warning},
		"no files":  {room{100 << 30, 50, 1e7}, Failed},
	} {
		expect(t, name, c.judge(), c.state)
	}
	r, err := roomOf(t.TempDir())
	if err != nil || r.bytes == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	expect(t, "missing", Disk(filepath.Join(t.TempDir(), "not", "there")), Worst(Disk(t.TempDir())))
}

func TestClock(t *testing.T) {
	now := time.Now()
	expect(t, "steady", Jump(now, now.Add(time.Second)), OK)
	expect(t, "zones", Zones(time.LoadLocation), OK)
	expect(t, "no zones", Zones(func(string) (*time.Location, error) { return nil, errors.New("unknown") }), Failed, "tzdata")
	expect(t, "held", TimeService(true, true), OK)
	expect(t, "not held", TimeService(false, true), Warning, "chrony")
	expect(t, "untold", TimeService(false, false), OK)

	date := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for after, state := range map[time.Duration]State{
		0: OK, 900 * time.Millisecond: OK, 2500 * time.Millisecond: OK, 4 * time.Second: Warning,
		-time.Second: OK, -3 * time.Second: Warning, -time.Hour: Warning,
	} {
		sent := date.Add(after)
		expect(t, after.String(), offset(date, sent, sent.Add(10*time.Millisecond)), state)
	}
}

// A wall clock that is set is seen: the monotonic reading of a time goes on.
func TestJumpSeesASetClock(t *testing.T) {
	from := time.Now()
	until := from.Add(time.Minute).Round(0) // without the monotonic reading only walls are compared
	expect(t, "no reading", Jump(from, until), OK)
	if off := jump(time.Second, 61*time.Second); off != time.Minute {
		t.Errorf("off by %s", off)
	}
}

func TestProxies(t *testing.T) {
	expect(t, "none", Proxies([]string{"PATH=/bin", "http_proxy=", "NO_PROXY=*"}), OK)
	expect(t, "two", Proxies([]string{"https_proxy=http://me:secret@p:1", "ALL_PROXY=socks://p"}), Warning, "ALL_PROXY, https_proxy")
	for _, f := range Proxies([]string{"https_proxy=http://me:secret@p:1"}) {
		if strings.Contains(f.Found+f.Do, "secret") {
			t.Error("the proxy's password is shown")
		}
	}
}

func TestNeeds(t *testing.T) {
	now := time.Date(2026, 6, 30, 23, 59, 0, 0, time.UTC)
	expect(t, "its last day", Expiry("w", "2026-06-30", now), Warning, "2026-06-30")
	expect(t, "the day before", Expiry("w", "2026-06-29", now), Failed, "expired")
	expect(t, "far", Expiry("w", "2026-12-31", now), OK)
	expect(t, "no day", Expiry("w", "soon", now), Failed)
	expect(t, "input", Input(t.TempDir()), OK)
	expect(t, "no input", Input(filepath.Join(t.TempDir(), "x")), Failed, "is not there")
	expect(t, "secret", Secret("A", func(string) (string, error) { return "v", nil }), OK)
	for _, f := range Secret("A", func(string) (string, error) { return "v4lue", errors.New("not set") }) {
		if f.State != Failed || !strings.Contains(f.Do, "PARALLAX_SECRET_A") || strings.Contains(f.Found, "v4lue") {
			t.Errorf("%+v", f)
		}
	}
	ask := func(err error) []Finding {
		return Database(t.Context(), "d", time.Minute, func(context.Context) (string, error) { return "postgresql 15", err })
	}
	expect(t, "database", ask(nil), OK, "postgresql 15")
	expect(t, "no database", ask(errors.New("refused")), Failed, "refused")
}

func TestVersions(t *testing.T) {
	expect(t, "versions", Versions("parallax 1", "a 1", "b 2"), OK, "parallax 1, "+runtime.Version(), "a 1, b 2", Kernel())
}
