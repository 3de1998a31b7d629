package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parallax/capture/recording"
	"parallax/replay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// rows is a sink that keeps what a row says.
type rows struct {
	mu   sync.Mutex
	got  []row
	fail error
}

type row struct {
	replays recording.ID
	end     recording.End
	detail  string
	status  int
	sentAt  int64
}

func (r *rows) Write(ex *recording.Exchange) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	got := row{replays: ex.Replays, end: ex.Outcome.End, detail: ex.Outcome.Detail, sentAt: ex.Outcome.SentAt}
	if ex.Response != nil {
		got.status = ex.Response.Status
	}
	r.got = append(r.got, got)
	return nil
}

func (r *rows) all() []row {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// waitFor returns once there are n rows.
func (r *rows) waitFor(t *testing.T, n int) []row {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if got := r.all(); len(got) >= n {
			return got
		}
	}
	t.Fatalf("%d rows, want %d", len(r.all()), n)
	return nil
}

type noJournal struct{}

func (noJournal) Intend(recording.ID) error { return nil }
func (noJournal) Sync() error               { return nil }

// exchange is the n-th of a session, answered before the next began.
func exchange(session string, n int, method, target string, headers ...recording.Header) *recording.Exchange {
	at := int64(1e18) + int64(n)*1000
	return &recording.Exchange{
		ID: recording.MakeID(at, session, uint32(n)), Session: session, Sequence: uint32(n),
		Protocol: "http/1.1", Client: "127.0.0.1:9", Server: "192.0.2.1:80",
		Request: &recording.Request{
			Method: method, Scheme: "http", Target: target, Version: "1.1", FirstAt: at, LastAt: at,
			Headers: append([]recording.Header{{Name: "Host", Value: "old"}}, headers...),
		},
		Response: &recording.Response{Status: 200, Version: "1.1", FirstAt: at + 1, LastAt: at + 2,
			Body: recording.StoredBody([]byte("old answer"))},
	}
}

func (m *Mirror) offer(ex *recording.Exchange) {
	sent, request, response := *ex, *ex.Request, *ex.Response
	sent.Request, sent.Response = &request, &response
	m.Offer(&sent, ex)
}

func begin(t *testing.T, url string, out replay.Sink, change func(*Options)) *Mirror {
	t.Helper()
	o := Options{Replay: replay.Options{Target: replay.Target{URL: url}, RunID: "0123456789abcdef"}, Pause: time.Millisecond}
	if change != nil {
		change(&o)
	}
	m, err := New(o, out, noJournal{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// finish closes the mirror in peace and checks that every offer has one row.
func finish(t *testing.T, m *Mirror, out *rows) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return finishWithin(t, ctx, m, out)
}

func finishWithin(t *testing.T, ctx context.Context, m *Mirror, out *rows) Result {
	t.Helper()
	r := m.Close(ctx)
	ledger := r.Ledger()
	if !ledger.Closed() {
		t.Errorf("the ledger does not close: %+v", ledger)
	}
	seen := map[recording.ID]bool{}
	for _, row := range out.all() {
		if seen[row.replays] {
			t.Errorf("%s has two rows", row.replays)
		}
		seen[row.replays] = true
	}
	if int64(len(seen)) != r.Offered {
		t.Errorf("%d rows of %d offers", len(seen), r.Offered)
	}
	if m.bytes != 0 || len(m.held) != 0 {
		t.Errorf("%d bytes of %d offers are still held", m.bytes, len(m.held))
	}
	return r
}

// serve runs an HTTP server.
func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, handle)
}

func serveOn(t *testing.T, l net.Listener, handle http.HandlerFunc) string {
	server := &http.Server{Handler: handle, ReadHeaderTimeout: patience}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return "http://" + l.Addr().String()
}

func TestOrderCookiesAndMarker(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if id := r.Header.Get(replay.MarkerHeader); id != "0123456789abcdef" {
			t.Errorf("the marker is %q", id)
		}
		asked = append(asked, r.URL.Path+" "+r.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "candidate"})
	})
	out := &rows{}
	m := begin(t, url, out, nil)
	login := exchange("0123456789abcdef", 0, "GET", "/0")
	login.Response.Headers = []recording.Header{{Name: "Set-Cookie", Value: "sid=old"}}
	m.offer(login)
	const n = 50
	for i := 1; i < n; i++ {
		m.offer(exchange("0123456789abcdef", i, "GET", fmt.Sprintf("/%d", i), recording.Header{Name: "Cookie", Value: "sid=old"}))
	}
	r := finish(t, m, out)
	if r.Run.Ends[recording.Answered] != n || r.DroppedAll() != 0 || r.Run.Carried != n-1 {
		t.Errorf("%+v", r)
	}
	for i, got := range asked {
		want := fmt.Sprintf("/%d sid=candidate", i)
		if i == 0 {
			want = "/0 "
		}
		if got != want {
			t.Errorf("request %d was %q, want %q", i, got, want)
		}
	}
}

// A candidate that never answers holds nobody up: Offer returns, what does not
// fit is dropped and counted, and Close ends when its time is over.
func TestACandidateThatNeverAnswers(t *testing.T) {
	release, asked := make(chan struct{}), make(chan struct{}, 9)
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	out := &rows{}
	m := begin(t, url, out, func(o *Options) { o.Exchanges = 10; o.Replay.Pool.Connections = 3 })
	const n = 40
	for i := range n {
		m.offer(exchange(fmt.Sprintf("%08x00000000", i), 0, "GET", "/")) // nobody reads the answers, and it returns
	}
	for range 3 {
		<-asked // as many as there are connections are under way
	}
	if p := m.Progress(); p.Offered != n || p.Dropped != n-10 || p.Waiting != 10 {
		t.Errorf("%+v", p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := finishWithin(t, ctx, m, out)
	if r.Dropped[tooMuch] != n-10 || r.Run.Ends[recording.Unknown] != 3 || r.Run.Ends[recording.Answered] != 0 {
		t.Errorf("%+v", r)
	}
	ledger := r.Ledger()
	if lost := ledger.Account(replay.AccountName).Sum(recording.Lost); lost < n-10 {
		t.Errorf("%d lost: what was dropped is no pass", lost)
	}
	for _, row := range out.all() {
		if row.end == recording.NotReached && row.detail == "" {
			t.Errorf("%s: not reached, and not said why", row.replays)
		}
	}
}

// The bytes of what waits are bounded, too.
func TestBytesAreBounded(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	out := &rows{}
	const limit = 64 << 10
	m := begin(t, url, out, func(o *Options) { o.Bytes, o.Replay.AllowWrites = limit, true })
	for i := range 40 {
		ex := exchange(fmt.Sprintf("%08x00000000", i), 0, "POST", "/")
		ex.Request.Body = recording.StoredBody(make([]byte, 10<<10))
		m.offer(ex)
		if p := m.Progress(); p.Waiting*(10<<10) > limit {
			t.Fatalf("%d bodies of 10 KiB wait", p.Waiting)
		}
	}
	close(release)
	if r := finish(t, m, out); r.Dropped[tooMuch] == 0 || r.Dropped[tooMuch] == 40 {
		t.Errorf("%+v", r)
	}
}

// A candidate that is down is let alone for a while; what comes meanwhile is
// dropped, and when it is back it is asked again.
func TestACandidateThatComesBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	out := &rows{}
	m := begin(t, "http://"+address, out, nil)
	n := 0
	next := func() { m.offer(exchange(fmt.Sprintf("%08x00000000", n), 0, "GET", "/")); n++ }
	next()
	if got := out.waitFor(t, 1)[0]; got.end != recording.NotReached || !strings.Contains(got.detail, "refused") {
		t.Errorf("while it is down: %+v", got)
	}
	if l, err = net.Listen("tcp", address); err != nil {
		t.Skipf("NOT CHECKED: the port was taken meanwhile: %v", err)
	}
	for end := time.Now().Add(patience); !strings.Contains(m.Progress().Failing, "refused"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is not said: %+v", m.Progress())
		}
	}
	serveOn(t, l, func(http.ResponseWriter, *http.Request) {})
	for end := time.Now().Add(patience); ; {
		next()
		got := out.waitFor(t, n)
		if got[len(got)-1].end == recording.Answered {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("it is not asked again: %+v", got[len(got)-1])
		}
	}
	if p := m.Progress(); p.Failing != "" {
		t.Errorf("it is still said to fail: %s", p.Failing)
	}
	if r := finish(t, m, out); r.Pauses == 0 || r.Run.Ends[recording.Answered] != 1 {
		t.Errorf("%+v", r)
	}
}

func TestACandidateThatResets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 1))
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}
	}()
	out := &rows{}
	m := begin(t, "http://"+l.Addr().String(), out, nil)
	for i := range 5 {
		m.offer(exchange("0123456789abcdef", i, "GET", "/"))
	}
	r := finish(t, m, out)
	if r.Run.Ends[recording.Reset] != 5 {
		t.Errorf("%+v", r.Run.Ends)
	}
}

// A run that cannot be written ends the mirror and nothing else.
func TestARunThatCannotBeWritten(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	full := errors.New("no space left")
	out := &rows{fail: full}
	m := begin(t, url, out, nil)
	m.offer(exchange("0123456789abcdef", 0, "GET", "/"))
	<-m.done
	m.offer(exchange("0123456789abcdef", 1, "GET", "/"))
	r := m.Close(context.Background())
	ledger := r.Ledger()
	if !errors.Is(r.Failure, full) || r.Dropped[noRun] != 1 || !ledger.Closed() {
		t.Errorf("%+v", r)
	}
	if p := m.Progress(); !errors.Is(p.Failure, full) {
		t.Errorf("%+v", p)
	}
}

func TestRequestsThatComeBack(t *testing.T) {
	var asked int
	url := serve(t, func(http.ResponseWriter, *http.Request) { asked++ })
	out := &rows{}
	m := begin(t, url, out, nil)
	m.offer(exchange("0123456789abcdef", 0, "GET", "/", recording.Header{Name: "x-parallax-run", Value: "0123456789abcdef"}))
	m.offer(exchange("0123456789abcdef", 1, "GET", "/", recording.Header{Name: "x-parallax-run", Value: "another"}))
	r := finish(t, m, out)
	if r.Dropped[cameBack] != 1 || asked != 1 || out.all()[0].end != recording.Blocked {
		t.Errorf("asked %d times, %+v", asked, r)
	}
}

// The guards are a replay's: nothing of what they forbid reaches the target.
func TestGuards(t *testing.T) {
	var mu sync.Mutex
	var methods []string
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		methods = append(methods, r.Method)
	})
	address := strings.TrimPrefix(url, "http://")
	for name, change := range map[string]func(*Options){
		"production":      func(o *Options) { o.Replay.Target.Production = true },
		"recorded server": func(o *Options) { o.Replay.RecordedServers = []string{address} },
	} {
		o := Options{Replay: replay.Options{Target: replay.Target{URL: url}}}
		change(&o)
		if _, err := New(o, &rows{}, noJournal{}); !errors.Is(err, replay.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct {
		name           string
		allow, marked  bool
		named, isAsked bool
	}{
		{"a bare loopback URL without --allow-writes", false, false, false, false},
		{"a bare loopback URL with it", true, false, false, true},
		{"a named target that is not marked", true, false, true, false},
		{"a named target that is", true, true, true, true},
	} {
		methods = nil
		out := &rows{}
		m := begin(t, url, out, func(o *Options) {
			o.Replay.AllowWrites, o.Replay.Target.Writable = c.allow, c.marked
			if c.named {
				o.Replay.Target.Name = "new"
			}
		})
		m.offer(exchange("0123456789abcdef", 0, "POST", "/"))
		finish(t, m, out)
		if got := slices.Contains(methods, "POST"); got != c.isAsked || !c.isAsked && out.all()[0].end != recording.Blocked {
			t.Errorf("%s: asked %t, %+v", c.name, got, out.all())
		}
	}
	// The address is known only once an exchange says where it was recorded.
	methods = nil
	out := &rows{}
	m := begin(t, url, out, nil)
	ex := exchange("0123456789abcdef", 0, "GET", "/")
	ex.Server = address
	m.offer(ex)
	<-m.done
	if r := m.Close(context.Background()); !r.IsRefusal() || len(methods) != 0 {
		t.Errorf("asked %q, %v", methods, r.Failure)
	}
}

// What is told to Compare is the exchange as it was recorded, with its body, and
// the row as it was written.
func TestCompareSeesBoth(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "new answer") })
	out := &rows{}
	var mu sync.Mutex
	var got []string
	m := begin(t, url, out, func(o *Options) {
		o.Compare = func(recorded, row *recording.Exchange) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprintf("%s / %s", recorded.Response.Body.Bytes, row.Response.Body.Bytes))
		}
	})
	m.offer(exchange("0123456789abcdef", 0, "GET", "/"))
	finish(t, m, out)
	if len(got) != 1 || got[0] != "old answer / new answer" {
		t.Errorf("%q", got)
	}
}
