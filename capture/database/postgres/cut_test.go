package postgres

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// wire stands between a source and the server, and cuts connections without a word,
// as a network does.
type wire struct {
	listener net.Listener
	server   string
	mu       sync.Mutex
	ends     []net.Conn // clients, in the order in which they came
}

func newWire(t *testing.T, server string) *wire {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, server: server}
	go w.accept()
	t.Cleanup(func() { l.Close(); w.cut(0) })
	return w
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.server)
		if err != nil {
			client.Close()
			continue
		}
		w.mu.Lock()
		w.ends = append(w.ends, client)
		w.mu.Unlock()
		go func() { defer server.Close(); io.Copy(server, client) }()
		go func() { defer client.Close(); io.Copy(client, server) }()
	}
}

// cut ends the connections from the n-th on, and returns how many there were.
func (w *wire) cut(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.ends[n:] {
		c.Close()
	}
	return len(w.ends)
}

// TestTheNetworkBreaks: without a word from the server it must still be told what is
// lost: the holder is the first connection, the reader the second.
func TestTheNetworkBreaks(t *testing.T) {
	for _, c := range []struct {
		name string
		from int
		want error
	}{{"the reader's connection", 1, database.ErrReadBroken}, {"all", 0, database.ErrPointLost}} {
		t.Run(c.name, func(t *testing.T) {
			d := newDB(t, heavy)
			var w *wire
			dsn := with(t, d.dsn, func(u *url.URL) {
				w = newWire(t, u.Host)
				u.Host, u.RawQuery = w.listener.Addr().String(), "sslmode=disable"
			})
			s := openAs(t, dsn, database.Options{Consistency: methodExport, BatchRows: 100})
			table := tables(t, s)["public.heavy"]
			n := 0
			err := s.Read(t.Context(), table, func(b *snapshot.Batch) error {
				if n == 0 {
					w.cut(c.from)
				}
				n += b.Rows
				return nil
			})
			if !errors.Is(err, c.want) || n == 0 || n == 30000 {
				t.Fatalf("after %d rows: %v", n, err)
			}
			if c.want == database.ErrReadBroken {
				equal(t, "rows of the next read", len(readAll(t, s, table)), 30000)
			}
		})
	}
}
