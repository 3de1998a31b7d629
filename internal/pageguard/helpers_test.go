package pageguard

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	pq "github.com/parquet-go/parquet-go/format"
)

// chunkPages are the pages of a chunk as texts: levels, and values as they are in memory.
type chunkPages []string

// ours reads a chunk by a Column.
func ours(c *Column, m *pq.ColumnMetaData) (out chunkPages, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	var dictionary []string
	for c.Open(m); ; {
		if err := c.Next(); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return out, err
		}
		switch {
		case c.Dictionary:
			dictionary = rendered(c.Values, &c.leaf, c.Count)
		case c.Slots > 0:
			out = append(out, c.text(dictionary))
		}
	}
}

func (c *Column) text(dictionary []string) string {
	var values []string
	if c.Indexes == nil {
		values = rendered(c.Values, &c.leaf, c.Count)
	}
	for _, i := range c.Indexes {
		values = append(values, dictionary[i])
	}
	def := c.Def
	if def == nil && c.leaf.MaxDef > 0 {
		def = bytes.Repeat([]byte{byte(c.leaf.MaxDef)}, c.Slots)
	}
	return fmt.Sprintf("%d %x %x %q", c.Slots, c.Rep, def, values)
}

// theirs reads a chunk by the library.
func theirs(chunk parquet.ColumnChunk, l *Leaf) (out chunkPages, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	pages := chunk.Pages()
	defer pages.Close()
	for {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if p.NumValues() > 0 {
			out = append(out, theirText(p, l))
		}
		parquet.Release(p)
	}
}

func theirText(p parquet.Page, l *Leaf) string {
	n := int(p.NumValues())
	if def := p.DefinitionLevels(); l.MaxDef > 0 {
		n = bytes.Count(def, []byte{byte(l.MaxDef)})
	}
	values, data := []string{}, p.Data()
	if d := p.Dictionary(); d != nil {
		all := rendered(d.Page().Data(), l, d.Len())
		for _, i := range data.Int32()[:n] {
			values = append(values, all[i])
		}
	} else {
		values = rendered(data, l, n)
	}
	return fmt.Sprintf("%d %x %x %q", p.NumValues(), p.RepetitionLevels(), p.DefinitionLevels(), values)
}

// rendered are n values, each as its bytes, or as the digest of many.
func rendered(v encoding.Values, l *Leaf, n int) []string {
	out := make([]string, n)
	data, offsets := v.Data()
	for i := range out {
		switch l.Type {
		case pq.Boolean:
			out[i] = fmt.Sprint(data[i/8] >> (i % 8) & 1)
		case pq.ByteArray:
			out[i] = string(data[offsets[i]:offsets[i+1]])
			if len(out[i]) > 1000 {
				out[i] = fmt.Sprintf("%x", sha256.Sum256([]byte(out[i])))
			}
		default:
			size := map[pq.Type]int{pq.Int32: 4, pq.Float: 4, pq.Int64: 8, pq.Double: 8, pq.Int96: 12, pq.FixedLenByteArray: l.Length}[l.Type]
			out[i] = string(data[size*i:][:size])
		}
	}
	return out
}

// opened is a file in memory and what its only column is.
func opened(t interface{ Fatal(...any) }, b []byte) (*parquet.File, Leaf) {
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)), parquet.SkipPageIndex(true))
	if err != nil {
		t.Fatal(err)
	}
	c := f.Root().Columns()[0]
	for !c.Leaf() {
		c = c.Columns()[0]
	}
	return f, Leaf{Type: pq.Type(c.Type().Kind()), Length: c.Type().Length(), MaxDef: c.MaxDefinitionLevel(), MaxRep: c.MaxRepetitionLevel()}
}

// column is a file of one column of rows, each of which has its slots.
func column(t testing.TB, node parquet.Node, rows []parquet.Row, options ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, append(options, parquet.NewSchema("t", parquet.Group{"v": node}))...)
	for _, row := range rows {
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func short(s chunkPages) string {
	text := strings.Join(s, "\n")
	return text[:min(len(text), 2000)]
}
