package mirror

import (
	"parallax/capture/recording"
)

// offer is an exchange on its way to the candidate.
type offer struct {
	sent, recorded *recording.Exchange
	size           int64 // of the mirror's bytes
}

// newOffer lets go of what nobody will look at.
func newOffer(sent, recorded *recording.Exchange, o *Options) *offer {
	if r := sent.Response; r != nil && len(o.Replay.Carry) == 0 {
		r.Body.Bytes = nil // its hash tells whether the candidate's is the same
	}
	f := &offer{sent: sent, size: overhead + held(sent)}
	if o.Compare != nil {
		f.recorded = recorded
		f.size += held(recorded)
	}
	return f
}

// overhead is what an offer holds besides headers and bodies.
const overhead = 1 << 10

// held is what an exchange holds; bytes that two of them share are counted
// twice, to be safe.
func held(ex *recording.Exchange) (n int64) {
	if r := ex.Request; r != nil {
		n += int64(len(r.Target)+cap(r.Body.Bytes)) + lines(r.Headers) + lines(r.Trailers)
	}
	if r := ex.Response; r != nil {
		n += int64(cap(r.Body.Bytes)) + lines(r.Headers) + lines(r.Trailers)
	}
	return n
}

func lines(headers []recording.Header) (n int64) {
	for _, h := range headers {
		n += int64(len(h.Name) + len(h.Value) + 32)
	}
	return n
}
