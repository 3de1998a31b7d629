package replay

import (
	"fmt"
	"net"
	"net/netip"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// PassCredentials is the value of Target.Credentials that lets live ones through.
const PassCredentials = "pass"

// guard holds the run to its policy.
type guard struct {
	control bool
	// writes: unsafe methods may be sent; noWrites says why not.
	writes   bool
	noWrites string
	// loopbackOnly: the permission to write came from the host being loopback,
	// so every address must be.
	loopbackOnly bool
}

func newGuard(o *Options, e endpoint) (*guard, error) {
	t := &o.Target
	switch {
	case t.Credentials != "" && t.Credentials != PassCredentials:
		return nil, fmt.Errorf("target %q: credentials %q, want %q or none", t.Name, t.Credentials, PassCredentials)
	case t.Production && t.Writable:
		return nil, fmt.Errorf("target %q is both production and writable", t.Name)
	case t.Control && o.AllowWrites:
		return nil, fmt.Errorf("%w: a control run sends safe methods only; leave --allow-writes out", ErrRefused)
	}
	g := &guard{control: t.Control}
	if err := g.refuseRecorded(o, e); err != nil {
		return nil, err
	}
	g.setWrites(o, e)
	return g, nil
}

// setWrites decides over unsafe methods: two permissions, or none.
func (g *guard) setWrites(o *Options, e endpoint) {
	t := &o.Target
	switch {
	case t.Control:
		g.noWrites = "a control run sends safe methods only"
	case t.Production:
		g.noWrites = "the target is production"
	case !o.AllowWrites:
		g.noWrites = "unsafe methods are not allowed (--allow-writes)"
	case t.Writable:
		g.writes = true
	case t.Name == "" && isLoopback(e.host):
		g.writes, g.loopbackOnly = true, true
	default:
		g.noWrites = "the target is not marked writable"
	}
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func (g *guard) refuseRecorded(o *Options, e endpoint) error {
	for _, server := range o.RecordedServers {
		if !g.control && server == e.address {
			return recordedError(server)
		}
	}
	return nil
}

func recordedError(server string) error {
	return fmt.Errorf("%w: %s is where the recording was made; use a control run to ask the old system itself", ErrRefused, server)
}

// allow is asked about every address before it is dialled.
func (g *guard) allow(recorded func(netip.AddrPort) bool) func(netip.AddrPort) error {
	return func(a netip.AddrPort) error {
		ip := a.Addr().Unmap()
		switch {
		case metadata(ip):
			return fmt.Errorf("%w: %s is a metadata or link-local address", ErrRefused, ip)
		case ip.IsMulticast() || ip.IsUnspecified():
			return fmt.Errorf("%w: %s is no host's address", ErrRefused, ip)
		case g.loopbackOnly && !ip.IsLoopback():
			return fmt.Errorf("%w: %s is not loopback, and the target is not marked writable", ErrRefused, ip)
		case !g.control && recorded(netip.AddrPortFrom(ip, a.Port())):
			return recordedError(a.String())
		}
		return nil
	}
}

// metadata reports addresses that give credentials away to whoever asks.
func metadata(ip netip.Addr) bool {
	if ip.IsLinkLocalUnicast() {
		return true
	}
	switch ip.String() {
	case "100.100.100.200", "fd00:ec2::254", "168.63.129.16", "192.0.0.192":
		return true
	}
	return false
}

// blocks returns why a request must not be sent, or "".
func (g *guard) blocks(r *recording.Request) string {
	if g.writes || httpmsg.IsSafe(r.Method) {
		return ""
	}
	return r.Method + ": " + g.noWrites
}

// addrPort reads a recorded address, which may be no IP.
func addrPort(text string) (netip.AddrPort, bool) {
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		host, port, err := net.SplitHostPort(text)
		if err != nil || host != "localhost" {
			return netip.AddrPort{}, false
		}
		a, err = netip.ParseAddrPort(net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			return netip.AddrPort{}, false
		}
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), true
}
