package proxy

import (
	"sync"

	"parallax/capture/recording"
)

// ending is how a connection ended, as the ledger names it.
type ending struct {
	bucket string
	class  recording.Class
}

var (
	endRead      = ending{"read", recording.Fine}
	endTunnel    = ending{"tunnel", recording.Fine}
	endEmpty     = ending{"no bytes", recording.Fine}
	endHandshake = ending{"tls handshake failed", recording.Fine}
	endHTTP2     = ending{"http/2, passed on unread", recording.Lost}
	endForeign   = ending{"not http/1, passed on unread", recording.Lost}
	endMalformed = ending{"became unreadable", recording.Lost}
)

const (
	notRecorded = "not recorded"
	stillOpen   = "open"
)

// tally counts for the ledger.
type tally struct {
	mu                       sync.Mutex
	counted                  recording.Ledger
	openConns, openExchanges int64
	lost                     [2]Missed // by whyMissed
	crowded                  int64
}

func (t *tally) change(do func(connections, exchanges *recording.Account)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counted.Account("connections")
	exchanges := t.counted.Account("exchanges")
	do(t.counted.Account("connections"), exchanges)
}

func (t *tally) opened() {
	t.change(func(connections, _ *recording.Account) {
		connections.Total++
		t.openConns++
	})
}

func (t *tally) closed(end ending) {
	t.change(func(connections, _ *recording.Account) {
		connections.Add(end.bucket, end.class, 1)
		t.openConns--
	})
}

func (t *tally) begun() {
	t.change(func(_, exchanges *recording.Account) {
		exchanges.Total++
		t.openExchanges++
	})
}

func (t *tally) ended(bucket string, class recording.Class) {
	t.change(func(_, exchanges *recording.Account) {
		exchanges.Add(bucket, class, 1)
		t.openExchanges--
	})
}

// missed counts an exchange that is over and not recorded.
func (t *tally) missed(why whyMissed, ex *recording.Exchange) {
	t.change(func(_, exchanges *recording.Account) {
		exchanges.Add(notRecorded, recording.Lost, 1)
		t.openExchanges--
		t.lost[why].add(ex)
	})
}

// recorded counts an exchange that the sink has taken.
func (t *tally) recorded(reason recording.Reason, cut bool) {
	switch {
	case reason == "" && cut:
		t.ended("whole, body over the cap", recording.Fine)
	case reason == "":
		t.ended("whole", recording.Fine)
	case reason.Edge():
		t.ended(string(reason), recording.Edge)
	default:
		t.ended(string(reason), recording.Lost)
	}
}

// ledger returns a copy in which what is still open has a bucket too.
func (t *tally) ledger() recording.Ledger {
	var out recording.Ledger
	t.change(func(connections, exchanges *recording.Account) {
		for _, a := range []*recording.Account{connections, exchanges} {
			out.Accounts = append(out.Accounts, recording.Account{
				Name: a.Name, Total: a.Total, Buckets: append([]recording.Bucket(nil), a.Buckets...),
			})
		}
		for i, open := range []int64{t.openConns, t.openExchanges} {
			if open > 0 {
				out.Accounts[i].Add(stillOpen, recording.Edge, open)
			}
		}
	})
	return out
}
