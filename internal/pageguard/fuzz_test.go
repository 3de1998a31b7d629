package pageguard

import (
	"bytes"
	"testing"

	pq "github.com/parquet-go/parquet-go/format"
)

// FuzzPages: any bytes are an error or pages whose every value is there. A panic is
// the library's, or a mistake here; both are reported.
func FuzzPages(f *testing.F) {
	for _, b := range mutable(f) {
		file, leaf := opened(f, b)
		m := &file.Metadata().RowGroups[0].Columns[0].MetaData
		from := Start(m)
		f.Add(b[from:from+m.TotalCompressedSize], uint8(leaf.Type), uint8(leaf.MaxDef), uint8(0), uint8(leaf.Length), uint8(m.Codec))
	}
	f.Fuzz(func(t *testing.T, b []byte, typ, def, rep, length, codec uint8) {
		rep %= 2
		leaf := Leaf{Type: pq.Type(typ % 8), MaxDef: int(max(def%4, rep)), MaxRep: int(rep), Length: int(length)}
		c := NewColumn(bytes.NewReader(b), leaf, new(Unpacker))
		defer c.unpack.Close()
		c.Open(&pq.ColumnMetaData{NumValues: 1 << 12, TotalCompressedSize: int64(len(b)), Codec: pq.CompressionCodec(codec % 8)})
		pages(t, c)
	})
}

// pages looks at all values of all pages.
func pages(t *testing.T, c *Column) {
	var dictionary []string
	for at := c.at; ; at = c.at {
		if c.Next() != nil {
			return
		}
		if c.at <= at || !c.Dictionary && c.Count > c.Slots {
			t.Fatalf("%d values in %d slots", c.Count, c.Slots)
		}
		if c.Dictionary {
			dictionary = rendered(c.Values, &c.leaf, c.Count)
			continue
		}
		_ = c.text(dictionary)
	}
}
