package comparison

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
)

// line is the JSON form of a difference: the columns of the Parquet files, in
// their order.
type line struct {
	Subject   string  `json:"subject"`
	Record    string  `json:"record"`
	Part      Part    `json:"part"`
	Field     string  `json:"field"`
	Pattern   string  `json:"pattern"`
	Kind      Kind    `json:"kind"`
	Class     string  `json:"class"`
	Severity  string  `json:"severity"`
	Noise     bool    `json:"noise"`
	OldType   *string `json:"old_type"`
	Old       *string `json:"old"`
	OldBytes  []byte  `json:"old_bytes,omitempty"` // base64, where old is not valid UTF-8
	OldLength *int64  `json:"old_length"`
	OldSHA256 *string `json:"old_sha256"`
	NewType   *string `json:"new_type"`
	New       *string `json:"new"`
	NewBytes  []byte  `json:"new_bytes,omitempty"`
	NewLength *int64  `json:"new_length"`
	NewSHA256 *string `json:"new_sha256"`
}

// AppendJSON appends d as one line of JSON without the line's end.
func AppendJSON(dst []byte, d *Difference) ([]byte, error) {
	r := toRow(d)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(line{
		Subject: r.Subject, Record: r.Record, Part: d.Part, Field: r.Field, Pattern: r.Pattern,
		Kind: d.Kind, Class: r.Class, Severity: r.Severity, Noise: r.Noise,
		OldType: r.OldType, Old: r.Old, OldBytes: r.OldBytes, OldLength: r.OldLength, OldSHA256: hexText(r.OldSHA256),
		NewType: r.NewType, New: r.New, NewBytes: r.NewBytes, NewLength: r.NewLength, NewSHA256: hexText(r.NewSHA256),
	})
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...), err
}

func hexText(sum []byte) *string {
	if sum == nil {
		return nil
	}
	text := hex.EncodeToString(sum)
	return &text
}
