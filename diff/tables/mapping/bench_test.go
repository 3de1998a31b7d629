package mapping

import (
	"strconv"
	"testing"

	"parallax/capture/snapshot"
)

func BenchmarkJudge(b *testing.B) {
	for _, c := range []Column{
		{Old: "c", New: "d", Expr: "old * 100"}, {Old: "c", Tolerance: "0.01"}, {Old: "c", Precision: 6},
	} {
		s, err := Compile(Config{Tables: []Table{{Old: "t", Columns: []Column{c}}}})
		if err != nil {
			b.Fatal(err)
		}
		j := s.Judge("t", "c")
		old, new := snapshot.AppendScaled(nil, 1999, 2), snapshot.AppendInt(nil, 1999)
		b.Run(c.Expr+string(c.Tolerance)+strconv.Itoa(c.Precision), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := j.Equal(snapshot.Number, old, snapshot.Number, new); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
