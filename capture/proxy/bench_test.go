package proxy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"parallax/capture/recording"
)

// BenchmarkThroughput sets a client's requests through the proxy beside the same
// without it.
func BenchmarkThroughput(b *testing.B) {
	for _, size := range []int{1 << 10, 256 << 10} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(size))
			w.Write(make([]byte, size))
		}))
		p, err := New(Options{Upstream: server.URL}, sinkFunc(func(*recording.Exchange) error { return nil }))
		if err != nil {
			b.Fatal(err)
		}
		go p.Serve()
		for name, url := range map[string]string{"direct": server.URL, "proxy": "http://" + p.Addr().String()} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) { benchmarkGet(b, url, size) })
		}
		p.Shutdown(context.Background())
		server.Close()
	}
}

func benchmarkGet(b *testing.B, url string, size int) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	b.SetBytes(int64(size))
	for b.Loop() {
		answer, err := client.Get(url)
		if err != nil {
			b.Fatal(err)
		}
		if n, _ := io.Copy(io.Discard, answer.Body); n != int64(size) {
			b.Fatalf("%d bytes", n)
		}
		answer.Body.Close()
	}
}
