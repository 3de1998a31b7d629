package main

import (
	"slices"

	"parallax/capture/recording"
	"parallax/capture/redact"
	"parallax/replay"
)

// record stores ex, which it takes over, and then offers it to the candidate.
// What is not recorded is not mirrored: there would be nothing to compare with.
func (c *candidate) record(ex *recording.Exchange, to *lateSink) error {
	sent := copyExchange(ex) // redaction changes ex
	if err := to.Write(ex); err != nil {
		return err
	}
	redacted := ex
	if c.outward != nil {
		redacted = copyExchange(sent)
		if err := c.outward.Apply(redacted); err != nil {
			return err
		}
	}
	switch {
	case c.options.Target.Credentials != replay.PassCredentials:
		sent = copyExchange(redacted)
	case holdsToken(redacted.Request):
		c.passed.Add(1)
	}
	c.mirror.Offer(sent, ex)
	return nil
}

// copyExchange copies all that a redaction or a replay writes to.
func copyExchange(ex *recording.Exchange) *recording.Exchange {
	out := *ex
	out.Errors = slices.Clone(ex.Errors)
	if ex.Request != nil {
		request := *ex.Request
		out.Request = &request
	}
	if ex.Response != nil {
		response := *ex.Response
		response.Interim = slices.Clone(response.Interim)
		out.Response = &response
	}
	return &out
}

// holdsToken reports whether something of a request was redacted.
func holdsToken(r *recording.Request) bool {
	if r == nil {
		return false
	}
	in := func(h recording.Header) bool { return redact.Contains(h.Value) }
	return r.Body.Redacted || redact.Contains(r.Target) || slices.ContainsFunc(r.Headers, in) || slices.ContainsFunc(r.Trailers, in)
}
