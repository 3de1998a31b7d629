package recording

// Outcome is what a replay did with one exchange of the baseline. Every
// exchange of the baseline has exactly one row in a run, also when it was not
// sent: then Request and Response are nil and End says why.
type Outcome struct {
	// DueAt is when the schedule wanted the request sent, ReadyAt when its
	// session's turn came, SentAt when its first byte was written, DoneAt when
	// its answer's last byte (or its failure) came: nanoseconds since 1970, 0
	// where it did not happen. A request could leave at max(DueAt, ReadyAt).
	DueAt, ReadyAt, SentAt, DoneAt int64
	End                            End
	// Detail is the error's text, or the rule or policy that kept the request
	// from being sent.
	Detail string
	// Carried counts the values that were replaced by the target's own.
	Carried int
	// LeftOut names headers that were not sent because they held a redaction
	// token.
	LeftOut []string
}

// End says how the replay of one exchange ended.
type End string

// The ends. Sent tells those that reached the wire.
const (
	Answered End = "answered"

	// Not sent.
	Filtered   End = "filtered"    // the user's filter left it out
	Blocked    End = "blocked"     // a safety policy kept it back
	NotReached End = "not reached" // the run stopped before its turn
	NotWhole   End = "not whole"   // the recorded request lacks bytes and cannot be repeated

	// Failed before a byte was sent.
	DNSFailed      End = "dns"
	Refused        End = "refused"
	ConnectTimeout End = "connect timeout"
	ConnectFailed  End = "connect failed"
	TLSFailed      End = "tls"

	// Sent, or begun to be sent, without a whole answer.
	WriteTimeout  End = "write timeout"
	HeaderTimeout End = "header timeout"
	BodyTimeout   End = "body timeout"
	Reset         End = "reset"
	Closed        End = "closed"     // the target closed before its answer began
	ShortBody     End = "short body" // the target closed within its answer
	Protocol      End = "protocol error"
	Unknown       End = "unknown" // a crash came between intent and answer
)

// Sent reports whether at least a byte of the request may have reached the
// target.
func (e End) Sent() bool {
	switch e {
	case Answered, WriteTimeout, HeaderTimeout, BodyTimeout, Reset, Closed, ShortBody, Protocol, Unknown:
		return true
	}
	return false
}
