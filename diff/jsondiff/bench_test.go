package jsondiff

import (
	"fmt"
	"strings"
	"testing"

	"parallax/diff/rules"
)

// order makes a document of about 2 KB.
func order(at, total string, lines int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"id":123456,"updated_at":"2026-03-01T10:11:12.%sZ","customer":{"name":"A Customer","email":"a@example.org"},"lines":[`, at)
	for i := range lines {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sku":"SKU-%08d","title":"An article \"with\" a name","quantity":%d,"price":%d.95,"gift":false,"note":null}`, i*7919, i%5, i*3)
	}
	fmt.Fprintf(&b, `],"total":%s,"currency":"EUR","status":"shipped"}`, total)
	return []byte(b.String())
}

func BenchmarkCompare(b *testing.B) {
	r := func(list ...rules.Rule) *rules.RouteRules { return compile(b, list...) }
	for _, bc := range []struct {
		name     string
		old, new []byte
		rules    *rules.RouteRules
	}{
		{"equal bytes", order("123456", "1.00", 16), order("123456", "1.00", 16), r()},
		{"timestamp ignored", order("123456", "1.00", 16), order("654321", "1.00", 16), r(ignoring("/updated_at"))},
		{"first and last changed", order("123456", "1.00", 16), order("654321", "2.00", 16), r()},
		{"spaces", order("123456", "1.00", 16), []byte(strings.ReplaceAll(string(order("123456", "1.00", 16)), ",", ", ")), r()},
		{"line added", order("123456", "1.00", 16), order("123456", "1.00", 17), r()},
	} {
		b.Run(strings.ReplaceAll(bc.name, " ", "_"), func(b *testing.B) {
			var c Comparer
			sink := &counter{}
			b.SetBytes(int64(len(bc.old) + len(bc.new)))
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Compare(bc.old, bc.new, bc.rules, sink, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
