package recording

import "fmt"

// maxBody bounds one stored body, since a Parquet page counts in 31 bits.
// Producers keep to far less (DESIGN: length and hash beyond a cap).
const maxBody = 1 << 30

// check refuses what could not be read back as it is. It does not hash bodies:
// Verify does.
func (e *Exchange) check(kind Kind) error {
	if _, err := e.ID.Time(); err != nil {
		return err
	}
	if kind == KindRun || e.Replays != "" {
		if _, err := e.Replays.Time(); err != nil {
			return fmt.Errorf("exchange %s: field replays: %w", e.ID, err)
		}
	}
	if kind != KindRun && (e.Replays != "" || e.Outcome != nil) {
		return fmt.Errorf("exchange %s: a recording's row cannot replay another", e.ID)
	}
	if e.Request == nil && e.Response == nil && e.Outcome == nil {
		return fmt.Errorf("exchange %s: neither request nor response", e.ID)
	}
	for i, b := range bodiesOf(e) {
		if b == nil {
			continue
		}
		if err := b.check(); err != nil {
			return fmt.Errorf("exchange %s: %s body: %w", e.ID, sides[i], err)
		}
	}
	return nil
}

// sides names the two messages in the order of bodiesOf.
var sides = [2]string{"request", "response"}

func (b *Body) check() error {
	kept := int64(len(b.Bytes))
	switch {
	case kept > maxBody:
		return fmt.Errorf("%d bytes, want at most %d", kept, int64(maxBody))
	case b.State == BodyStored && kept != b.Length:
		return fmt.Errorf("state stored, but %d of %d bytes", kept, b.Length)
	case b.State == BodyTruncated && kept > b.Length:
		return fmt.Errorf("state truncated, but %d of %d bytes", kept, b.Length)
	case b.State != BodyStored && b.State != BodyTruncated && kept > 0:
		return fmt.Errorf("state %s, but %d bytes", b.State, kept)
	case int(b.State) >= len(bodyStateNames) || b.Length < 0:
		return fmt.Errorf("%s, length %d", b.State, b.Length)
	}
	return nil
}

// size estimates what the exchange weighs in memory.
func (e *Exchange) size() int64 {
	n := exchangeOverhead + len(e.Session)
	if q := e.Request; q != nil {
		n += messageOverhead + len(q.Target) + len(q.Body.Bytes) + headersSize(q.Headers) + headersSize(q.Trailers)
	}
	if p := e.Response; p != nil {
		n += messageOverhead + len(p.Body.Bytes) + headersSize(p.Headers) + headersSize(p.Trailers)
		for i := range p.Interim {
			n += messageOverhead + headersSize(p.Interim[i].Headers)
		}
	}
	for _, s := range e.Errors {
		n += len(s) + 16
	}
	return int64(n)
}

// Rough sizes of the structs themselves.
const (
	exchangeOverhead = 400
	messageOverhead  = 250
)

func headersSize(headers []Header) int {
	n := 0
	for i := range headers {
		n += 32 + len(headers[i].Name) + len(headers[i].Value)
	}
	return n
}
