package rules

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // zones mean the same where the machine has none
)

// Time makes two values equal that are points in time and lie close together.
type Time struct {
	// Within is the most that they may lie apart, as 2s or 1h30m; none by default.
	Within string `yaml:"within,omitempty" json:"within,omitempty"`
	// Zone is that of a text without one, an IANA name. Without it such a text
	// compares with another one without a zone only.
	Zone *Sides `yaml:"zone,omitempty" json:"zone,omitempty"`
	// Format lists names (iso, http, unix, unix-ms) and layouts of package time.
	// The first that fits is taken. The default is iso, and of headers http, too.
	Format *Sides `yaml:"format,omitempty" json:"format,omitempty"`
	// Truncate cuts both to whole "s", "ms" or "us" first.
	Truncate string `yaml:"truncate,omitempty" json:"truncate,omitempty"`
}

// window is a Time, compiled.
type window struct {
	within   time.Duration
	unit     int64 // nanoseconds that both are cut to
	old, new clock
}

// clock is how one side writes its times.
type clock struct {
	zone    *time.Location // nil: unknown
	formats []format       // nil: the default
}

func (t *Time) compile() (*window, error) {
	w := &window{unit: 1}
	var err error
	if t.Within != "" {
		if w.within, err = time.ParseDuration(t.Within); err != nil || w.within < 0 {
			return nil, fmt.Errorf("time: within: %q is no duration like 2s or 1h30m", t.Within)
		}
	}
	switch t.Truncate {
	case "":
	case "s":
		w.unit = 1e9
	case "ms":
		w.unit = 1e6
	case "us":
		w.unit = 1e3
	default:
		return nil, fmt.Errorf("time: truncate: %q, want s, ms or us", t.Truncate)
	}
	if err := w.clocks(t); err != nil {
		return nil, fmt.Errorf("time: %w", err)
	}
	return w, nil
}

func (w *window) clocks(t *Time) error {
	zone, format := Sides{}, Sides{}
	if t.Zone != nil {
		zone = *t.Zone
	}
	if t.Format != nil {
		format = *t.Format
	}
	if err := w.old.set("old", zone.Old, format.Old); err != nil {
		return err
	}
	return w.new.set("new", zone.New, format.New)
}

func (c *clock) set(side string, zones, formats []string) error {
	zone, err := single(side, zones)
	if err != nil {
		return fmt.Errorf("zone: %w", err)
	}
	if zone == "Local" {
		return errors.New("zone: Local is another one on another machine")
	}
	if zone != "" {
		if c.zone, err = time.LoadLocation(zone); err != nil {
			return fmt.Errorf("zone: %w", err)
		}
	}
	if c.formats, err = parseFormats(formats); err != nil {
		return fmt.Errorf("format: %w", err)
	}
	return nil
}

// near implements nearness.
func (w *window) near(old, new Scalar) bool {
	a, okA := w.old.read(old)
	b, okB := w.new.read(new)
	if !okA || !okB || len(a) == 0 || len(b) == 0 || a[0].wall != b[0].wall {
		return false
	}
	for _, x := range a {
		for _, y := range b {
			if apart(x.cut(w.unit), y.cut(w.unit), w.within) {
				return true
			}
		}
	}
	return false
}

func (w *window) asOld() nearness {
	return &window{within: w.within, unit: w.unit, old: w.old, new: w.old}
}

// point is a point in time: seconds since 1970 and nanoseconds. Of a wall time
// whose zone nobody knows they are those that a clock showed.
type point struct {
	sec  int64
	nsec int32
	wall bool
}

func (p point) cut(unit int64) point {
	p.nsec -= int32(int64(p.nsec) % unit)
	return p
}

// apart reports whether two points lie no further apart than limit.
func apart(a, b point, limit time.Duration) bool {
	if a.sec < b.sec || a.sec == b.sec && a.nsec < b.nsec {
		a, b = b, a
	}
	gap := uint64(a.sec) - uint64(b.sec)
	if gap > uint64(limit/time.Second)+1 {
		return false
	}
	return time.Duration(gap)*time.Second+time.Duration(a.nsec-b.nsec) <= limit
}

// read returns the points in time that a value can mean: a wall time in the hour
// that a clock shows twice means two, in the hour that it skips none.
func (c *clock) read(v Scalar) ([]point, bool) {
	p, ok := c.parse(v)
	if !ok || !p.wall || c.zone == nil {
		return []point{p}, ok
	}
	return instants(p, c.zone), true
}

const day = 86400

// instants finds when a clock in a zone showed a wall time: with each offset that
// the zone has within a day of it, the one that is then true.
func instants(wall point, zone *time.Location) []point {
	var found []point
	last := -1 << 31
	for _, near := range [...]int64{-day, 0, day} {
		_, offset := time.Unix(wall.sec+near, 0).In(zone).Zone()
		sec := wall.sec - int64(offset)
		if _, then := time.Unix(sec, 0).In(zone).Zone(); then == offset && offset != last {
			found = append(found, point{sec: sec, nsec: wall.nsec})
			last = offset
		}
	}
	return found
}
