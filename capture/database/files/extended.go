package files

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// MongoDB's extended JSON writes what JSON has no type for as an object of one
// member: {"$oid": "…"}, {"$date": "2024-01-01T00:00:00.123Z"}, {"$date":
// {"$numberLong": "1704067200123"}}, {"$numberDecimal": "1.50"}.

// maxExtended bounds the objects that are looked into.
const maxExtended = 200

// extendedScalar appends the text of such a value.
func extendedScalar(dst, value []byte) ([]byte, bool) {
	if len(value) > maxExtended || value[0] != '{' || !bytes.Contains(value, []byte(`"$`)) {
		return dst, false
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(value, &members); err != nil || len(members) != 1 {
		return dst, false
	}
	for name, inner := range members {
		switch name {
		case "$oid", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$uuid":
			if inner[0] == '"' {
				return unquote(dst, inner), true
			}
		case "$date":
			return extendedDate(dst, inner)
		}
	}
	return dst, false
}

// extendedDate reads a date: a text, or milliseconds since 1970.
func extendedDate(dst, inner []byte) ([]byte, bool) {
	if inner[0] == '"' {
		return unquote(dst, inner), true
	}
	digits := inner
	if inner[0] == '{' {
		var ok bool
		if digits, ok = extendedScalar(nil, inner); !ok {
			return dst, false
		}
	}
	ms, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return dst, false
	}
	return time.UnixMilli(ms).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z"), true
}
