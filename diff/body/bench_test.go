package body

import (
	"fmt"
	"strings"
	"testing"
)

func BenchmarkTypes(b *testing.B) {
	repeat := func(format string, n, seed int) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, format, i, seed)
		}
		return s.String()
	}
	for _, tc := range []struct{ kind, before, format, after string }{
		{formType, "a=1", "&f%d=value+%d", ""},
		{ndjson, "", "{\"id\":%d,\"name\":\"a name\",\"at\":%d}\n", ""},
		{eventStream, "", "id: %d\ndata: {\"name\":\"a name\",\"at\":%d}\n\n", ""},
		{"multipart/form-data; boundary=b", "", "--b\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\nvalue %d\r\n", "--b--\r\n"},
		{xmlType, "<r xmlns='u'>\n", "  <row id=\"%d\"><name>a name</name><at>%d</at></row>\n", "</r>"},
	} {
		b.Run(tc.kind, func(b *testing.B) {
			old, new := in(tc.kind, tc.before+repeat(tc.format, 200, 1)+tc.after), in(tc.kind, tc.before+repeat(tc.format, 200, 2)+tc.after)
			r := compile(b)
			var c Comparer
			b.SetBytes(int64(len(old.Bytes)))
			b.ReportAllocs()
			for b.Loop() {
				if got := c.Compare(old, new, r, discard{}, Options{}); got.Differences != 200 {
					b.Fatal(got)
				}
			}
		})
	}
}
