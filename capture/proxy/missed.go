package proxy

import (
	"fmt"
	"time"

	"parallax/capture/recording"
)

// Missed is what passed and is not in the recording.
type Missed struct {
	Exchanges int64
	// Bytes are those of bodies, of both directions, as far as they were seen.
	Bytes int64
	// FirstAt and LastAt bound the time of the exchanges' first bytes, in
	// nanoseconds since 1970.
	FirstAt, LastAt int64
}

// String says it in words, with times in UTC.
func (m Missed) String() string {
	at := func(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000Z") }
	return fmt.Sprintf("%d exchanges (%d bytes of bodies) from %s to %s", m.Exchanges, m.Bytes, at(m.FirstAt), at(m.LastAt))
}

func (m *Missed) add(ex *recording.Exchange) {
	m.Exchanges++
	if r := ex.Request; r != nil {
		m.Bytes += r.Body.Length
	}
	if r := ex.Response; r != nil {
		m.Bytes += r.Body.Length
	}
	at, err := ex.ID.Time()
	if err != nil {
		return
	}
	if m.Exchanges == 1 {
		m.FirstAt, m.LastAt = at, at
	}
	m.FirstAt, m.LastAt = min(m.FirstAt, at), max(m.LastAt, at)
}

// whyMissed says what kept an exchange from the recording.
type whyMissed uint8

const (
	refused  whyMissed = iota // the sink did not take it
	overflow                  // the queue to the sink was full, or the shutdown's time over
)
