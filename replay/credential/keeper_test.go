package credential

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a clock and a source that the tests turn.
type fake struct {
	mu       sync.Mutex
	now      time.Duration
	asked    int
	lifetime time.Duration
	err      error
	begun    chan bool // told when asked, where it is not nil
	goOn     chan bool // waited for, where it is not nil
}

func (f *fake) clock() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(f.now) + 1
}

func (f *fake) source(ctx context.Context) (Obtained, error) {
	f.mu.Lock()
	f.asked++
	got, err := Obtained{token: fmt.Sprintf("token-%d", f.asked), lifetime: f.lifetime}, f.err
	begun, goOn := f.begun, f.goOn
	f.mu.Unlock()
	if begun != nil {
		begun <- true
		<-goOn
	}
	return got, err
}

func (f *fake) keeper() *Keeper { return NewKeeper(f.source, time.Minute, f.clock) }

func (f *fake) set(now time.Duration, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now, f.err = now, err
}

var errSource = errors.New("the source is down")

// want asks for a token and checks it; "" wants the source's error.
func want(t *testing.T, k *Keeper, token string) Grant {
	t.Helper()
	g, err := k.Token(t.Context())
	if g.value != token || (err != nil) != (token == "") {
		t.Fatalf("%q, %v, want %q", g.value, err, token)
	}
	return g
}

// TestRenewedBeforeItEnds: half a minute before, or after half of a short life.
func TestRenewedBeforeItEnds(t *testing.T) {
	for _, c := range []struct{ lifetime, renewed time.Duration }{{time.Hour, time.Hour - 30*time.Second}, {10 * time.Second, 5 * time.Second}} {
		f := &fake{lifetime: c.lifetime}
		k := f.keeper()
		want(t, k, "token-1")
		f.set(c.renewed-1, nil)
		want(t, k, "token-1")
		f.set(c.renewed, nil)
		want(t, k, "token-2")
		if s := k.Stats(); s != (Stats{Obtained: 2}) {
			t.Errorf("%+v", s)
		}
	}
}

func TestWithoutALifetimeItStays(t *testing.T) {
	f := &fake{}
	k := f.keeper()
	want(t, k, "token-1")
	f.set(1000*time.Hour, nil)
	want(t, k, "token-1")
}

// TestASourceThatFails is tried again a second later while the old token holds,
// and is an error once none does.
func TestASourceThatFails(t *testing.T) {
	f := &fake{lifetime: time.Hour}
	k := f.keeper()
	want(t, k, "token-1")
	f.set(time.Hour-30*time.Second, errSource)
	want(t, k, "token-1") // asked, failed
	want(t, k, "token-1") // not asked again so soon
	if f.asked != 2 {
		t.Errorf("asked %d times, want 2", f.asked)
	}
	f.set(time.Hour-29*time.Second, errSource)
	want(t, k, "token-1")
	f.set(time.Hour, errSource)
	want(t, k, "")
	f.set(time.Hour+1, nil)
	want(t, k, "token-5")
	if s := k.Stats(); s != (Stats{Obtained: 2, Failed: 3}) {
		t.Errorf("%+v", s)
	}
}

// TestRejections: one renewal at once; another one only for a token that was
// accepted, and not within five seconds.
func TestRejections(t *testing.T) {
	f := &fake{}
	k := f.keeper()
	first := want(t, k, "token-1")
	for range 2 {
		if !k.Rejected(first) {
			t.Error("the first rejection asks for no other token")
		}
	}
	second := want(t, k, "token-2")
	if !k.Rejected(first) {
		t.Error("there is a newer token already")
	}
	want(t, k, "token-2")
	if k.Rejected(second) {
		t.Error("a token that was never accepted is renewed without end")
	}
	k.Accepted(first) // of an older one: says nothing
	f.set(10*time.Second, nil)
	if k.Rejected(second) {
		t.Error("an older token's acceptance counts")
	}
	k.Accepted(second)
	if !k.Rejected(second) {
		t.Error("a token that was accepted is not renewed")
	}
	third := want(t, k, "token-3")
	k.Accepted(third)
	f.set(14*time.Second, nil)
	if k.Rejected(third) {
		t.Error("renewed twice within five seconds")
	}
	f.set(15*time.Second, nil)
	if !k.Rejected(third) || k.Stats().Rejected != 3 {
		t.Errorf("%+v", k.Stats())
	}
}

// TestOneAsks: many that need a token wait for one flight, also where it fails.
func TestOneAsks(t *testing.T) {
	for _, failure := range []error{nil, errSource} {
		f := &fake{err: failure, begun: make(chan bool, 64), goOn: make(chan bool)}
		k := f.keeper()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if g, err := k.Token(t.Context()); (err == nil) != (failure == nil) || failure == nil && g.value != "token-1" {
					t.Errorf("%v, %v", g, err)
				}
			})
		}
		<-f.begun
		// Those that wait, wait for this flight; others come later and, where it failed,
		// begin one of their own.
		close(f.goOn)
		all.Wait()
		if failure == nil && f.asked != 1 {
			t.Errorf("asked %d times", f.asked)
		}
	}
}

// TestTheOldOneServesMeanwhile: who comes while a token is renewed takes the one
// that still holds.
func TestTheOldOneServesMeanwhile(t *testing.T) {
	f := &fake{lifetime: time.Hour}
	k := f.keeper()
	want(t, k, "token-1")
	f.set(time.Hour-10*time.Second, nil)
	f.begun, f.goOn = make(chan bool), make(chan bool)
	renewed := make(chan Grant)
	go func() {
		g, _ := k.Token(context.Background())
		renewed <- g
	}()
	<-f.begun
	want(t, k, "token-1")
	close(f.goOn)
	if g := <-renewed; g.value != "token-2" {
		t.Errorf("%q", g.value)
	}
}

func TestWaitingEnds(t *testing.T) {
	f := &fake{begun: make(chan bool), goOn: make(chan bool)}
	k := f.keeper()
	done := make(chan bool)
	go func() { _, _ = k.Token(context.Background()); close(done) }()
	<-f.begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := k.Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(f.goOn)
	<-done
}

func TestAGrantHidesItsToken(t *testing.T) {
	g := Grant{Generation: 1, value: "secret-token"}
	for _, text := range []string{fmt.Sprint(g), fmt.Sprintf("%+v", g), fmt.Sprintf("%#v", g), fmt.Sprintf("%s|", &g), fmt.Sprintf("%v", []Grant{g})} {
		if strings.Contains(text, "secret") {
			t.Errorf("printed: %s", text)
		}
	}
	text := "x secret-token y"
	if !g.HideIn(&text) || text != "x {{auth}} y" || g.HideIn(&text) || string(g.Hide([]byte("secret-tokensecret-token"))) != "{{auth}}{{auth}}" {
		t.Errorf("%q", text)
	}
	short := Grant{Generation: 1, value: "a"}
	if text := "banana"; short.HideIn(&text) {
		t.Errorf("%q", text)
	}
}
