// Package content undoes and redoes the content encodings of HTTP bodies and
// reads what a Content-Type says of one.
//
// # Terms
//
// A layer is one content encoding: gzip, deflate, br or zstd. A body may have
// several; Content-Encoding lists them in the order in which they were applied,
// so they are undone from the last to the first. The encoded body is what was on
// the wire after transfer decoding, the decoded one what the encodings hide.
//
// # Steps
//
// Decode names the layers, refuses what it does not know and too many of them,
// and undoes one after the other while it watches the output's size. Encode
// applies the same layers again.
//
// # Limits
//
// Output, its ratio to the encoded body and the number of layers are bounded by
// Limits, whatever a compressed stream says of itself. An empty body decodes to
// an empty one whatever its encoding, as answers to HEAD and 304 need. Bytes
// after the end of a compressed stream make it corrupt: a comparison of the
// decoded bodies would not see them. Encode gives a body that decodes to the
// same bytes, not the bytes that another encoder made.
package content
