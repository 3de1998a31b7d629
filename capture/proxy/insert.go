package proxy

import (
	"bytes"

	"parallax/internal/httpmsg"
)

// inserter adds lines at the end of each request's head and changes no other
// byte. It holds back a head until that is whole. It leaves off at what it
// cannot read and where messages may end (CONNECT, Upgrade).
type inserter struct {
	lines   []byte
	decoder *httpmsg.Decoder
	held    []byte
	out     []byte
	off     bool
	upgrade bool
}

func newInserter(lines []byte) *inserter {
	return &inserter{lines: lines, decoder: httpmsg.NewRequestDecoder(httpmsg.Limits{})}
}

// pass returns what is to be sent for p; good until the next call.
func (i *inserter) pass(p []byte) []byte {
	if i.off {
		return p
	}
	i.out = i.out[:0]
	for !i.off {
		n, ev, err := i.decoder.Feed(p)
		if err != nil || ev.Kind == httpmsg.KindTunnel {
			i.off = true
			break
		}
		i.take(p[:n], ev)
		p = p[n:]
		if ev.Kind == httpmsg.KindMore {
			return i.out
		}
	}
	i.release()
	return append(i.out, p...)
}

func (i *inserter) take(p []byte, ev httpmsg.Event) {
	i.held = append(i.held, p...)
	switch {
	case ev.Kind == httpmsg.KindHead:
		empty := len(i.held) - 1
		if bytes.HasSuffix(i.held, []byte("\r\n")) {
			empty--
		}
		i.out = append(append(i.out, i.held[:empty]...), i.lines...)
		i.held = append(i.held[:0], i.held[empty:]...)
		i.upgrade = wantsUpgrade(ev.Head.Headers)
		i.release()
	case ev.Kind == httpmsg.KindMore && i.decoder.Buffered() > 0:
	default:
		i.release()
		i.off = ev.Kind == httpmsg.KindEnd && i.upgrade
	}
}

func (i *inserter) release() {
	i.out = append(i.out, i.held...)
	i.held = i.held[:0]
}

// wantsUpgrade reports whether another protocol may follow the request.
func wantsUpgrade(headers []httpmsg.Header) bool {
	_, named := httpmsg.Get(headers, "Upgrade")
	return named && httpmsg.HasToken(headers, "Connection", "upgrade")
}
