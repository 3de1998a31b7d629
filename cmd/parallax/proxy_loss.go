package main

import (
	"fmt"
	"time"

	"parallax/capture/proxy"
	"parallax/capture/recording"
)

const (
	lookEvery = time.Second
	// remindEvery is how often it is said again that nothing is recorded.
	remindEvery = time.Minute
	// driftSaid is from where a reader must know that the clock moved; a clock
	// that is slewed moves by less within days.
	driftSaid = time.Second
)

// firstLoss returns why something is not recorded: the whole rest, or single
// exchanges that could not be.
func firstLoss(p *proxy.Proxy, live *recording.Live) error {
	if err := live.Stopped(); err != nil {
		return err
	}
	return p.SinkError()
}

func sayLoss(p *proxy.Proxy, live *recording.Live, why error, s streams) {
	missed, _ := p.Missed()
	text := safeText(why.Error())
	if live.Stopped() == nil {
		fmt.Fprintf(s.err, "NOT RECORDED: %d exchanges so far: %s\n", missed.Exchanges, text)
		return
	}
	fmt.Fprintf(s.err, "NOT RECORDING any more: %s\nclients are still served, %d exchanges are not in the recording so far; end the proxy to keep what was recorded\n",
		text, missed.Exchanges)
}

// missing notes in the recording what passed and is not in it, and returns the
// same as lines for who reads the end of the proxy.
func missing(p *proxy.Proxy, stopped bool, c *recording.Closing) (lines string) {
	refused, within := p.Missed()
	switch {
	case stopped && refused.Exchanges > 0:
		c.Interrupted = fmt.Sprintf("the recording stopped and was not taken up again: %s served and not recorded", refused)
		c.Notes = append(c.Notes, c.Interrupted)
	case stopped:
		c.Interrupted = "the recording stopped before the proxy did"
	case refused.Exchanges > 0:
		c.Notes = append(c.Notes, fmt.Sprintf("holes: %s could not be recorded", refused))
	}
	if within.Exchanges > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("holes: the recording was slower than the traffic, %s not recorded", within))
	}
	if n := p.Crowded(); n > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%d clients came while all connections were taken: idle ones were closed for them, or they waited", n))
	}
	if d := p.Drift(); d.Abs() > driftSaid {
		c.Notes = append(c.Notes, fmt.Sprintf("the machine's clock moved by %s while it was recorded (set, stepped, or the machine slept): times are the start's plus what passed since on a clock that does not jump", d.Round(time.Millisecond)))
	}
	for _, note := range c.Notes {
		lines += note + "\n"
	}
	return lines
}
