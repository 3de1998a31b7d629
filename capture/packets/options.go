package packets

import (
	"fmt"
	"time"
)

// Options are the limits of a Source; the zero value is the default.
type Options struct {
	// BodyCap is the most of a body that is kept: 16 MiB. Length and hash are
	// always those of the whole.
	BodyCap int
	// MemoryCap bounds what open connections hold, bodies included: 64 MiB.
	// Above it bodies are cut, then connections evicted.
	MemoryCap int
	// EarlyCap bounds what one direction of a connection holds of bytes that
	// came before others: 8 MiB, more than the windows that Linux opens by itself.
	EarlyCap int
	// GapWait is how long, in capture time, a hole that the receiver has
	// acknowledged may still be filled by a packet captured late: 1 s.
	GapWait time.Duration
	// IdleTimeout is how long, in capture time, a silent connection is kept: 1 h.
	// Answers may take long, and memory is bounded anyway.
	IdleTimeout time.Duration
	// MaxPacket is the longest captured packet believed: 256 KiB.
	MaxPacket int
}

// withDefaults fills the zero fields and refuses what cannot be.
func (o Options) withDefaults() (Options, error) {
	for _, field := range []struct {
		name  string
		value *int
		zero  int
	}{
		{"body cap", &o.BodyCap, 16 << 20},
		{"memory cap", &o.MemoryCap, 64 << 20},
		{"early cap", &o.EarlyCap, 8 << 20},
		{"longest packet", &o.MaxPacket, 256 << 10},
	} {
		if *field.value < 0 {
			return o, fmt.Errorf("%s %d: want 0 (the default, %d) or more", field.name, *field.value, field.zero)
		}
		if *field.value == 0 {
			*field.value = field.zero
		}
	}
	if o.GapWait < 0 || o.IdleTimeout < 0 {
		return o, fmt.Errorf("gap wait %v, idle timeout %v: want 0 (the default) or more", o.GapWait, o.IdleTimeout)
	}
	if o.GapWait == 0 {
		o.GapWait = time.Second
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = time.Hour
	}
	return o, nil
}
