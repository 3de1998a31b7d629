package packets

import (
	"bytes"
	"strings"

	"parallax/internal/httpmsg"
)

// speech is what a direction of a connection turns out to carry.
type speech uint8

const (
	undecided speech = iota
	requests
	responses
	simple // HTTP/0.9's request line, which only an HTTP response confirms
	other
)

// recognise says what the beginning of a stream is, and how many bytes of
// preamble (SOCKS, PROXY protocol) stand before it.
func recognise(p []byte) (speech, int) {
	skip, known := preamble(p)
	if !known {
		return undecided, 0
	}
	rest := p[skip:]
	if len(bytes.TrimLeft(rest, "\r\n")) == 0 {
		return undecided, 0
	}
	response, more := httpmsg.LooksLikeResponse(rest)
	if response {
		return responses, skip
	}
	request, moreRequest := httpmsg.LooksLikeRequest(rest)
	switch {
	case request:
		return requests, skip
	case isSimple(rest):
		return simple, skip
	case (more || moreRequest) && len(p) < maxProbe:
		return undecided, 0
	}
	return other, 0
}

// maxProbe is how much of a stream's beginning is kept to tell what it is: as much
// as a head may have.
const maxProbe = 1 << 20

// isSimple reports whether p begins with HTTP/0.9's "GET /path".
func isSimple(p []byte) bool {
	line, _, ended := bytes.Cut(p, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	target, ok := bytes.CutPrefix(line, []byte("GET /"))
	return ended && ok && bytes.IndexByte(target, ' ') < 0
}

// preamble returns the length of what a proxy's client or server says before
// HTTP begins; known is false while more bytes are needed.
func preamble(p []byte) (n int, known bool) {
	switch {
	case len(p) == 0:
		return 0, false
	case p[0] == 4:
		return socks4Request(p)
	case p[0] == 0:
		return socks4Reply(p)
	case p[0] == 5:
		return socks5(p)
	case p[0] == 'P' || p[0] == '\r':
		return proxyProtocol(p)
	}
	return 0, true
}

// socks4Request: version, command, port, address, user, and a host name where
// the address is 0.0.0.x.
func socks4Request(p []byte) (int, bool) {
	if len(p) < 9 {
		return 0, len(p) >= 2 && p[1] != 1
	}
	if p[1] != 1 {
		return 0, true
	}
	strings := 1
	if p[4] == 0 && p[5] == 0 && p[6] == 0 && p[7] != 0 {
		strings = 2
	}
	n := 8
	for ; strings > 0; strings-- {
		i := bytes.IndexByte(p[n:], 0)
		if i < 0 {
			return 0, len(p) > 1024
		}
		n += i + 1
	}
	return n, true
}

// socks4Reply: 0, "granted", port, address.
func socks4Reply(p []byte) (int, bool) {
	switch {
	case len(p) >= 2 && p[1] != 0x5a:
		return 0, true
	case len(p) < 8:
		return 0, false
	}
	return 8, true
}

// socks5 reads either side's greeting, password exchange and request or reply.
// Whether p is a client's or a server's follows from what it parses as.
func socks5(p []byte) (int, bool) {
	server, serverKnown := socks5Server(p)
	client, clientKnown := socks5Client(p)
	switch {
	case server > 0 && speaks(p[server:]):
		return server, true
	case client > 0 && speaks(p[client:]):
		return client, true
	case serverKnown && clientKnown:
		// Something follows that is not HTTP, or nothing does yet.
		return 0, len(p) > max(server, client)+1024 || server == 0 && client == 0
	}
	return 0, false
}

// speaks reports whether p begins as HTTP does.
func speaks(p []byte) bool {
	response, _ := httpmsg.LooksLikeResponse(p)
	request, _ := httpmsg.LooksLikeRequest(p)
	return response || request
}

// socks5Server: version, method; status of the password; version, reply,
// reserved, address.
func socks5Server(p []byte) (int, bool) {
	n := 2
	if len(p) > 1 && p[1] == 2 {
		n += 2
	}
	return socks5Address(p, n)
}

// socks5Client: version, methods; name and password; version, command,
// reserved, address.
func socks5Client(p []byte) (int, bool) {
	if len(p) < 2 {
		return 0, false
	}
	n := 2 + int(p[1])
	if len(p) <= n {
		return 0, false
	}
	if p[n] == 1 { // user name and password follow, each behind its length
		for range 2 {
			if n++; len(p) <= n {
				return 0, false
			}
			n += int(p[n])
		}
		n++
	}
	return socks5Address(p, n)
}

// socks5Address reads "05 xx 00 type address port" at n and returns where it
// ends.
func socks5Address(p []byte, n int) (int, bool) {
	if len(p) < n+5 {
		return 0, false
	}
	if p[n] != 5 || p[n+2] != 0 {
		return 0, true
	}
	switch p[n+3] {
	case 1:
		n += 4 + 4 + 2
	case 3:
		n += 4 + 1 + int(p[n+4]) + 2
	case 4:
		n += 4 + 16 + 2
	default:
		return 0, true
	}
	if len(p) < n {
		return 0, false
	}
	return n, true
}

const proxyV2 = "\r\n\r\n\x00\r\nQUIT\n"

// proxyProtocol reads HAProxy's PROXY line or its binary form.
func proxyProtocol(p []byte) (int, bool) {
	const v1 = "PROXY "
	switch {
	case len(p) >= len(v1) && string(p[:len(v1)]) == v1:
		if i := bytes.Index(p, []byte("\r\n")); i > 0 {
			return i + 2, true
		}
		return 0, len(p) > 107
	case len(p) < len(v1) && v1[:len(p)] == string(p):
		return 0, false
	case len(p) >= 16 && string(p[:12]) == proxyV2:
		n := 16 + int(p[14])<<8 + int(p[15])
		return n, len(p) >= n
	case len(p) < 16 && len(p) > 4 && string(p[:min(len(p), 12)]) == proxyV2[:min(len(p), 12)]:
		return 0, false
	}
	return 0, true
}

// beginning says which message begins with p in the middle of a stream; more is
// set where that may show once more bytes have come.
func beginning(p []byte) (role speech, more bool) {
	response, moreResponse := httpmsg.LooksLikeResponse(p)
	if response {
		return responses, false
	}
	if len(p) == 0 || p[0] == '\r' || p[0] == '\n' {
		return undecided, false // the end of something else
	}
	request, moreRequest := httpmsg.LooksLikeRequest(p)
	usual, mayBeUsual := usualMethod(p)
	switch {
	case usual && (request || likelyRequest(p)):
		return requests, false
	case usual || mayBeUsual:
		return undecided, moreRequest || moreResponse
	}
	return undecided, moreResponse
}

// usualMethods are those that are no other one's ending: in the middle of a
// stream a packet may begin within a word, and "ETE /x HTTP/1.1" is a request
// line by its form.
const usualMethods = " GET HEAD POST PUT PATCH DELETE OPTIONS CONNECT TRACE " +
	"PROPFIND PROPPATCH MKCOL COPY MOVE REPORT RPC_IN_DATA RPC_OUT_DATA "

// usualMethod reports whether p begins with one of them, or may once there is
// more of it.
func usualMethod(p []byte) (usual, may bool) {
	method, _, whole := bytes.Cut(p[:min(len(p), 16)], []byte(" "))
	if bytes.ContainsAny(method, "\r\n") {
		return false, false
	}
	const longest = 16
	var word [longest + 2]byte
	n := 1 + copy(word[1:], method)
	word[0], word[n] = ' ', ' '
	if whole {
		return len(method) > 0 && strings.Contains(usualMethods, string(word[:n+1])), false
	}
	return false, strings.Contains(usualMethods, string(word[:n]))
}

// likelyRequest reports whether a packet that begins with a usual method begins a
// request whose first line is longer than the packet.
func likelyRequest(p []byte) bool {
	const shortest = 256
	_, rest, _ := bytes.Cut(p[:min(len(p), 16)], []byte(" "))
	return len(p) >= shortest && len(rest) > 0 && (rest[0] == '/' || rest[0] == 'h')
}
