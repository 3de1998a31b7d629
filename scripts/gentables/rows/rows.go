// Package rows makes tables of mixed columns for benchmarks, the same ones every
// time.
//
// Terms: a variant is how the new side differs from the old one.
//
// Steps: each cell is a function of the row's number, the column and the variant;
// All yields them in batches, in key order.
//
// Limits: the texts are made of a few hundred words, so that they compress as
// texts do.
package rows

import (
	"encoding/binary"
	"fmt"
	"iter"

	"parallax/capture/snapshot"
)

// Variant is how a side differs from the plain one.
type Variant int

// The variants. In Few, of 10,000 rows two are touched: one changed in one
// column, every other time a row is missing or another one is put in.
const (
	Plain Variant = iota
	Few
	Every
)

// Table describes what All yields.
func Table() snapshot.Table {
	return snapshot.Table{
		Schema: "public", Name: "orders", From: "table", Key: []string{"id"}, KeyFrom: "primary key",
		Columns: []snapshot.Column{
			{Name: "id", Declared: "bigint", Class: snapshot.Number, Bits: 64, NotNull: true},
			{Name: "customer", Declared: "integer", Class: snapshot.Number, Bits: 32},
			{Name: "status", Declared: "text", Class: snapshot.Text},
			{Name: "amount", Declared: "numeric(12,2)", Class: snapshot.Number, Precision: 12, Scale: 2, Mixed: true},
			{Name: "rate", Declared: "double precision", Class: snapshot.Float, Bits: 64},
			{Name: "active", Declared: "boolean", Class: snapshot.Bool},
			{Name: "created", Declared: "timestamp with time zone", Class: snapshot.Instant, Precision: 6, Mixed: true},
			{Name: "day", Declared: "date", Class: snapshot.Date, Mixed: true},
			{Name: "note", Declared: "text", Class: snapshot.Text},
			{Name: "email", Declared: "text", Class: snapshot.Text},
			{Name: "ref", Declared: "uuid", Class: snapshot.UUID},
			{Name: "quantity", Declared: "integer", Class: snapshot.Number, Bits: 32},
		},
	}
}

// batchRows is the size of the batches.
const batchRows = 4096

// All yields n rows of a variant, in key order. The batch is reused.
func All(n int, v Variant) iter.Seq[*snapshot.Batch] {
	return func(yield func(*snapshot.Batch) bool) {
		table := Table()
		b := snapshot.NewBatch(table.Columns)
		for i := range n {
			if touched := v == Few && mix(uint64(i), 99)%5000 == 0; !touched {
				row(b, uint64(i)*2, v, false)
			} else {
				someRow(b, uint64(i))
			}
			if b.Rows >= batchRows || i == n-1 {
				if !yield(b) {
					return
				}
				b.Reset()
			}
		}
	}
}

// someRow is a row that Few touches: changed, followed by one that the plain
// table does not have, or left out.
func someRow(b *snapshot.Batch, i uint64) {
	switch mix(i, 100) % 4 {
	case 0:
		row(b, i*2, Plain, false)
		row(b, i*2+1, Plain, false)
	case 1:
	default:
		row(b, i*2, Plain, true)
	}
}

// mix is a hash of a row and a column (splitmix64).
func mix(row, column uint64) uint64 {
	z := row*0x9E3779B97F4A7C15 + column*0xBF58476D1CE4E5B9
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func row(b *snapshot.Batch, id uint64, v Variant, changed bool) {
	b.Rows++
	c := b.Columns
	number(&c[0], int64(id), 0)
	number(&c[1], int64(mix(id, 1)%500_000), 0)
	text(&c[2], statuses[mix(id, 2)%uint64(len(statuses))])
	amount := int64(mix(id, 3) % 10_000_000)
	if changed || v == Every {
		amount++
	}
	number(&c[3], amount, 2)
	c[4].Data = snapshot.AppendFloat(c[4].Data, float64(mix(id, 4)%1_000_000)/7)
	c[4].End()
	c[5].Data = snapshot.AppendBool(c[5].Data, mix(id, 5)%3 == 0)
	c[5].End()
	c[6].Data = snapshot.AppendMicros(c[6].Data, 1_700_000_000_000_000+int64(mix(id, 6)%31_536_000_000_000))
	c[6].End()
	c[7].Data = snapshot.AppendDays(c[7].Data, 19_000+int32(mix(id, 7)%2000))
	c[7].End()
	note(&c[8], id)
	c[9].Data = fmt.Appendf(c[9].Data, "user%d@example.com", mix(id, 9)%500_000)
	c[9].End()
	c[10].Data = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(c[10].Data, mix(id, 10)), mix(id, 11))
	c[10].End()
	if mix(id, 12)%20 == 0 {
		c[11].AppendNull()
	} else {
		number(&c[11], int64(mix(id, 13)%100), 0)
	}
}

func number(v *snapshot.Vector, n int64, scale int) {
	v.Data = snapshot.AppendScaled(v.Data, n, scale)
	v.End()
}

func text(v *snapshot.Vector, s string) {
	v.Data = append(v.Data, s...)
	v.End()
}

var statuses = [...]string{"new", "paid", "packed", "sent", "delivered", "returned"}

var words = [...]string{
	"blue", "green", "small", "large", "box", "gift", "fragile", "return", "invoice", "please", "ring", "door", "garden", "back", "front",
	"leave", "with", "neighbour", "before", "noon", "after", "call", "first", "second", "floor", "left", "right", "thank", "you", "birthday", "card", "wrapped",
}

func note(v *snapshot.Vector, id uint64) {
	h := mix(id, 8)
	for k := range 3 + h%10 {
		if k > 0 {
			v.Data = append(v.Data, ' ')
		}
		v.Data = append(v.Data, words[mix(h, k)%uint64(len(words))]...)
	}
	v.End()
}
