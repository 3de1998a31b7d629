package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"

	"github.com/urfave/cli/v2"

	"parallax/capture/proxy"
	"parallax/capture/redact"
	"parallax/diff/rules"
	"parallax/replay"
	"parallax/replay/carry"
	"parallax/replay/mirror"
)

// mirrorOptions say whom a proxy asks besides the old system.
type mirrorOptions struct {
	Target      replay.Target
	Out         string // of the run
	Writes      bool
	KeepAll     bool
	Connections int
	Exchanges   int
	Bytes       int64
	BodyCap     int64 // of an answer, as of the old system's
	Carry       []carry.Rule
	// Compare counts what differs while it runs, under Rules, by the routes of Names.
	Compare bool
	Rules   *rules.Set
	Names   *routeNames

	runID string
}

func mirrorFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "mirror", Usage: "send each request to this `TARGET`, too: the name of a configured one, or a URL; its answers reach no client"},
		&cli.StringFlag{Name: "run-out", Usage: "`FOLDER` of the run with the mirror's answers"},
		&cli.BoolFlag{Name: "allow-writes", Usage: "of the mirror: this run's half of the permission for unsafe methods"},
		&cli.BoolFlag{Name: "compare", Usage: "of the mirror: count while it runs what matches and what differs, by route"},
		&cli.BoolFlag{Name: "keep-bodies", Usage: "of the mirror: store answers that are equal to the old system's, too"},
		&cli.IntFlag{Name: "mirror-connections", Usage: "connections to the mirror at once", Value: 64},
		&cli.IntFlag{Name: "mirror-queue", Usage: "exchanges that wait for the mirror at most; what comes then is dropped and counted", Value: 4096},
		&cli.Int64Flag{Name: "mirror-queue-size", Usage: "`MIB` that they may hold", Value: 64},
	}
}

// readMirrorFlags returns nil where nothing is to be mirrored; a flag of the
// mirror without it would do nothing.
func readMirrorFlags(c *cli.Context, conf *config, bodyCap int64) (*mirrorOptions, error) {
	if !c.IsSet("mirror") {
		for _, f := range mirrorFlags()[1:] {
			if name := f.Names()[0]; c.IsSet(name) {
				return nil, usagef("--%s is of the mirror: --mirror TARGET is missing", name)
			}
		}
		return nil, nil
	}
	if err := required(c, "run-out"); err != nil {
		return nil, err
	}
	target, err := conf.target(c.String("mirror"))
	if err != nil {
		return nil, err
	}
	size, err := mebibytes(c, "mirror-queue-size")
	if err != nil {
		return nil, err
	}
	o := &mirrorOptions{
		Target: target, Out: c.String("run-out"), Writes: c.Bool("allow-writes"), KeepAll: c.Bool("keep-bodies"),
		Connections: c.Int("mirror-connections"), Exchanges: c.Int("mirror-queue"), Bytes: size, BodyCap: bodyCap,
		Carry: conf.Carry, Compare: c.Bool("compare"),
	}
	if o.Connections < 1 || o.Exchanges < 1 || o.Bytes < 1 {
		return nil, usagef("--mirror-connections, --mirror-queue and --mirror-queue-size: want at least 1")
	}
	if o.Rules, err = conf.ruleSet(); err != nil || !o.Compare {
		return o, err
	}
	o.Names, err = conf.routeNames()
	return o, err
}

// replay translates the options. What the proxy listens at, and what it stands
// before, is no target.
func (o *mirrorOptions) replay(p *proxy.Proxy) replay.Options {
	r := replay.Options{
		Target: o.Target, AllowWrites: o.Writes, Carry: o.Carry, HoldsToken: redact.Contains, RunID: o.runID,
		Bodies:          replay.Bodies{KeepAll: o.KeepAll, Cap: o.BodyCap, Budget: mirrorBodies},
		RecordedServers: append(ownAddresses(p.Addr()), p.Upstream()),
	}
	r.Pool.Connections = o.Connections
	return r
}

// mirrorBodies bounds what is kept of the candidate's answers under way.
const mirrorBodies = 128 << 20

func (o *mirrorOptions) mirror(p *proxy.Proxy) mirror.Options {
	return mirror.Options{Replay: o.replay(p), Exchanges: o.Exchanges, Bytes: o.Bytes}
}

// check finds what the options or the policy forbid before anything is made.
func (o *mirrorOptions) check(p *proxy.Proxy) error {
	if o == nil {
		return nil
	}
	if o.isProxy(p) {
		return fmt.Errorf("%w: the mirror would be the proxy itself", replay.ErrRefused)
	}
	err := mirror.Check(o.mirror(p))
	if err == nil || errors.Is(err, replay.ErrRefused) {
		return err
	}
	return usageError{err}
}

// isProxy reports whether the target is written as the proxy's own address, which
// not even a control may be.
func (o *mirrorOptions) isProxy(p *proxy.Proxy) bool {
	u, err := url.Parse(o.Target.URL)
	if err != nil {
		return false // for Check to say
	}
	host := u.Host
	if u.Hostname() == "localhost" {
		host = net.JoinHostPort("127.0.0.1", u.Port())
	}
	return slices.Contains(ownAddresses(p.Addr()), host)
}

// ownAddresses are those at which the listener can be reached.
func ownAddresses(listening net.Addr) []string {
	host, port, err := net.SplitHostPort(listening.String())
	if err != nil {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
		return []string{listening.String()}
	}
	own := []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}
	addresses, _ := net.InterfaceAddrs() // what is not known here is caught by the marker
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok {
			own = append(own, net.JoinHostPort(n.IP.String(), port))
		}
	}
	return own
}
