package httpmsg

import "strings"

// Header is one header or trailer line as it stood on the wire: the name with
// its case, the value without the optional white space around it. Order and
// duplicates are kept by the slice that holds it.
type Header struct {
	Name, Value string
}

// Is reports whether the header is called name, without case. Most are told
// apart by their length, without a call.
func (h *Header) Is(name string) bool {
	return len(h.Name) == len(name) && strings.EqualFold(h.Name, name)
}

// Get returns the first value of name, which is matched without case, and
// whether there is one.
func Get(headers []Header, name string) (string, bool) {
	for i := range headers {
		if headers[i].Is(name) {
			return headers[i].Value, true
		}
	}
	return "", false
}

// IsSafe reports whether a method asks for nothing to be changed. Methods are
// case-sensitive, and an unknown one is not safe.
func IsSafe(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE":
		return true
	}
	return false
}
