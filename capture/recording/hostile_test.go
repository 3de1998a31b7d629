//go:build linux

package recording

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parallax/internal/mutate"
)

const hostileVariable = "PARALLAX_RECORDING_HOSTILE"

// hostileData is the writable memory that a hostile part may take, with all that
// the test binary has beside it.
const hostileData = 1 << 30

// TestF9_HostileParts reads parts that were damaged and given digests that fit, in
// a process with little memory: each is an error or rows, and none is the end of
// the process, be it by a panic or by what it makes the reader allocate. (F9, F30)
func TestF9_HostileParts(t *testing.T) {
	if mutate.Raced {
		t.Skip("NOT CHECKED: the race detector takes more memory than the limit")
	}
	if os.Getenv(hostileVariable) != "" {
		hostileChild(t)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestF9_HostileParts$", "-test.v")
	child.Env = append(os.Environ(), hostileVariable+"=1")
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "refused") {
		t.Fatalf("%v\n%.3000s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "refused") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

func hostileChild(t *testing.T) {
	limit := syscall.Rlimit{Cur: hostileData, Max: hostileData}
	if err := syscall.Setrlimit(rlimitData, &limit); err != nil {
		t.Fatal(err)
	}
	dir, _ := smallRecording(t)
	whole, err := os.ReadFile(filepath.Join(dir, "exchanges", "part-00000.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rng := rand.New(rand.NewPCG(30, 1))
	refused, read := 0, 0
	for range mutate.Rounds(1500, 50_000) {
		b, how := hostilePart(rng, whole)
		fmt.Fprintln(os.Stderr, how) // the last line tells what ended the process
		if readUnchecked(r, b) != nil {
			refused++
		} else {
			read++
		}
	}
	t.Logf("%d refused, %d read", refused, read)
}

// hostilePart damages the footer three times of four: that is where lengths are.
func hostilePart(rng *rand.Rand, whole []byte) ([]byte, string) {
	footer := int(whole[len(whole)-8]) | int(whole[len(whole)-7])<<8 | int(whole[len(whole)-6])<<16
	from := len(whole) - 8 - footer
	if rng.IntN(4) == 0 || from < 0 {
		return mutate.Bytes(rng, whole)
	}
	out := append([]byte(nil), whole...)
	at := from + rng.IntN(footer)
	n := 1 + rng.IntN(3)
	for i := range n {
		out[min(at+i, len(out)-9)] = byte(rng.Uint32())
	}
	return out, fmt.Sprintf("%d bytes of the footer at %d", n, at-from)
}

// rlimitData is RLIMIT_DATA, which the package syscall knows on some systems only.
const rlimitData = 2
