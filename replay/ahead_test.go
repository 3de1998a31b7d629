package replay

import (
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"parallax/capture/recording"
	"parallax/replay/schedule"
)

// TestReadsAhead: while all connections are busy, little is read at full speed,
// but where connections go from session to session, and on times.
func TestReadsAhead(t *testing.T) {
	for _, c := range []struct {
		name     string
		sessions int
		o        Options
		all      bool
	}{
		{"a connection each", 2, Options{Schedule: schedule.Max()}, false},
		{"sessions take turns", 3, Options{Schedule: schedule.Max()}, true},
		{"shared", 3, Options{Schedule: schedule.Max(), Pool: Pool{Shared: true}}, false},
		{"on times", 2, Options{}, true},
	} {
		var s script
		for i := range 60 {
			s.add(fmt.Sprint(i%c.sessions), i/c.sessions, i/c.sessions+1, "GET", "/")
		}
		var read, first atomic.Int64
		address, _ := httpServer(t, func(seen) string {
			if first.Load() == 0 {
				time.Sleep(100 * time.Millisecond)
				first.CompareAndSwap(0, read.Load())
			}
			return ok("")
		})
		c.o.Pool.Connections, c.o.Target.URL = 2, "http://"+address
		m := &memory{}
		r, err := Run(t.Context(), counted(s.exchanges(), &read), m, m, c.o)
		if err != nil || r.Ends[recording.Answered] != 60 {
			t.Fatalf("%s: %v %+v", c.name, err, r)
		}
		if n := first.Load(); c.all != (n == 60) || !c.all && n > 2*aheadOfEach+1 {
			t.Errorf("%s: %d of 60 were read", c.name, n)
		}
	}
}

func counted(list iter.Seq2[*recording.Exchange, error], n *atomic.Int64) iter.Seq2[*recording.Exchange, error] {
	return func(yield func(*recording.Exchange, error) bool) {
		for ex, err := range list {
			n.Add(1)
			if !yield(ex, err) {
				return
			}
		}
	}
}
