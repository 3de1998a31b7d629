package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"parallax/capture/recording"
)

// server starts the benchmark's target, which answers everything with 1 KB, and
// returns its address and how to end it.
func (b *bench) server() (address string, stop func(), err error) {
	binary := filepath.Join(b.dir, "benchserver")
	if out, err := exec.Command("go", "build", "-o", binary, "./scripts/benchserver").CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("benchserver: %w\n%s", err, out)
	}
	cmd := exec.Command(binary)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, err
	}
	return strings.TrimSpace(line), stop, nil
}

// baseline makes a recording of n GETs with answers of 1 KB over 64
// connections, perSecond of them a second in the recording's time. It does so in
// a process of its own: a child's peak memory, as the system counts it, is never
// less than what its parent had.
func (b *bench) baseline(n, perSecond int) (string, error) {
	out := b.baselineDir(n, perSecond)
	if _, err := os.Stat(filepath.Join(out, recording.ManifestName)); err == nil {
		return out, nil
	}
	made, err := exec.Command(os.Args[0], "-dir", b.dir, "-make", fmt.Sprintf("%d,%d", n, perSecond)).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, made)
	}
	return out, nil
}

func (b *bench) baselineDir(n, perSecond int) string {
	return filepath.Join(b.dir, fmt.Sprintf("gets-%d-%d", n, perSecond))
}

func (b *bench) makeBaseline(what string) error {
	var n, perSecond int
	if _, err := fmt.Sscanf(what, "%d,%d", &n, &perSecond); err != nil {
		return fmt.Errorf("-make %q: want N,RATE: %w", what, err)
	}
	w, err := recording.Create(b.baselineDir(n, perSecond), recording.Options{Tool: "bench", Source: recording.Source{Kind: "made"}, Redaction: recording.Redaction{Profile: "off"}})
	if err != nil {
		return err
	}
	for i := range n {
		if err := w.Write(made(i, perSecond)); err != nil {
			return err
		}
	}
	var ledger recording.Ledger
	account := ledger.Account("exchanges")
	account.Total = int64(n)
	account.Add("complete", recording.Fine, int64(n))
	return w.Close(recording.Closing{Ledger: ledger})
}

// made is the i-th exchange; connections take turns.
func made(i, perSecond int) *recording.Exchange {
	const lanes = 64
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano() + int64(i)*int64(time.Second)/int64(perSecond)
	client := fmt.Sprintf("192.0.2.1:%d", 20_000+i%lanes)
	session := recording.MakeSession(client, "192.0.2.2:80", 0)
	body := bytes.Repeat([]byte("x"), 1024) // as benchserver answers
	return &recording.Exchange{
		ID: recording.MakeID(at, session, uint32(i/lanes)), Session: session, Sequence: uint32(i / lanes),
		Protocol: "http/1.1", Client: client, Server: "192.0.2.2:80",
		Request: &recording.Request{
			Method: "GET", Scheme: "http", Target: fmt.Sprintf("/items/%d", i), Version: "1.1",
			Headers: []recording.Header{{Name: "Host", Value: "shop.example"}, {Name: "User-Agent", Value: "bench/1.0"}, {Name: "Accept", Value: "*/*"}},
			FirstAt: at, LastAt: at,
		},
		Response: &recording.Response{
			Status: 200, Reason: "OK", Version: "1.1",
			Headers: []recording.Header{{Name: "Content-Type", Value: "text/plain"}, {Name: "Content-Length", Value: "1024"}},
			Body:    recording.StoredBody(body), FirstAt: at + 100_000, LastAt: at + 100_000,
		},
	}
}

// replay: client CPU a request at full speed against wrk.
func (b *bench) replay() error {
	if missing("wrk") {
		return nil
	}
	n := b.size(300_000)
	base, err := b.baseline(n, 20_000)
	if err != nil {
		return err
	}
	address, stop, err := b.server()
	if err != nil {
		return err
	}
	defer stop()
	for _, c := range []struct {
		name string
		more []string
	}{
		{"replay --max, 64 connections, 1 KB", nil},
		{"the same, --keep-bodies", []string{"--keep-bodies"}},
	} {
		if err := b.replayOne(c.name, base, address, n, c.more); err != nil {
			return err
		}
	}
	return nil
}

// replayOne pairs runs of the replay with runs of wrk.
func (b *bench) replayOne(name, base, address string, n int, more []string) error {
	out := filepath.Join(b.dir, "run")
	args := append([]string{b.parallax, "replay", base, "--target", "http://" + address, "-o", out, "--max", "--connections", "64", "-q"}, more...)
	ours := command{before: remove(out), args: args}
	var a, peer []figure
	for i := -1; i < b.runs; i++ {
		f, err := ours.run()
		if err != nil {
			return err
		}
		w, err := wrk(address)
		if err != nil {
			return err
		}
		if i >= 0 {
			f.cpu /= time.Duration(n)
			a, peer = append(a, f), append(peer, w)
		}
	}
	row(name+": CPU µs a request, wrk", a, peer, micros, "2")
	alone(name+": peak memory MiB", a, memory, "256")
	return nil
}

func micros(f figure) float64 { return float64(f.cpu.Nanoseconds()) / 1000 }

var requestsIn = regexp.MustCompile(`(\d+) requests in`)

// wrk loads the target for three seconds; the figure is of one request.
func wrk(address string) (figure, error) {
	cmd := exec.Command("wrk", "-t1", "-c64", "-d3s", "http://"+address+"/")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return figure{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	m := requestsIn.FindSubmatch(out)
	if m == nil {
		return figure{}, fmt.Errorf("wrk: no count in\n%s", out)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil || n == 0 {
		return figure{}, fmt.Errorf("wrk: %s requests", m[1])
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return figure{cpu: used / time.Duration(n)}, nil
}

// lateness: recorded times at 2,000/s against vegeta at a constant 2,000/s.
func (b *bench) lateness() error {
	const rate, seconds = 2000, 5
	base, err := b.baseline(rate*seconds, rate)
	if err != nil {
		return err
	}
	address, stop, err := b.server()
	if err != nil {
		return err
	}
	defer stop()
	peer := filepath.Join(b.dir, "vegeta-lateness")
	build := exec.Command("go", "build", "-o", peer, ".")
	build.Dir = "scripts/benchpeers/vegeta"
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("vegeta: %w\n%s", err, out)
	}
	var ours, theirs [2][]float64
	for range b.runs {
		x, err := b.ourLateness(base, address)
		if err != nil {
			return err
		}
		y, err := vegetaLateness(peer, address, rate, seconds)
		if err != nil {
			return err
		}
		for i := range 2 {
			ours[i], theirs[i] = append(ours[i], x[i]), append(theirs[i], y[i])
		}
	}
	for i, name := range []string{"p50", "p99"} {
		printRatio(fmt.Sprintf("replay at 2,000/s: lateness %s µs, vegeta", name), ours[i], theirs[i], "0.5")
	}
	return nil
}

func printRatio(name string, ours, theirs []float64, goal string) {
	var ratios []float64
	for i := range ours {
		ratios = append(ratios, ours[i]/theirs[i])
	}
	fmt.Printf("%-58s %9.3f %9.3f %9.3f %9s\n", name, median(ours), median(theirs), median(ratios), goal)
}

// ourLateness replays on recorded times and reads the run's own figures
// from its rows: sent − max(due, ready).
func (b *bench) ourLateness(base, address string) ([2]float64, error) {
	out := filepath.Join(b.dir, "run-paced")
	if err := os.RemoveAll(out); err != nil {
		return [2]float64{}, err
	}
	made, err := exec.Command(b.parallax, "replay", base, "--target", "http://"+address, "-o", out, "-q").CombinedOutput()
	if _, statErr := os.Stat(filepath.Join(out, recording.ManifestName)); statErr != nil {
		return [2]float64{}, fmt.Errorf("%w\n%s", err, made) // an unfair run ends with 3 and is measured all the same
	}
	return latenessOf(exec.Command(b.parallax, "cat", out))
}

func latenessOf(cat *exec.Cmd) ([2]float64, error) {
	stdout, err := cat.StdoutPipe()
	if err != nil {
		return [2]float64{}, err
	}
	if err := cat.Start(); err != nil {
		return [2]float64{}, err
	}
	var late []float64
	for dec := json.NewDecoder(stdout); ; {
		var row struct {
			Outcome struct {
				Due   time.Time `json:"due_at"`
				Ready time.Time `json:"ready_at"`
				Sent  time.Time `json:"sent_at"`
			} `json:"outcome"`
		}
		if err := dec.Decode(&row); err == io.EOF {
			break
		} else if err != nil {
			return [2]float64{}, err
		}
		could := row.Outcome.Due
		if row.Outcome.Ready.After(could) {
			could = row.Outcome.Ready
		}
		late = append(late, float64(row.Outcome.Sent.Sub(could).Nanoseconds())/1000)
	}
	if err := cat.Wait(); err != nil {
		return [2]float64{}, err
	}
	return quantiles(late), nil
}

func vegetaLateness(binary, address string, rate, seconds int) ([2]float64, error) {
	out, err := exec.Command(binary, "http://"+address+"/", strconv.Itoa(rate), strconv.Itoa(seconds)).Output()
	if err != nil {
		return [2]float64{}, err
	}
	var late []float64
	if err := json.Unmarshal(out, &late); err != nil {
		return [2]float64{}, err
	}
	return quantiles(late), nil
}
