package sealed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// A manifest proves every other file; its last key proves the manifest.
const (
	checkBegins = ",\n  \"check\": \""
	checkEnds   = "\"\n}\n"
	objectEnds  = "\n}\n"
)

// SealDocument gives a JSON object, indented by two spaces and ended by a line
// feed, its last key: "check", the hex SHA-256 of the object without that key.
// It finds accidents; whoever changes a document on purpose can seal it again.
func SealDocument(doc []byte) []byte {
	body, ok := bytes.CutSuffix(doc, []byte(objectEnds))
	if !ok || len(body) < 2 {
		return doc
	}
	sum := sha256.Sum256(doc)
	out := make([]byte, 0, len(doc)+len(checkBegins)+2*sha256.Size+len(checkEnds))
	out = append(append(out, body...), checkBegins...)
	return append(hex.AppendEncode(out, sum[:]), checkEnds...)
}

// CheckDocument holds a document against its last key. One without that key is
// damaged where must says that it was written with one.
func CheckDocument(doc []byte, must bool) error {
	tail := len(checkBegins) + 2*sha256.Size + len(checkEnds)
	at := len(doc) - tail
	if at < 0 || !bytes.HasPrefix(doc[at:], []byte(checkBegins)) || !bytes.HasSuffix(doc, []byte(checkEnds)) {
		if must {
			return fmt.Errorf("%w: it does not end with its own digest", ErrDamaged)
		}
		return nil
	}
	h := sha256.New()
	h.Write(doc[:at])
	h.Write([]byte(objectEnds))
	if want := doc[at+len(checkBegins) : len(doc)-len(checkEnds)]; hex.EncodeToString(h.Sum(nil)) != string(want) {
		return fmt.Errorf("%w: its bytes are not those that were written", ErrDamaged)
	}
	return nil
}
