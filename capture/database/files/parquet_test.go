package files

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"pgregory.net/rapid"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// write makes a Parquet file of one column called v; a nil value is a null.
func write(t testing.TB, node parquet.Node, codec compress.Codec, values ...parquet.Value) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, parquet.NewSchema("t", parquet.Group{"v": node}), parquet.Compression(codec), parquet.PageBufferSize(64))
	max := 0
	if node.Optional() {
		max = 1
	}
	for _, v := range values {
		def := max
		if v.IsNull() {
			def = 0
		}
		if _, err := w.WriteRows([]parquet.Row{{v.Level(0, def, 0)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return put(t, "t.parquet", b.Bytes())
}

func fixed(n int64, size int) parquet.Value {
	x := new(big.Int).Mod(big.NewInt(n), new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	return parquet.FixedLenByteArrayValue(x.FillBytes(make([]byte, size)))
}

// TestParquetTypes is the list of what each type becomes (cases 1, 5, 6, 13, 14,
// 51, 60 of the list that every engine is held to).
func TestParquetTypes(t *testing.T) {
	i32, i64, text := parquet.Int32Value, parquet.Int64Value, func(s string) parquet.Value { return parquet.ByteArrayValue([]byte(s)) }
	for _, c := range []struct {
		node  parquet.Node
		value parquet.Value
		want  string
	}{
		{parquet.Leaf(parquet.BooleanType), parquet.BooleanValue(true), "bool true"},
		{parquet.Leaf(parquet.Int32Type), i32(-7), "number -7"},
		{parquet.Leaf(parquet.Int64Type), i64(math.MinInt64), "number -9223372036854775808"},
		{parquet.Int(8), i32(-8), "number -8"},
		{parquet.Uint(32), i32(-1), "number 4294967295"},
		{parquet.Uint(64), i64(-1), "number 18446744073709551615"},
		{parquet.Leaf(parquet.FloatType), parquet.FloatValue(0.1), "float 0.10000000149011612"},
		{parquet.Leaf(parquet.DoubleType), parquet.DoubleValue(math.Copysign(0, -1)), "float -0"},
		{parquet.Leaf(parquet.DoubleType), parquet.DoubleValue(math.NaN()), "float NaN"},
		{parquet.Decimal(2, 9, parquet.Int32Type), i32(-150), "number -1.5"},
		{parquet.Decimal(2, 18, parquet.Int64Type), i64(150), "number 1.5"},
		{parquet.Decimal(2, 18, parquet.ByteArrayType), text("\xff\x6a"), "number -1.5"},
		{parquet.Decimal(2, 38, parquet.FixedLenByteArrayType(16)), fixed(-150, 16), "number -1.5"},
		{parquet.Decimal(20, 38, parquet.FixedLenByteArrayType(5)), fixed(1, 5), "number 0.00000000000000000001"},
		{parquet.Decimal(0, 38, parquet.FixedLenByteArrayType(16)), fixed(-1, 16), "number -1"},
		{parquet.String(), text("é"), "text é"},
		{parquet.String(), text("a\x00b"), "text a\x00b"},
		{parquet.String(), text("\xff"), "bytes ff"},
		{parquet.Enum(), text("A"), "text A"},
		{parquet.JSON(), text(`{"a": 1}`), `json {"a": 1}`},
		{parquet.BSON(), text("\x05"), "bytes 05"},
		{parquet.Leaf(parquet.ByteArrayType), text("\x00\xff"), "bytes 00ff"},
		{parquet.Leaf(parquet.FixedLenByteArrayType(3)), parquet.FixedLenByteArrayValue([]byte("abc")), "bytes 616263"},
		{parquet.UUID(), parquet.FixedLenByteArrayValue([]byte("0123456789abcdef")), "uuid 30313233-3435-3637-3839-616263646566"},
		{parquet.Date(), i32(-1), "date 1969-12-31"},
		{parquet.Time(parquet.Millisecond), i32(1500), "time 00:00:01.500000"},
		{parquet.Time(parquet.Microsecond), i64(86399_999999), "time 23:59:59.999999"},
		{parquet.Time(parquet.Nanosecond), i64(1000), "time 00:00:00.000001"},
		{parquet.Timestamp(parquet.Millisecond), i64(-1), "instant 1969-12-31T23:59:59.999Z"},
		{parquet.Timestamp(parquet.Microsecond), i64(1), "instant 1970-01-01T00:00:00.000001Z"},
		{parquet.TimestampAdjusted(parquet.Nanosecond, false), i64(-1), "wall time 1969-12-31T23:59:59.999999999"},
		{parquet.Leaf(parquet.Int96Type), parquet.Int96Value(deprecated.Int96{1, 0, 2440589}), "wall time 1970-01-02T00:00:00.000000001"},
	} {
		for form, path := range map[string]string{
			"required":   write(t, c.node, &parquet.Zstd, c.value, c.value),
			"optional":   write(t, parquet.Optional(c.node), &parquet.Snappy, c.value, parquet.NullValue(), c.value),
			"dictionary": write(t, dictionary(c.node), &parquet.Gzip, c.value, c.value, c.value),
			"both":       write(t, parquet.Optional(dictionary(c.node)), &parquet.Uncompressed, parquet.NullValue(), c.value),
		} {
			got, _, err := dump(t, path, database.Options{BatchRows: 2})
			_, got, _ = strings.Cut(got, "\n")
			want := map[string]string{"required": "V\nV", "optional": "V\nnull null\nV", "dictionary": "V\nV\nV", "both": "null null\nV"}[form]
			check(t, fmt.Sprint(c.node.String(), " ", form), got, strings.ReplaceAll(want, "V", c.want), err)
		}
	}
}

// dictionary encodes by a dictionary where a type can be.
func dictionary(n parquet.Node) parquet.Node {
	if n.Type().Kind() == parquet.Boolean {
		return n
	}
	return parquet.Encoded(n, &parquet.RLEDictionary)
}

func TestParquetColumns(t *testing.T) {
	for want, node := range map[string]parquet.Node{
		"number bits=16 p=0 s=0 unsigned=true notnull=true":   parquet.Uint(8),
		"number bits=64 p=0 s=0 unsigned=true notnull=true":   parquet.Uint(32),
		"number bits=0 p=20 s=0 unsigned=true notnull=true":   parquet.Uint(64),
		"number bits=16 p=0 s=0 unsigned=false notnull=false": parquet.Optional(parquet.Int(8)),
		"number bits=0 p=38 s=2 unsigned=false notnull=true":  parquet.Decimal(2, 38, parquet.FixedLenByteArrayType(16)),
		"float bits=32 p=0 s=0 unsigned=false notnull=true":   parquet.Leaf(parquet.FloatType),
		"instant bits=0 p=3 s=0 unsigned=false notnull=true":  parquet.Timestamp(parquet.Millisecond),
	} {
		_, of, err := table(t, write(t, node, &parquet.Zstd), database.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := of.Columns[0]
		check(t, node.String(), fmt.Sprintf("%s bits=%d p=%d s=%d unsigned=%v notnull=%v", c.Class, c.Bits, c.Precision, c.Scale, c.Unsigned, c.NotNull), want, nil)
	}
}

func TestParquetLists(t *testing.T) {
	type row struct {
		L []string   `parquet:"l,list,optional"`
		N []*int64   `parquet:"n,list"`
		F []float64  `parquet:"f"`
		U [][16]byte `parquet:"u,list"`
	}
	n := int64(7)
	path := writeRows(t, []row{
		{L: []string{"a", "b\"\\\n\x01é"}, N: []*int64{&n, nil}, F: []float64{0.1, math.Inf(1)}, U: [][16]byte{{1}}},
		{},
		{L: []string{}, N: []*int64{nil}, F: []float64{1e300}},
	})
	got, of, err := dump(t, path, database.Options{})
	check(t, "lists", got, strings.Join([]string{
		`l list | n list | f list | u list`,
		`list ["a","b\"\\\u000a\u0001é"] | list [7,null] | list [0.1,"+Inf"] | list ["01000000000000000000000000000000"]`,
		`null null | list [] | list [] | list []`,
		`list [] | list [null] | list [1e+300] | list []`,
	}, "\n"), err)
	if err == nil && !strings.Contains(of.Columns[0].Declared, "LIST of BYTE_ARRAY") {
		t.Errorf("%+v", of.Columns)
	}
}

func writeRows[T any](t testing.TB, rows []T, options ...parquet.WriterOption) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return put(t, "t.parquet", b.Bytes())
}

// TestListsOverPages: lists that are longer than pages and row groups.
func TestListsOverPages(t *testing.T) {
	type row struct {
		ID int64    `parquet:"id"`
		L  []string `parquet:"l,list"`
	}
	var rows []row
	var want []string
	for i := range 200 {
		r := row{ID: int64(i)}
		for j := range i % 40 {
			r.L = append(r.L, fmt.Sprint(i, ".", j))
		}
		rows = append(rows, r)
		want = append(want, fmt.Sprintf("number %d | list [%s]", i, quoteAll(r.L)))
	}
	got, _, err := dump(t, writeRows(t, rows, parquet.PageBufferSize(100), parquet.MaxRowsPerRowGroup(70), parquet.DataPageVersion(1)), database.Options{BatchRows: 7})
	_, got, _ = strings.Cut(got, "\n")
	check(t, "lists", got, strings.Join(want, "\n"), err)
}

func quoteAll(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return `"` + strings.Join(list, `","`) + `"`
}

func TestGroupsAreRefusedByName(t *testing.T) {
	type inner struct{ A, B int64 }
	for want, path := range map[string]string{
		`"s"`: writeRows(t, []struct {
			S inner `parquet:"s"`
		}{{}}),
		`"m"`: writeRows(t, []struct {
			M map[string]int64 `parquet:"m"`
		}{{}}),
		`"l"`: writeRows(t, []struct {
			L []inner `parquet:"l,list"`
		}{{}}),
	} {
		if _, _, err := dump(t, path, database.Options{}); !errors.Is(err, database.ErrType) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	path := write(t, parquet.Leaf(parquet.Int64Type), &parquet.Lz4Raw, parquet.Int64Value(1))
	if _, _, err := dump(t, path, database.Options{}); err == nil || !strings.Contains(err.Error(), "LZ4") {
		t.Errorf("%v", err)
	}
	path = write(t, parquet.Time(parquet.Nanosecond), &parquet.Zstd, parquet.Int64Value(1))
	if _, _, err := dump(t, path, database.Options{}); !errors.Is(err, database.ErrType) {
		t.Errorf("a nanosecond is lost: %v", err)
	}
}

// TestParquetReadsWhatWasWritten draws columns, page sizes and batches.
func TestParquetReadsWhatWasWritten(t *testing.T) {
	type row struct {
		A int64    `parquet:"a"`
		B *string  `parquet:"b,optional,dict"`
		C *float64 `parquet:"c,optional"`
		D string   `parquet:"d,delta"`
		E bool     `parquet:"e"`
		F *bool    `parquet:"f,optional"`
	}
	rapid.Check(t, func(rt *rapid.T) {
		var rows []row
		want := "a number | b text | c float | d text | e bool | f bool"
		for range rapid.IntRange(0, 300).Draw(rt, "rows") {
			r := row{A: rapid.Int64().Draw(rt, "a"), D: rapid.String().Draw(rt, "d"), E: rapid.Bool().Draw(rt, "e"),
				B: rapid.Ptr(rapid.SampledFrom([]string{"", "x", "yy"}), true).Draw(rt, "b"), C: rapid.Ptr(rapid.Float64(), true).Draw(rt, "c"),
				F: rapid.Ptr(rapid.Bool(), true).Draw(rt, "f")}
			rows = append(rows, r)
			want += fmt.Sprintf("\nnumber %d | %s | %s | text %s | bool %v | %s", r.A, orNull("text", r.B), orNull("float", r.C), r.D, r.E, orNull("bool", r.F))
		}
		path := writeRows(t, rows, parquet.PageBufferSize(rapid.IntRange(50, 5000).Draw(rt, "page")), parquet.DataPageVersion(rapid.IntRange(1, 2).Draw(rt, "version")),
			parquet.MaxRowsPerRowGroup(rapid.Int64Range(1, 400).Draw(rt, "group")), parquet.Compression(&parquet.Snappy))
		got, _, err := dump(t, path, database.Options{BatchRows: rapid.IntRange(1, 400).Draw(rt, "batch")})
		if err != nil || got != want {
			rt.Fatalf("%v\n got %s\nwant %s", err, got, want)
		}
		if err := os.Remove(path); err != nil {
			rt.Fatal(err)
		}
	})
}

func orNull[T any](class string, v *T) string {
	if v == nil {
		return "null null"
	}
	switch x := any(*v).(type) {
	case float64:
		return "float " + string(snapshot.AppendText(nil, snapshot.Float, snapshot.AppendFloat(nil, x)))
	default:
		return fmt.Sprint(class, " ", x)
	}
}

// TestDamagedParquet flips bits: an error or rows, never a panic. Which values are
// right only a digest can tell; files have none.
func TestDamagedParquet(t *testing.T) {
	type row struct {
		A int64    `parquet:"a"`
		B *string  `parquet:"b,optional,dict"`
		L []string `parquet:"l,list"`
	}
	b := "text"
	good, err := os.ReadFile(writeRows(t, []row{{1, &b, []string{"x"}}, {2, nil, nil}, {3, &b, []string{"y", "z"}}}, parquet.Compression(&parquet.Snappy)))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		if _, _, err := dump(t, put(t, "t.parquet", bad), database.Options{}); err != nil {
			refused++
		}
	}
	for _, n := range []int{0, 4, 11, 12, len(good) / 2, len(good) - 1} {
		if _, _, err := dump(t, put(t, "t.parquet", good[:n]), database.Options{}); err == nil {
			t.Errorf("%d bytes of %d read", n, len(good))
		}
	}
	if refused < len(good)/4 {
		t.Errorf("%d of %d refused", refused, len(good))
	}
}

func TestParquetIsNotWhatItWas(t *testing.T) {
	path := write(t, parquet.Leaf(parquet.Int64Type), &parquet.Zstd, parquet.Int64Value(1))
	src, of, err := table(t, path, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := src.(database.Estimator).Estimate(t.Context(), of); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	other, err := os.ReadFile(write(t, parquet.String(), &parquet.Zstd))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, other, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := src.Read(t.Context(), of, func(*snapshot.Batch) error { return nil }); err == nil {
		t.Error("another schema reads")
	}
}

// TestColumnsOfNullsOnly: DuckDB and pandas give what holds nothing else a type of its own.
func TestColumnsOfNullsOnly(t *testing.T) {
	path := write(t, parquet.Optional(parquet.Leaf(parquet.NullType)), &parquet.Snappy, parquet.NullValue(), parquet.NullValue())
	got, _, err := dump(t, path, database.Options{})
	check(t, "nulls", got, "v number\nnull null\nnull null", err)
}

// TestTimesBeyondTheSnapshotsTypes: a column that may hold them says so.
func TestTimesBeyondTheSnapshotsTypes(t *testing.T) {
	for want, c := range map[string]struct {
		node  parquet.Node
		value parquet.Value
	}{
		"date infinity":                   {parquet.Date(), parquet.Int32Value(math.MaxInt32)},
		"time 24:00:00":                   {parquet.Time(parquet.Microsecond), parquet.Int64Value(86_400_000_000)},
		"wall time 9999-12-31T00:00:00":   {parquet.Leaf(parquet.Int96Type), parquet.Int96Value(deprecated.Int96{0, 0, 5373484})},
		"instant +294247-01-10T11:40:00Z": {parquet.Timestamp(parquet.Millisecond), parquet.Int64Value(9_223_372_064_400_000)},
	} {
		path := write(t, c.node, &parquet.Snappy, c.value)
		got, of, err := dump(t, path, database.Options{})
		_, got, _ = strings.Cut(got, "\n")
		check(t, want, got, want, err)
		if err == nil && !of.Columns[0].Mixed {
			t.Errorf("%s: the column is not mixed", want)
		}
	}
}
