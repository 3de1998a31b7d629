package diff

import (
	"fmt"
	"strings"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// InfoSessions is the key, in the Info of a run's manifest, of what its sessions
// were; InfoByConnection says that they were recorded connections.
const (
	InfoSessions     = "sessions"
	InfoByConnection = "connection"
)

// unwritten remembers where a control left out what the candidate wrote. From then on
// the control is asked in another state (not logged in, say, or with an empty basket),
// and that it differs says nothing of chance: a candidate that forgets what it was
// told differs in the same way.
type unwritten struct {
	// keyed: sessions are no connections. Which they were, rows do not say; one that
	// carries a value goes on from what any session did.
	keyed    bool
	any      bool // a write was left out
	full     bool // more sessions than are kept: each is taken for one of them
	sessions map[string]struct{}
	answers  int64 // that are no evidence
}

// maxUnwritten bounds the sessions that are kept of a control.
const maxUnwritten = 1 << 18

func newUnwritten(control *Input) *unwritten {
	by := control.Manifest.Info[InfoSessions]
	return &unwritten{keyed: by != "" && by != InfoByConnection, sessions: map[string]struct{}{}}
}

// see takes one record of all three, in order.
func (u *unwritten) see(old, new, control *recording.Exchange) {
	if old.Request == nil || httpmsg.IsSafe(old.Request.Method) || !wasSent(new) || wasSent(control) {
		return
	}
	u.any = true
	if len(u.sessions) >= maxUnwritten {
		u.full = true
		return
	}
	if _, known := u.sessions[old.Session]; !known {
		u.sessions[strings.Clone(old.Session)] = struct{}{} // kept, and not its row's neighbours
	}
}

// spoils reports whether the control's answer to old is no evidence, and counts it.
func (u *unwritten) spoils(old, control *recording.Exchange) bool {
	if !u.any {
		return false
	}
	_, here := u.sessions[old.Session]
	carried := control.Outcome != nil && control.Outcome.Carried > 0
	if !here && !u.full && !(u.keyed && carried) {
		return false
	}
	u.answers++
	return true
}

func wasSent(ex *recording.Exchange) bool {
	return ex != nil && (ex.Outcome == nil || ex.Outcome.End.Sent())
}

// unwrittenNote says how many answers of controls were no evidence.
func (p *pass) unwrittenNote() []string {
	var n int64
	for _, u := range p.unwritten {
		n += u.answers
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d answers of controls are no evidence of noise: requests before them in their sessions write, and were not sent to the old system again", n)}
}
