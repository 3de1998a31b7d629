// Package packets reads exchanges from captured packets.
//
// Terms: a connection is two ends and a pair of initial sequence numbers; a
// stream is one direction of it; a position counts a stream's bytes. A gap is
// bytes of a stream that the capture lacks.
//
// Steps: pcapfile hands out packets, frame finds the TCP segment in each, tcp
// puts a direction's segments into the order of their bytes. What a stream is
// shows in its first bytes, never in a port; a decoder (internal/httpmsg) then
// makes messages of it, and the k-th response answers the k-th request. Only
// where the beginning is not captured, or bytes are missing, do acknowledgement
// numbers tell which request a response can belong to; where they leave a
// doubt, neither side is paired and both say so. Such pairs wait until the next
// request shows that its sender had received no more than they hold: a request
// that was sent with others before the first one seen would leave one response
// too many, and then the pairs are marked incomplete.
//
// After a gap within a body of known length the stream goes on behind it.
// Anywhere else it goes on with the next packet that begins with a start line;
// what lies between is counted.
//
// Limits: a connection seen from its middle that ends, or whose capture ends,
// behind its first response shows no such sign, and that response is taken for
// the request's. A request that waits for 100 Continue and is refused is read as
// its framing says: what follows on the connection is its body. Memory is bounded
// by Options.MemoryCap: bodies are cut first (length and hash stay those of the
// whole), then the connections that were silent for longest are evicted, those
// without a byte before the others. A response that comes before any request waits
// for it. Timestamps may go backwards: they are kept as they are, and timeouts run
// on a clock that never does. HTTP/2, WebSocket frames and TLS are counted as
// other protocols and tunnels.
package packets
