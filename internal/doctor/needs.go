package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// Database connects by a function that says the store's name and version. Its
// error holds no password.
func Database(ctx context.Context, name string, timeout time.Duration, connect func(context.Context) (string, error)) []Finding {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	what, err := connect(ctx)
	if err != nil {
		return about(name, failed("check address, user and rights (docs/snapshots.md)", "%v", err))
	}
	return about(name, fine("%s", what))
}

// Secret asks for a secret that a target's headers name.
func Secret(name string, get func(string) (string, error)) []Finding {
	if _, err := get(name); err != nil {
		return about(name, failed("set PARALLAX_SECRET_"+name+", or PARALLAX_SECRET_"+name+"_FILE", "%v", err))
	}
	return about(name, fine("is there"))
}

// Input looks for a file or folder that a job reads.
func Input(path string) []Finding {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return about(path, failed("make it, or name another in the configuration", "is not there"))
	case err != nil:
		return about(path, failed("give the user permission to read it", "%v", err))
	}
	f.Close() // opened to read only: nothing can be lost
	return about(path, fine("can be read"))
}

// Expiry looks at a day (2026-01-31, in UTC) after which something no longer holds.
func Expiry(what, day string, now time.Time) []Finding {
	last, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return about(what, failed("write the day as 2026-01-31", "%v", err))
	}
	switch end := last.Add(24 * time.Hour); {
	case !now.Before(end):
		return about(what, failed("renew it or take it away: the gate fails", "expired after %s", day))
	case now.Add(soon).After(end):
		return about(what, warning("renew it in time", "holds until %s", day))
	}
	return about(what, fine("holds until %s", day))
}
