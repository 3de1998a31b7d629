package tables

import (
	"bytes"
	"encoding/hex"
	"encoding/json"

	"parallax/capture/snapshot"
)

// An ObjectId of MongoDB is 12 bytes; as a text 24 hex digits; in the extended JSON
// that its tools export {"$oid": "…"}.
const objectIDBytes = 12

// objectID reads a cell as an ObjectId.
func objectID(class snapshot.Class, c []byte) ([]byte, bool) {
	switch class {
	case snapshot.Bytes:
		return c, len(c) == objectIDBytes
	case snapshot.Text:
		return hexObjectID(c)
	case snapshot.JSON:
		return jsonObjectID(c)
	}
	return nil, false
}

func hexObjectID(text []byte) ([]byte, bool) {
	if len(text) != 2*objectIDBytes {
		return nil, false
	}
	id := make([]byte, objectIDBytes)
	_, err := hex.Decode(id, text)
	return id, err == nil
}

// maxObjectIDText bounds the documents that are looked into.
const maxObjectIDText = 100

func jsonObjectID(document []byte) ([]byte, bool) {
	if len(document) > maxObjectIDText || !bytes.Contains(document, []byte(`"$oid"`)) {
		return nil, false
	}
	var members map[string]string
	if err := json.Unmarshal(document, &members); err != nil || len(members) != 1 {
		return nil, false
	}
	return hexObjectID([]byte(members["$oid"]))
}

// sameObjectID reports whether two cells of two classes are one ObjectId.
func sameObjectID(c *cells) bool {
	a, okA := objectID(c.oldClass, c.a)
	b, okB := objectID(c.newClass, c.b)
	return okA && okB && bytes.Equal(a, b)
}

// toObjectID is the form of a key: an ObjectId becomes its 12 bytes.
func toObjectID(class snapshot.Class, c []byte) (snapshot.Class, []byte) {
	if id, ok := objectID(class, c); ok {
		return snapshot.Bytes, id
	}
	return class, c
}
