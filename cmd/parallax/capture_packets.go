package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"parallax/capture/packets"
	"parallax/capture/recording"
)

type packetsOptions struct {
	Read   []string
	Out    string
	Redact redactOptions
	Memory int64
	Body   int64
	Empty  bool
	Quiet  bool
}

func capturePacketsCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:  "packets",
		Usage: "make a recording from a packet capture",
		Description: "Reads pcap or pcapng, also inside gzip or zstd, finds HTTP/1 on any port and\n" +
			"writes a recording. What could not be used is counted in the ledger.\n" +
			"Live interfaces are read by tcpdump: tcpdump -w - -U port 80 | parallax capture packets --read - -o REC",
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "read", Aliases: []string{"r"}, Usage: "`FILE` to read, - for standard input"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` of the recording"},
			&cli.StringFlag{Name: "config", Usage: "YAML `FILE` with the key redact"},
			&cli.Int64Flag{Name: "max-memory", Usage: "`MIB` for connections that are open", Value: 64},
			&cli.Int64Flag{Name: "max-body", Usage: "`MIB` kept of one body; of a longer one, length and hash of the whole are kept", Value: 16},
			&cli.BoolFlag{Name: "allow-empty", Usage: "a capture without any exchange is no failure"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress, no summary"},
		}, redactFlags()...),
		Action: func(c *cli.Context) error {
			if _, err := arguments(c); err != nil {
				return err
			}
			if err := required(c, "read", "output"); err != nil {
				return err
			}
			conf, err := loadConfig(c.String("config"))
			if err != nil {
				return err
			}
			memory, err := mebibytes(c, "max-memory")
			if err != nil {
				return err
			}
			body, err := mebibytes(c, "max-body")
			if err != nil {
				return err
			}
			return runCapturePackets(c.Context, packetsOptions{
				Read: c.StringSlice("read"), Out: c.String("output"), Redact: readRedactFlags(c, conf.Redact),
				Memory: memory, Body: body,
				Empty: c.Bool("allow-empty"), Quiet: c.Bool("quiet"),
			}, s)
		},
	}
}

func runCapturePackets(ctx context.Context, o packetsOptions, s streams) error {
	redactor, err := newRedactor(o.Redact, s)
	if err != nil {
		return err
	}
	if len(o.Read) != 1 {
		return usagef("capture packets reads one --read at a time, have %d", len(o.Read))
	}
	in, err := openInput(o.Read[0], s.in)
	if err != nil {
		return usageError{err}
	}
	defer in.Close()
	src, err := packets.Open(interruptible(ctx, in), packets.Options{MemoryCap: int(o.Memory), BodyCap: int(o.Body)})
	if err != nil {
		return fmt.Errorf("%s: %w", inputName(o.Read[0]), err)
	}
	w, err := recording.Create(o.Out, recording.Options{
		Tool:      tool(),
		Source:    recording.Source{Kind: "packets", Detail: inputName(o.Read[0])},
		Redaction: redactionOf(redactor),
	})
	if err != nil {
		return err
	}
	defer roomyCollector()()
	fault := pour(ctx, src, redactor, w, newProgress(s.err, "exchanges", o.Quiet))
	return finishCapture(w, src, redactor.Counts(), fault, o, s)
}

// finishCapture commits what was whole and then reports the fault that ended
// the source, if any.
func finishCapture(w *recording.Writer, src *packets.Source, counts map[string]int64, fault error, o packetsOptions, s streams) error {
	if fault != nil && !keepable(fault) {
		return joinErrors(fault, w.Abort())
	}
	closing := recording.Closing{Ledger: src.Ledger(), RedactionCounts: counts}
	if fault != nil {
		closing.Interrupted = fault.Error()
	}
	if err := w.Close(closing); err != nil {
		return joinErrors(fault, err)
	}
	if !o.Quiet {
		printLedger(s.err, &closing.Ledger)
	}
	if fault != nil {
		return fmt.Errorf("%s: %w\nkept: what was whole before it, in %s (marked interrupted)\nhint: to have all of it, capture again into another folder", inputName(o.Read[0]), fault, o.Out)
	}
	return checkCaptured(&closing.Ledger, o)
}

// checkCaptured refuses a capture that would make an empty comparison, and one
// whose sums do not close.
func checkCaptured(l *recording.Ledger, o packetsOptions) error {
	if err := checkClosed(l, o.Out); err != nil {
		return err
	}
	if n := l.Account("exchanges").Total; n == 0 && !o.Empty {
		return unverifiedf("%s: no HTTP/1 exchange found\nhint: %s", inputName(o.Read[0]), whyNone(l))
	}
	return nil
}

// whyNone is what most often stands behind a capture without exchanges.
func whyNone(l *recording.Ledger) string {
	missing, payload := l.Account("missing bytes").Total, l.Account("payload bytes").Total
	packets := l.Account("packets")
	for _, b := range packets.Buckets {
		switch most := b.Count*2 > packets.Total; {
		case most && b.Name == "bad header":
			return "most packets end within their headers, or are of another link type than the file says: capture whole packets (snap length 0)"
		case most && b.Name == "unknown link type":
			return "the capture is of a link type that is not read: Ethernet, Linux cooked, loopback and raw IP are"
		}
	}
	if missing > payload {
		return fmt.Sprintf("%d bytes of the connections are not in the capture, %d are: capture whole packets (snap length 0)", missing, payload)
	}
	return "--allow-empty if that is expected"
}

func openInput(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(stdin), nil
	}
	return os.Open(name)
}

// mebibytes reads a flag that is a size in MiB, in bytes.
func mebibytes(c *cli.Context, flag string) (int64, error) {
	n := c.Int64(flag)
	if n < 1 || n > maxMebibytes {
		return 0, usagef("--%s %d: want 1 to %d MiB", flag, n, maxMebibytes)
	}
	return n << 20, nil
}

const maxMebibytes = 1 << 20

// inputName is how manifests and messages call an input: its base name, so that
// the same capture gives the same recording wherever it lies.
func inputName(path string) string {
	if path == "-" {
		return "standard input"
	}
	return strings.ToValidUTF8(filepath.Base(path), "?")
}
