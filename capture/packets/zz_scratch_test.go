package packets

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestScratchFile(t *testing.T) {
	path := os.Getenv("SCRATCH_PCAP")
	if path == "" {
		t.Skip()
	}
	f, _ := os.Open(path)
	start := time.Now()
	s, err := Open(f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, w := 0, 0
	for ex, err := range s.Exchanges() {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if ex.Whole() {
			w++
		}
		s.Watermark()
	}
	var ru syscall.Rusage
	syscall.Getrusage(0, &ru)
	fmt.Println(n, w, time.Since(start), "user", time.Duration(ru.Utime.Nano()), "sys", time.Duration(ru.Stime.Nano()), "rss", ru.Maxrss)
}
