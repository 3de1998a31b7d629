package recording_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"syscall"
	"testing"

	"parallax/capture/proxy"
	"parallax/capture/recording"
	"parallax/internal/store/faultfs"
)

// Whichever step of writing a proxy's recording fails, once or from then on:
// every client has its answer, and what is not in the recording is counted, in
// it where it can be written. (F6)
func TestF6_AProxyWhoseDiskFailsAtEveryStep(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "answer to %s", r.URL.Path)
	}))
	defer upstream.Close()
	for _, forever := range []bool{false, true} {
		failed := 0
		for at := 1; ; at++ {
			faults := &faultfs.FS{At: at, Forever: forever, Err: syscall.ENOSPC, Unsynced: true}
			proxied(t, upstream.URL, faults)
			if faults.Hit() == "" {
				break
			}
			failed++
		}
		if failed < 20 {
			t.Errorf("forever %t: only %d steps failed", forever, failed)
		}
	}
}

// proxied serves some requests through a proxy that records with faults.
func proxied(t *testing.T, upstream string, faults *faultfs.FS) {
	t.Helper()
	const requests = 6
	dir := filepath.Join(t.TempDir(), "rec")
	live, err := recording.CreateLive(dir, recording.OnFiles(recording.Options{RowGroupBytes: 1000}, faults))
	if err != nil {
		return // nothing is served without a recording to begin with
	}
	p, err := proxy.New(proxy.Options{Upstream: upstream}, live)
	if err != nil {
		t.Fatal(err)
	}
	go p.Serve()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for i := range requests {
		answer, err := client.Get(fmt.Sprintf("http://%s/%d", p.Addr(), i))
		if err != nil {
			t.Fatalf("%s: the client: %v", faults.Hit(), err)
		}
		if text, err := io.ReadAll(answer.Body); string(text) != fmt.Sprintf("answer to /%d", i) || err != nil {
			t.Fatalf("%s: the client got %q, %v", faults.Hit(), text, err)
		}
		answer.Body.Close()
		live.Sync() // so that the journal is written in the middle, too; its failure sticks
	}
	if err := p.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	missed, overflowed := p.Missed()
	if overflowed.Exchanges != 0 {
		t.Fatalf("%s: %s overflowed", faults.Hit(), overflowed)
	}
	closed := live.Close(recording.Closing{Ledger: p.Ledger()})
	r, err := recording.Open(dir, recording.OpenOptions{})
	if err != nil {
		if closed == nil {
			t.Fatalf("%s: closed well, and yet: %v", faults.Hit(), err)
		}
		return // the journal stays: TestFailAtEveryStep
	}
	defer r.Close()
	m := r.Manifest()
	lost := missed.Exchanges + m.Ledger.Account("journal").Sum(recording.Lost)
	if m.Exchanges+lost != requests || lost > 0 && closed == nil {
		t.Errorf("%s: %d exchanges, %d refused, %d lost in all, %v", faults.Hit(), m.Exchanges, missed.Exchanges, lost, closed)
	}
}
