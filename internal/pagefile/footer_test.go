package pagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"parallax/internal/sealed"
)

// withFooter is a file whose footer is b.
func withFooter(b []byte) []byte {
	out := append([]byte(magic), b...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(b)))
	return append(out, magic...)
}

// TestF9_FootersThatClaim: lengths that the file cannot hold are refused before
// anything is allocated on their word. (F9)
func TestF9_FootersThatClaim(t *testing.T) {
	long := binary.AppendUvarint(nil, 1<<31)
	field := func(kind byte, value ...byte) []byte { return append([]byte{1<<4 | kind}, value...) }
	deep := bytes.Repeat([]byte{1<<4 | thriftStruct}, 1000)
	cases := map[string]struct {
		footer []byte
		fine   bool
	}{
		"nothing in it":                {[]byte{0}, true},
		"a number":                     {append(field(thriftI64, 2), 0), true},
		"a list of two bytes":          {append(field(thriftList, 2<<4|thriftByte, 7, 7), 0), true},
		"a map, which Parquet has not": {append(field(thriftMap, 1, thriftByte<<4|thriftByte, 1, 2), 0), false},
		"no end":                       {field(thriftI64, 2), false},
		"a long list":                  {append(field(thriftList, append([]byte{15<<4 | thriftStruct}, long...)...), 0), false},
		"a long set":                   {append(field(thriftSet, append([]byte{15<<4 | thriftTrue}, long...)...), 0), false},
		"a long map":                   {append(field(thriftMap, append(bytes.Clone(long), thriftByte<<4|thriftByte)...), 0), false},
		"a long text":                  {append(field(thriftBinary, long...), 0), false},
		"an unknown type":              {append(field(13), 0), false},
		"a million levels":             {append(deep, make([]byte, 1001)...), false},
		"a number without end":         {append(field(thriftI64), bytes.Repeat([]byte{0x80}, 11)...), false},
	}
	for name, c := range cases {
		file := withFooter(c.footer)
		err := CheckFooter(bytes.NewReader(file), int64(len(file)))
		if (err == nil) != c.fine || err != nil && !errors.Is(err, sealed.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	file := withFooter([]byte{0})
	binary.LittleEndian.PutUint32(file[len(file)-8:], 1<<30)
	if err := CheckFooter(bytes.NewReader(file), int64(len(file))); !errors.Is(err, sealed.ErrDamaged) {
		t.Errorf("a footer longer than the file: %v", err)
	}
}

// FuzzFooter: any bytes are an error or a footer; nothing is allocated beyond them.
func FuzzFooter(f *testing.F) {
	f.Add(withFooter([]byte{0}))
	f.Add(withFooter([]byte{1<<4 | thriftList, 2<<4 | thriftByte, 7, 7, 0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = CheckFooter(bytes.NewReader(b), int64(len(b))) // must not panic
	})
}
