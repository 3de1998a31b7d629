package httpmsg

import "strings"

// Header is one header or trailer line as it stood on the wire: the name with
// its case, the value without the optional white space around it. Order and
// duplicates are kept by the slice that holds it.
type Header struct {
	Name, Value string
}

// Get returns the first value of name, which is matched without case, and
// whether there is one.
func Get(headers []Header, name string) (string, bool) {
	for _, h := range headers {
		if len(h.Name) == len(name) && strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}
