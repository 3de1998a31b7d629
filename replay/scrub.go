package replay

import (
	"bytes"
	"slices"
	"strings"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/credential"
)

// scrubbed is the oddity of an answer that gave the token back.
const scrubbed = "the answer held the access token, which is taken out"

// scrub takes the request's token out of what its answer says, so that it reaches
// no sink. A body whose coding cannot be undone is searched as it came.
func (a *auth) scrub(row *recording.Exchange, g credential.Grant) {
	r := row.Response
	if a == nil || r == nil || g.Generation == 0 {
		return
	}
	found := g.HideIn(&r.Reason)
	found = scrubHeaders(r.Headers, g) || found
	found = scrubHeaders(r.Trailers, g) || found
	for i := range r.Interim {
		found = scrubHeaders(r.Interim[i].Headers, g) || found
	}
	found = scrubBody(r, g) || found
	if found {
		row.Errors = append(slices.Clip(row.Errors), scrubbed)
	}
}

func scrubHeaders(headers []httpmsg.Header, g credential.Grant) (found bool) {
	for i := range headers {
		found = g.HideIn(&headers[i].Name) || found
		found = g.HideIn(&headers[i].Value) || found
	}
	return found
}

// scrubBody stores a body without the token decoded and flagged, as redaction does.
func scrubBody(r *recording.Response, g credential.Grant) bool {
	b := &r.Body
	if len(b.Bytes) == 0 {
		return false
	}
	text := b.Bytes
	if codings := encodings(r.Headers); len(codings) > 0 && strings.TrimSpace(strings.Join(codings, "")) != "" {
		if decoded := plain(r.Headers, text); decoded != nil {
			text = decoded
		}
	}
	clean := g.Hide(text)
	if bytes.Equal(clean, text) {
		return false
	}
	state := b.State
	*b = recording.StoredBody(clean)
	b.Redacted = true
	if state == recording.BodyTruncated {
		b.State = state
	}
	return true
}
