package replay

import (
	"parallax/capture/recording"
	"parallax/internal/content"
	"parallax/replay/shift"
)

func newShift(o *Options) (*shift.Set, error) {
	if len(o.Shift) == 0 {
		return nil, nil
	}
	return shift.New(o.Shift, o.ShiftFrom, o.ShiftTo)
}

// shiftTimes returns the recorded request with its declared times moved: from itself
// where there are none. The body's length stays the recorded one, which what is sent
// is held against.
func (c *composer) shiftTimes(from *recording.Request, out *composed) *recording.Request {
	out.shifted = false
	if c.shift == nil {
		return from
	}
	moved := *from
	body, changed := c.shift.Apply(&moved, c.bodyToShift(from))
	if !changed {
		return &moved
	}
	if !from.Body.Redacted { // a redacted body is encoded when it is composed
		encoded, err := content.Encode(encodings(from.Headers), body)
		if err != nil {
			c.shift.Unreadable(from.Method, from.Target)
			return &moved
		}
		body = encoded
	}
	moved.Body.Bytes, out.shifted = body, true
	return &moved
}

// bodyToShift is the body without content coding, nil where no time in it is moved.
func (c *composer) bodyToShift(r *recording.Request) []byte {
	switch {
	case len(r.Body.Bytes) == 0 || !c.shift.InBody(r.Method, r.Target):
		return nil
	case r.Body.Redacted:
		return r.Body.Bytes
	}
	return plain(r.Headers, r.Body.Bytes)
}
