package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// input generates a capture once and returns its path.
func (b *bench) input(name string, n int, more ...string) (string, error) {
	path := filepath.Join(b.dir, name+".pcap")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	args := append([]string{"run", "./scripts/genpcap", "-n", strconv.Itoa(n), "-o", path + ".part"}, more...)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("genpcap: %w\n%s", err, out)
	}
	return path, os.Rename(path+".part", path)
}

// ours is the conversion of a capture, redaction as given.
func (b *bench) ours(pcap, redact string) (command, string) {
	out := filepath.Join(b.dir, "recording")
	return command{
		args:   []string{b.parallax, "capture", "packets", "--read", pcap, "-o", out, "--redact", redact, "--key-file", filepath.Join(b.dir, "key")},
		before: remove(out),
	}, out
}

// capture: pcap to recording against zstd -1 (wall) and tshark (CPU).
func (b *bench) capture() error {
	key := filepath.Join(b.dir, "key")
	if _, err := os.Stat(key); err != nil {
		if out, err := exec.Command(b.parallax, "key", "new", key).CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	for _, in := range []struct {
		name   string
		n      int
		tshark int // exchanges for tshark, which takes two minutes for the whole of the first
		more   []string
	}{
		{"60,000 exchanges of 1-20 KB", 60_000, 6_000, nil},
		{"150,000 exchanges of 0.5 KB", 150_000, 150_000, []string{"-size", "512"}},
	} {
		pcap, err := b.input(fmt.Sprintf("capture-%d", b.size(in.n)), b.size(in.n), in.more...)
		if err != nil {
			return err
		}
		if err := b.captureOne(in.name, pcap, b.size(in.n)); err != nil {
			return err
		}
		if err := b.tshark(in.name, b.size(in.tshark), in.more); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) captureOne(name, pcap string, n int) error {
	ours, out := b.ours(pcap, "off")
	if !missing("zstd") {
		zst := filepath.Join(b.dir, "peer.zst")
		a, peer, err := pairs(b.runs, ours, command{args: []string{"zstd", "-q", "-f", "-1", "-T1", pcap, "-o", zst}})
		if err != nil {
			return err
		}
		row(name+": wall s, zstd -1 -T1", a, peer, wall, "1.5")
		alone(name+": peak memory MiB", a, memory, "256")
		redacted, _ := b.ours(pcap, "secrets")
		if a, peer, err = pairs(b.runs, redacted, command{args: []string{"zstd", "-q", "-f", "-1", "-T1", pcap, "-o", zst}}); err != nil {
			return err
		}
		row(name+": wall s, profile secrets", a, peer, wall, "")
	}
	return b.complete(out, n)
}

// tshark compares the CPU of n exchanges.
func (b *bench) tshark(name string, n int, more []string) error {
	if missing("tshark") {
		return nil
	}
	pcap, err := b.input(fmt.Sprintf("capture-%d", n), n, more...)
	if err != nil {
		return err
	}
	ours, _ := b.ours(pcap, "off")
	a, peer, err := pairs(min(b.runs, 3), ours, command{args: []string{"tshark", "-r", pcap, "-o", "tcp.reassemble_out_of_order:TRUE",
		"-Y", "http", "-T", "fields", "-e", "http.request.method", "-e", "http.response.code", "-e", "http.content_length"}})
	if err != nil {
		return err
	}
	row(fmt.Sprintf("%s, %d of them: CPU s, tshark -T fields", name, n), a, peer, cpu, "0.067")
	return nil
}

// complete fails where an exchange was lost.
func (b *bench) complete(recording string, n int) error {
	out, err := exec.Command(b.parallax, "stats", "--json", recording).Output()
	if err != nil {
		return fmt.Errorf("stats: %w", err)
	}
	got, err := wholeExchanges(out)
	if err != nil {
		return err
	}
	if got != int64(n) {
		return fmt.Errorf("%s holds %d whole exchanges, the generator made %d", recording, got, n)
	}
	return nil
}
