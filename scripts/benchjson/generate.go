package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
)

// generate makes n pairs of an order's JSON. Of every so many, one differs, in
// the field called differs.
func generate(n, every int, differs string) []pair {
	r := rand.New(rand.NewPCG(1, 2))
	pairs := make([]pair, n)
	for i := range pairs {
		o := draw(r, i)
		pairs[i].old = o.text("", "")
		mark := ""
		if i%every == 0 {
			mark = differs
		}
		pairs[i].new = o.text(mark, "7")
		pairs[i].oldHash, pairs[i].newHash = sha256.Sum256(pairs[i].old), sha256.Sum256(pairs[i].new)
	}
	return pairs
}

// order is what a pair's two texts have in common.
type order struct {
	id     int
	places []uint64
}

func draw(r *rand.Rand, id int) order {
	o := order{id: id}
	for range 96 {
		o.places = append(o.places, r.Uint64())
	}
	return o
}

// text writes the order; the field called differs gets suffix as its last
// character.
func (o *order) text(differs, suffix string) []byte {
	var b bytes.Buffer
	end := func(field string) string {
		if field == differs {
			return suffix
		}
		return "0"
	}
	fmt.Fprintf(&b, `{"id":%d,"updated_at":"2026-03-0%dT10:11:12.12345%sZ","customer":{"name":"Customer %x %s",`,
		o.id, 1+o.places[0]%9, end("updated_at"), o.places[1], end("customer"))
	fmt.Fprintf(&b, `"email":"c%x@example.org","address":{"street":"%x Street","city":"City %x","zip":"%05d"}},"lines":[`,
		o.places[2], o.places[3], o.places[4], o.places[5]%100_000)
	for i := 6; i < 18*5; i += 6 {
		if i > 6 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sku":"SKU-%08d","title":"Article \"%x\" – blue","quantity":%d,"price":%d.%02d,"tax":0.19,"gift":%v,"note":null}`,
			o.places[i]%100_000_000, o.places[i+1], 1+o.places[i+2]%9, o.places[i+3]%1000, o.places[i+4]%100, o.places[i+5]%2 == 0)
	}
	fmt.Fprintf(&b, `],"total":%d.%02d,"currency":"EUR","status":"shipped","tags":["web","priority","b2c"],"version":3}`,
		o.places[90]%10_000, o.places[91]%100)
	return b.Bytes()
}
