package comparison

import (
	"strings"
	"unicode/utf8"
)

// row is one difference as it stands in Parquet. Texts are valid UTF-8, since
// readers of Parquet refuse others; the values' exact bytes are beside them where
// they are not.
type row struct {
	Subject  string `parquet:"subject,dict"`
	Record   string `parquet:"record,dict"`
	Part     string `parquet:"part,dict"`
	Field    string `parquet:"field"`
	Pattern  string `parquet:"pattern,dict"`
	Kind     string `parquet:"kind,dict"`
	Class    string `parquet:"class,dict"`
	Severity string `parquet:"severity,dict"`
	Noise    bool   `parquet:"noise"`

	OldType   *string `parquet:"old_type,optional,dict"`
	Old       *string `parquet:"old,optional"`
	OldBytes  []byte  `parquet:"old_bytes,optional"`
	OldLength *int64  `parquet:"old_length,optional"`
	OldSHA256 []byte  `parquet:"old_sha256,optional"`
	NewType   *string `parquet:"new_type,optional,dict"`
	New       *string `parquet:"new,optional"`
	NewBytes  []byte  `parquet:"new_bytes,optional"`
	NewLength *int64  `parquet:"new_length,optional"`
	NewSHA256 []byte  `parquet:"new_sha256,optional"`
}

func toRow(d *Difference) row {
	r := row{
		Subject: valid(d.Subject), Record: valid(d.Record), Part: string(d.Part),
		Field: valid(d.Field), Pattern: valid(d.Pattern), Kind: string(d.Kind),
		Class: d.Class, Severity: string(d.Severity), Noise: d.Noise,
	}
	r.OldType, r.Old, r.OldBytes, r.OldLength, r.OldSHA256 = columns(&d.Old)
	r.NewType, r.New, r.NewBytes, r.NewLength, r.NewSHA256 = columns(&d.New)
	return r
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// columns are all null where the side has no value.
func columns(v *Value) (typ, text *string, raw []byte, length *int64, sum []byte) {
	if v.Type == "" {
		return nil, nil, nil, nil, nil
	}
	shown := v.Text
	if !utf8.ValidString(shown) {
		raw, shown = []byte(v.Text), valid(v.Text)
	}
	if v.Cut {
		length, sum = &v.Length, v.SHA256[:]
	}
	return &v.Type, &shown, raw, length, sum
}

func (r *row) difference() Difference {
	return Difference{
		Subject: r.Subject, Record: r.Record, Part: Part(r.Part), Field: r.Field,
		Pattern: r.Pattern, Kind: Kind(r.Kind), Class: r.Class,
		Severity: Severity(r.Severity), Noise: r.Noise,
		Old: value(r.OldType, r.Old, r.OldBytes, r.OldLength, r.OldSHA256),
		New: value(r.NewType, r.New, r.NewBytes, r.NewLength, r.NewSHA256),
	}
}

func value(typ, text *string, raw []byte, length *int64, sum []byte) Value {
	v := Value{Cut: length != nil}
	if typ != nil {
		v.Type = *typ
	}
	if text != nil {
		v.Text = *text
	}
	if raw != nil {
		v.Text = string(raw)
	}
	if length != nil {
		v.Length = *length
	}
	copy(v.SHA256[:], sum)
	return v
}
