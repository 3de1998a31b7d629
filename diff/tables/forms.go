package tables

import (
	"bytes"
	"encoding/json"

	"golang.org/x/text/unicode/norm"
)

// sameForm reports whether two texts are one in Unicode's composed form.
func sameForm(a, b string) bool { return norm.NFC.String(a) == norm.NFC.String(b) }

// listMembers reads a list of texts.
func listMembers(list []byte) ([]string, bool) {
	var members []string
	dec := json.NewDecoder(bytes.NewReader(list))
	if err := dec.Decode(&members); err != nil {
		return nil, false
	}
	return members, true
}
