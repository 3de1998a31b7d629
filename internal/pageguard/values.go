package pageguard

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/bytestreamsplit"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/plain"
	"github.com/parquet-go/parquet-go/encoding/rle"
	pq "github.com/parquet-go/parquet-go/format"
)

// decoder keeps the memory that a column's pages are decoded into.
type decoder struct {
	rep, def           []byte
	bools, bytes       []byte
	indexes            []int32
	int32s             []int32
	int64s             []int64
	int96s             []deprecated.Int96
	floats             []float32
	doubles            []float64
	offsets            []uint32
	prefixes, suffixes []int32
}

// oldDictionary is how writers before version 2 name the encoding of a dictionary, and
// of indexes in it.
const oldDictionary = pq.Encoding(2)

// decode decodes the n values of a page, which fill b.
func (c *Column) decode(b []byte, encoding pq.Encoding, n int) (err error) {
	c.Count = n
	if n == 0 { // whatever a writer puts there
		b, encoding = nil, pq.Plain
	}
	if encoding == pq.RLEDictionary || encoding == oldDictionary {
		return c.decodeIndexes(b, n)
	}
	c.Values, err = c.values(&c.leaf, encoding, b, n)
	return err
}

// decodeIndexes decodes places in the dictionary, behind how many bits each has.
func (c *Column) decodeIndexes(b []byte, n int) error {
	if len(b) == 0 || b[0] > 32 {
		return damaged("indexes without their size, or of more than 32 bits")
	}
	if err := checkRuns(b[1:], int(b[0]), n); err != nil {
		return err
	}
	var runs rle.DictionaryEncoding
	var err error
	if c.indexes, err = runs.DecodeInt32(c.indexes, b); err != nil || len(c.indexes) < n {
		return damaged("%d indexes of %d (%v)", len(c.indexes), n, err)
	}
	c.Indexes = c.indexes[:n]
	return c.checkIndexes()
}

func (c *Column) checkIndexes() error {
	if c.dictionary < 0 {
		return damaged("indexes without a dictionary")
	}
	most := uint32(0)
	for _, i := range c.Indexes {
		most = max(most, uint32(i))
	}
	if int64(most) >= int64(c.dictionary) {
		return damaged("an index of %d in a dictionary of %d", most, c.dictionary)
	}
	return nil
}

func (d *decoder) values(l *Leaf, e pq.Encoding, b []byte, n int) (encoding.Values, error) {
	switch l.Type {
	case pq.Boolean:
		return d.booleans(e, b, n)
	case pq.ByteArray:
		return d.texts(e, b, n)
	case pq.FixedLenByteArray:
		return d.fixed(e, b, n, l.Length)
	}
	numbers, err := numberEncoding(l.Type, e, b, n)
	if err != nil {
		return encoding.Values{}, err
	}
	v, got, err := d.numbers(l.Type, numbers, b)
	if err != nil || got != n {
		return v, damaged("%d values in the encoding %s where there are %d (%v)", got, e, n, err)
	}
	return v, nil
}

// numberEncoding is how the library decodes numbers, where it may.
func numberEncoding(t pq.Type, e pq.Encoding, b []byte, n int) (encoding.Encoding, error) {
	switch e {
	case pq.Plain:
		return new(plain.Encoding), nil
	case pq.ByteStreamSplit:
		return new(bytestreamsplit.Encoding), nil
	case pq.DeltaBinaryPacked:
		most := 64
		if t == pq.Int32 {
			most = 32
		}
		_, err := checkDeltas(b, n, most)
		return new(delta.BinaryPackedEncoding), err
	}
	return nil, damaged("values in the encoding %s", e)
}

// numbers decodes all of b, and returns how many numbers there are. The library has
// an error where a type has no such encoding.
func (d *decoder) numbers(t pq.Type, e encoding.Encoding, b []byte) (v encoding.Values, n int, err error) {
	switch t {
	case pq.Int32:
		d.int32s, err = e.DecodeInt32(d.int32s, b)
		return encoding.Int32Values(d.int32s), len(d.int32s), err
	case pq.Int64:
		d.int64s, err = e.DecodeInt64(d.int64s, b)
		return encoding.Int64Values(d.int64s), len(d.int64s), err
	case pq.Int96:
		d.int96s, err = e.DecodeInt96(d.int96s, b)
		return encoding.Int96Values(d.int96s), len(d.int96s), err
	case pq.Float:
		d.floats, err = e.DecodeFloat(d.floats, b)
		return encoding.FloatValues(d.floats), len(d.floats), err
	case pq.Double:
		d.doubles, err = e.DecodeDouble(d.doubles, b)
		return encoding.DoubleValues(d.doubles), len(d.doubles), err
	}
	return v, 0, damaged("values of type %s", t)
}

// booleans are bits, or runs behind their length. The library takes the value of a
// run for eight bits, which is true of its own writer only.
func (d *decoder) booleans(e pq.Encoding, b []byte, n int) (encoding.Values, error) {
	switch {
	case e == pq.Plain && len(b) == (n+7)/8:
		return encoding.BooleanValues(b), nil
	case e != pq.RLE:
		return encoding.Values{}, damaged("%d truth values in %d bytes in the encoding %s", n, len(b), e)
	case len(b) < 4 || int64(binary.LittleEndian.Uint32(b)) != int64(len(b)-4):
		return encoding.Values{}, damaged("runs whose length is not theirs")
	}
	if err := checkRuns(b[4:], 1, n); err != nil {
		return encoding.Values{}, err
	}
	runs := rle.Encoding{BitWidth: 1}
	var err error
	if d.bools, err = runs.DecodeLevels(d.bools, b[4:]); err != nil || len(d.bools) < n {
		return encoding.Values{}, damaged("%d truth values of %d (%v)", len(d.bools), n, err)
	}
	return encoding.BooleanValues(d.bitsOf(d.bools[:n])), nil
}

func (d *decoder) bitsOf(bools []byte) []byte {
	d.bytes = grown(d.bytes, int64(len(bools)+7)/8)
	clear(d.bytes)
	for i, v := range bools {
		if v != 0 {
			d.bytes[i/8] |= 1 << (i % 8)
		}
	}
	return d.bytes
}
