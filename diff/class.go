package diff

import (
	"strconv"
	"strings"
)

// The classes that this package gives to differences of texts.
const (
	ClassOrder      = "order"       // the same values in another order
	ClassCase       = "case only"   // equal without case
	ClassWhiteSpace = "white space" // equal but for white space
	// ClassLeftOut: the replay left credentials out of the request, because they were
	// redaction tokens, and the answers differ.
	ClassLeftOut = "credentials left out"
	// ClassTunnel: both answers leave HTTP (a WebSocket, CONNECT), and what followed
	// was not recorded.
	ClassTunnel = "what followed was not recorded"
	// ClassMore: the record has more differences than are kept.
	ClassMore = "more differences than are kept"
)

// textClass says in what way two unequal texts are nearly equal.
func textClass(old, new string) string {
	switch {
	case strings.EqualFold(old, new):
		return ClassCase
	case strings.Join(strings.Fields(old), "") == strings.Join(strings.Fields(new), ""):
		return ClassWhiteSpace
	}
	return ""
}

func itoa(i int) string { return strconv.Itoa(i) }
