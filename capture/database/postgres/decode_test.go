package postgres

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"testing"
	"testing/iotest"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// wide is a table of twelve columns as shops have them.
const wide = `create table wide (id bigint primary key, customer int not null, status smallint, total numeric(12,2),
	rate float8, paid bool, day date, at timestamptz not null, note text, code char(8), ref uuid, data jsonb);
insert into wide select i, i * 7 %% 1000, i %% 5, (i * 13 %% 100000)::numeric / 100, i * 0.1, i %% 2 = 0, date '2020-01-01' + (i %% 1000)::int,
	timestamptz '2024-01-01 00:00+00' + i * interval '1 second', 'note number ' || i, 'C' || i %% 100,
	md5(i::text)::uuid, jsonb_build_object('n', i) from generate_series(1, %d) i`

// binaryCopy returns what the server sends for a table.
func binaryCopy(t testing.TB, d *db, sql string) []byte {
	t.Helper()
	var out capture
	if _, err := d.admin.conn.CopyTo(context.Background(), &out, "copy ("+sql+") to stdout (format binary)"); err != nil {
		t.Fatal(err)
	}
	return out.all
}

type capture struct{ all []byte }

func (c *capture) Write(p []byte) (int, error) { c.all = append(c.all, p...); return len(p), nil }

// TestPiecesMayBeCutAnywhere: the protocol promises no row per message.
func TestPiecesMayBeCutAnywhere(t *testing.T) {
	d := newDB(t, sprintf(wide, 40), "update wide set note = null, data = null where id % 3 = 0")
	s := d.open(database.Options{})
	table := tables(t, s)["public.wide"]
	want := readAll(t, s, table)
	stream := binaryCopy(t, d, "select * from wide order by id")
	p, _ := s.plan(table)
	for _, size := range []int{1, 2, 3, 7, 100, 1000, len(stream)} {
		var got []string
		r, _ := s.rows(p, func(b *snapshot.Batch) error { got = append(got, texts(b)...); return nil })
		r.most = 7
		for rest := stream; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			if _, err := r.Write(rest[:min(size, len(rest))]); err != nil {
				t.Fatalf("pieces of %d: %v", size, err)
			}
		}
		if err := r.finish(); err != nil {
			t.Fatalf("pieces of %d: %v", size, err)
		}
		equal(t, sprintf("pieces of %d", size), got, want)
	}
}

func TestAStreamThatEndsEarlyIsRefused(t *testing.T) {
	d := newDB(t, sprintf(wide, 3))
	s := d.open(database.Options{})
	p, _ := s.plan(tables(t, s)["public.wide"])
	stream := binaryCopy(t, d, "select * from wide")
	for n := range len(stream) {
		r, _ := s.rows(p, func(*snapshot.Batch) error { return nil })
		_, err := r.Write(stream[:n])
		if err = errors.Join(err, r.finish()); !errors.Is(err, errForm) {
			t.Fatalf("%d of %d bytes: %v", n, len(stream), err)
		}
	}
	r, _ := s.rows(p, func(*snapshot.Batch) error { return nil })
	if _, err := r.Write(append(stream, 0)); !errors.Is(err, errForm) {
		t.Errorf("one byte more: %v", err)
	}
}

// allTypes are the resolved types that the fuzzer decodes.
var allTypes = []uint32{16, 17, 18, 20, 21, 23, 25, 26, 114, 650, 700, 701, 774, 790, 829, 869, 1042, 1082, 1083, 1114, 1184, 1186, 1266,
	1560, 1562, 1700, 2950, 3802, 1007, 1231, 1009, 3904, 3906, 4451}

// fuzzTypes is as a database without types of its own has it.
func fuzzTypes() *typeSet {
	return &typeSet{moneyScale: 2, byOID: map[uint32]*typeInfo{
		1007: {kind: "b", element: 23}, 1231: {kind: "b", element: 1700}, 1009: {kind: "b", element: 25},
		3904: {kind: "r", within: 23}, 3906: {kind: "r", within: 1700}, 4451: {kind: "m", within: 3904},
	}}
}

// FuzzDecode: whatever arrives, the decoder ends with an error or with cells of the
// forms that snapshot defines, however the stream is cut.
func FuzzDecode(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed.column, seed.stream, uint16(3))
	}
	f.Fuzz(func(t *testing.T, column uint8, stream []byte, cut uint16) {
		oid := allTypes[int(column)%len(allTypes)]
		whole, err := fuzzRows(oid, stream, len(stream)+1)
		parts, errParts := fuzzRows(oid, stream, int(cut)+1)
		if (err == nil) != (errParts == nil) {
			t.Fatalf("whole: %v, in parts: %v", err, errParts)
		}
		if err == nil && sprintf("%q", whole) != sprintf("%q", parts) {
			t.Fatalf("whole %q, in parts %q", whole, parts)
		}
	})
}

func fuzzRows(oid uint32, stream []byte, size int) (out []string, err error) {
	e, _ := fuzzTypes().element(oid, map[string]int64{})
	table := &snapshot.Table{Name: "t", Columns: []snapshot.Column{{Name: "c", Class: e.class}}}
	r := &rows{table: table, decode: []decoder{e.decode}, batch: snapshot.NewBatch(table.Columns), most: 3}
	r.emit = func(b *snapshot.Batch) error { out = append(out, texts(b)...); return nil }
	for rest := stream; len(rest) > 0; rest = rest[min(size, len(rest)):] {
		if _, err := r.Write(rest[:min(size, len(rest))]); err != nil {
			return nil, err
		}
	}
	return out, r.finish()
}

type seed struct {
	column uint8
	stream []byte
}

// seeds has a stream for each type, of a plausible value and a null.
func seeds() []seed {
	var out []seed
	for i := range allTypes {
		for _, size := range []int{0, 1, 2, 4, 8, 12, 16, 24} {
			value := make([]byte, size)
			for j := range value {
				value[j] = byte(j * 3 % 5)
			}
			out = append(out, seed{uint8(i), streamOf(value)})
		}
	}
	numeric := []byte{0, 2, 0, 0, 0x40, 0, 0, 4, 0, 1, 0x13, 0x88}
	array := append([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1}, 0, 0, 0, 4, 0, 0, 0, 7)
	ranges := append([]byte{0x02}, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 9)
	return append(out, seed{25, streamOf(numeric)}, seed{28, streamOf(array)}, seed{31, streamOf(ranges)})
}

func streamOf(value []byte) []byte {
	out := append([]byte(signature), 0, 0, 0, 0, 0, 0, 0, 0)
	out = append(out, 0, 1)
	out = binary.BigEndian.AppendUint32(out, uint32(len(value)))
	out = append(out, value...)
	out = append(out, 0, 1, 0xff, 0xff, 0xff, 0xff)
	return append(out, 0xff, 0xff)
}

// TestListsAreJSON: what stands in a List is a document that parsers take.
func TestListsAreJSON(t *testing.T) {
	for _, c := range valueCases {
		if c.class == snapshot.List && !json.Valid([]byte(c.want)) {
			t.Errorf("%s: %s", c.name, c.want)
		}
	}
}

func TestAnErrorOfEmitEndsTheRead(t *testing.T) {
	d := newDB(t, sprintf(wide, 100))
	s := d.open(database.Options{BatchRows: 10})
	table := tables(t, s)["public.wide"]
	want := iotest.ErrTimeout
	if err := s.Read(t.Context(), table, func(*snapshot.Batch) error { return want }); err != want {
		t.Errorf("%v", err)
	}
	equal(t, "rows of the next read", len(readAll(t, s, table)), 100)
}

// BenchmarkDecode decodes what a server sent for rows of twelve columns.
func BenchmarkDecode(b *testing.B) {
	d := newDB(b, sprintf(wide, 20000))
	s, err := Open(b.Context(), d.dsn, database.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	p, _ := s.(*source).plan(tables(b, s)["public.wide"])
	stream := binaryCopy(b, d, "select * from wide order by id")
	r, _ := s.(*source).rows(p, func(*snapshot.Batch) error { return nil })
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r.state = inHeader
		if _, err := r.Write(stream); err != nil {
			b.Fatal(err)
		}
		n += 20000
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/row")
}

// BenchmarkRead reads the same from the server.
func BenchmarkRead(b *testing.B) {
	d := newDB(b, sprintf(wide, 200000))
	s, err := Open(b.Context(), d.dsn, database.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	table := tables(b, s)["public.wide"]
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Read(b.Context(), table, func(*snapshot.Batch) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200000, "ns/row")
}
