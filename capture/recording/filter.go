package recording

import (
	"math/bits"
	"slices"
	"strings"
)

// Filter chooses exchanges. The zero value chooses all; each field that is set
// narrows the choice.
type Filter struct {
	// From and Until bound the time of the order key (the baseline's time in a
	// run), in nanoseconds: From inclusive, Until exclusive, 0 unbounded.
	From, Until int64
	// Methods and Hosts hold the allowed values; hosts compare without case.
	Methods, Hosts []string
	// Statuses holds allowed ranges of the final answer's status.
	Statuses []StatusRange
	// Route says whether a request is wanted, usually by its route template.
	Route func(method, target string) bool
	// SharePPM keeps this many millionths of the sessions, chosen by a hash of
	// the session: the same ones every time. 0 keeps all.
	SharePPM uint32
	// NoBodies leaves Body.Bytes nil and does not read them; everything else
	// of a body is there.
	NoBodies bool
	// NoAnswerBodies does so for responses only.
	NoAnswerBodies bool
	// ToSend is for who only sends the requests again. It leaves out the client,
	// of responses all but the status, the headers, the body and its facts, and
	// when the answer ended, and the outcome of a run's rows; an exchange that is kept
	// exactly (its texts are not UTF-8) has them all the same. Rows may share
	// header lists, which must not be changed.
	ToSend bool
}

// StatusRange is an inclusive range of status codes.
type StatusRange struct{ Min, Max int }

// Keeps reports whether the exchange is chosen. An exchange without a request
// fails every condition on requests, one without a response those on statuses.
func (f *Filter) Keeps(ex *Exchange) bool {
	return f.keepsTime(ex.Origin()) && f.keepsRequest(ex.Request) &&
		f.keepsStatus(ex.Response) && f.keepsSession(ex.Session)
}

func (f *Filter) keepsTime(key ID) bool {
	if f.From == 0 && f.Until == 0 {
		return true
	}
	t, err := key.Time()
	return err == nil && t >= f.From && (f.Until == 0 || t < f.Until)
}

func (f *Filter) keepsRequest(r *Request) bool {
	if len(f.Methods) == 0 && len(f.Hosts) == 0 && f.Route == nil {
		return true
	}
	if r == nil {
		return false
	}
	return (len(f.Methods) == 0 || slices.Contains(f.Methods, r.Method)) &&
		(len(f.Hosts) == 0 || containsFold(f.Hosts, r.Host())) &&
		(f.Route == nil || f.Route(r.Method, r.Target))
}

func (f *Filter) keepsStatus(r *Response) bool {
	if len(f.Statuses) == 0 {
		return true
	}
	return r != nil && slices.ContainsFunc(f.Statuses, func(s StatusRange) bool {
		return r.Status >= s.Min && r.Status <= s.Max
	})
}

// keepsSession compares the session's hash with the share of the hash's range.
func (f *Filter) keepsSession(session string) bool {
	if f.SharePPM == 0 {
		return true
	}
	part, _ := bits.Mul64(HashSession(session), 1_000_000)
	return part < uint64(f.SharePPM)
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(v string) bool { return strings.EqualFold(v, s) })
}
