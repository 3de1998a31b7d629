package files

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

func TestCSV(t *testing.T) {
	const text = "\ufeffid,name,note\n1,\"a \"\"b\"\"\",\n2,\"two\nlines\",NULL\n\n3,\xff,x\n"
	null := "NULL"
	got, of, err := dump(t, put(t, "t.csv", []byte(text)), database.Options{NullText: &null, Keys: map[string][]string{"*": {"id"}}})
	check(t, "csv", got, "id text | name text | note text\ntext 1 | text a \"b\" | text \ntext 2 | text two\nlines | null null\ntext 3 | bytes ff | text x", err)
	if of.Name != "t" || of.From != "file" || of.KeyFrom != "declared" || of.Notes["blank lines stepped over"] != 1 {
		t.Errorf("%+v", of)
	}
}

func TestCSVTypes(t *testing.T) {
	const text = "n,f,b,d,w,i,c,u,j,x\n1.50,0.1,true,2024-02-29,2024-01-01 12:00:00,2024-01-01T12:00:00+02:00,12:00:00,01234567-89ab-cdef-0123-456789abcdef,[1],1\n" +
		"x,x,x,2024-02-30,x,2024-01-01 12:00:00,x,x,[,\n-7,1e400,0,,,,,,,\n"
	o := database.Options{Types: map[string]string{"n": "number", "f": "float", "t.b": "bool", "d": "date", "w": "wall time", "i": "instant", "c": "time", "u": "uuid", "j": "json"}}
	got, _, err := dump(t, put(t, "t.csv", []byte(text)), o)
	check(t, "types", got, strings.Join([]string{
		"n number | f float | b bool | d date | w wall time | i instant | c time | u uuid | j json | x text",
		"number 1.5 | float 0.1 | bool true | date 2024-02-29 | wall time 2024-01-01T12:00:00 | instant 2024-01-01T10:00:00Z | time 12:00:00 | uuid 01234567-89ab-cdef-0123-456789abcdef | json [1] | text 1",
		"text x | text x | text x | text 2024-02-30 | text x | text 2024-01-01 12:00:00 | text x | text x | text [ | text ",
		"number -7 | text 1e400 | bool false | text  | text  | text  | text  | text  | text  | text ",
	}, "\n"), err)
	for name, want := range map[string]string{"nope": `"nope"`, "n": `"interval"`} {
		_, _, err := dump(t, put(t, "t.csv", []byte(text)), database.Options{Types: map[string]string{name: "interval"}})
		if !errors.Is(err, database.ErrPlan) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNDJSON(t *testing.T) {
	const text = `{"id": 1, "price": 1.10, "big": 18446744073709551616, "at": "2024-01-01 00:00:00"}

 {"id":2,"name":"é\n\u00e9\ud83d\ude00","price":null, "deep" : { "a" : [1, "}"] } , "ok":true}
{"name":"\ud800","id":"x","ok":false,"price":1e2,"e\u0041":-0}`
	got, of, err := dump(t, put(t, "t.ndjson", []byte(text)), database.Options{Types: map[string]string{"at": "wall time"}})
	check(t, "ndjson", got, strings.Join([]string{
		"id number | price number | big number | at wall time | name text | deep json | ok bool | eA number",
		"number 1 | number 1.1 | number 18446744073709551616 | wall time 2024-01-01T00:00:00 | null null | null null | null null | null null",
		"number 2 | null null | null null | null null | text é\né😀 | json { \"a\" : [1, \"}\"] } | bool true | null null",
		"text x | number 100 | null null | null null | bytes eda080 | null null | bool false | number 0",
	}, "\n"), err)
	want := map[string]int64{`column "big": missing, kept as null`: 2, `column "at": missing, kept as null`: 2, `column "name": missing, kept as null`: 1,
		`column "deep": missing, kept as null`: 2, `column "ok": missing, kept as null`: 1, `column "eA": missing, kept as null`: 2}
	if fmt.Sprint(of.Notes) != fmt.Sprint(want) {
		t.Errorf("%v", of.Notes)
	}
}

// TestTypeCase62And63ExtendedJSON: where a type is declared, an object that stands
// for a scalar is one; else it stays what it is.
func TestTypeCase62And63ExtendedJSON(t *testing.T) {
	const text = `{"_id":{"$oid":"507f1f77bcf86cd799439011"},"at":{"$date":"2024-01-01T00:00:00.123Z"},"n":{"$numberLong":"9007199254740993"},"d":{"$numberDecimal":"1.50"},"raw":{"$oid":"x"}}
{"_id":{"$oid":"507f1f77bcf86cd799439012"},"at":{"$date":{"$numberLong":"-1"}},"n":7,"d":{"$numberDecimal":"NaN"},"raw":1}
{"_id":{"a":1},"at":{"$date":{"$numberLong":"x"}},"n":{"$numberLong":"1","x":1},"d":{"$other":"1"},"raw":null}
{"_id":["$oid"],"at":{"$date":1704067200000},"n":{"$numberInt":"5"},"d":{"$numberDouble":"0.5"},"raw":null}`
	o := database.Options{Types: map[string]string{"_id": "text", "at": "instant", "n": "number", "d": "number"}}
	got, _, err := dump(t, put(t, "t.ndjson", []byte(text)), o)
	check(t, "extended", got, strings.Join([]string{
		"_id text | at instant | n number | d number | raw json",
		`text 507f1f77bcf86cd799439011 | instant 2024-01-01T00:00:00.123Z | number 9007199254740993 | number 1.5 | json {"$oid":"x"}`,
		`text 507f1f77bcf86cd799439012 | instant 1969-12-31T23:59:59.999Z | number 7 | number NaN | number 1`,
		`json {"a":1} | json {"$date":{"$numberLong":"x"}} | json {"$numberLong":"1","x":1} | json {"$other":"1"} | null null`,
		`json ["$oid"] | instant 2024-01-01T00:00:00Z | number 5 | number 0.5 | null null`,
	}, "\n"), err)
}

func TestTextThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"quote":       {"t.csv", "a,b\n1,\"x\"y\n", "line 2"},
		"fields":      {"t.csv", "a,b\n1,2\n3\n", "line 3"},
		"open quote":  {"t.csv", "a,b\n1,\"x", "line 2"},
		"bare quote":  {"t.csv", "a,b\n1,x\"y\n", "line 2"},
		"later line":  {"t.csv", "a,b\n1,\"x\n\n\"\n3\n", "line 5"},
		"same name":   {"t.csv", "a,a\n", `"a"`},
		"no name":     {"t.csv", "a,\n", "column 2"},
		"empty":       {"t.csv", "", "empty"},
		"not json":    {"t.ndjson", "{}\n{\"a\":01}\n", "line 2"},
		"no object":   {"t.jsonl", "[1]\n", "line 1"},
		"twice":       {"t.ndjson", "{\"a\":1,\"\\u0061\":2}\n", `"a"`},
		"no column":   {"t.ndjson", "{}\n", "no line names a column"},
		"bad gzip":    {"t.csv.gz", "a,b\n", "gzip"},
		"bad zstd":    {"t.csv.zst", "a,b\n", "magic"},
		"not parquet": {"t.parquet", "a,b\n1,2\n3,4\n5,6\n", "Parquet"},
		"unknown":     {"t.txt", "a", "no known kind"},
		"gz parquet":  {"t.parquet.gz", "a", "no known kind"},
	} {
		_, _, err := dump(t, put(t, c.file, []byte(c.text)), database.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARecordIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 64 MiB")
	}
	for file, begin := range map[string]string{"t.csv": "a\n\"", "t.ndjson": `{"a":"`} {
		path := put(t, file, append([]byte(begin), bytes.Repeat([]byte("x"), maxRecord+textBuffer)...))
		if _, _, err := dump(t, path, database.Options{}); !errors.Is(err, errRecord) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestCompressedText(t *testing.T) {
	const text = "a,b\n1,2\n"
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{g, z} {
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for file, content := range map[string][]byte{"t.csv.gz": gz.Bytes(), "T.CSV.ZST": zst.Bytes()} {
		got, of, err := dump(t, put(t, file, content), database.Options{})
		check(t, file, got, "a text | b text\ntext 1 | text 2", err)
		if !strings.EqualFold(of.Name, "t") {
			t.Errorf("%s: table %q", file, of.Name)
		}
	}
	if _, _, err := dump(t, put(t, "t.csv.gz", gz.Bytes()[:gz.Len()-4]), database.Options{}); err == nil {
		t.Error("a cut file reads")
	}
}

func TestGlobs(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"b.csv", "a.csv", "a[1].csv", "c.ndjson", "odd"} {
		if err := os.WriteFile(filepath.Join(dir, n), []byte("x\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for dsn, want := range map[string]string{"*.csv": "a a[1] b", "a[1].csv": "a[1]", "csv:odd": "odd", "csv:*.csv": "a a[1] b"} {
		f, rest := cutFormat(dsn)
		if strings.HasPrefix(dsn, string(f)+":") {
			dsn = string(f) + ":" + filepath.Join(dir, rest)
		} else {
			dsn = filepath.Join(dir, dsn)
		}
		src, err := Open(t.Context(), dsn, database.Options{})
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		list, err := src.Tables(t.Context())
		var names []string
		for _, of := range list {
			names = append(names, of.Name)
		}
		check(t, dsn, strings.Join(names, " "), want, err)
	}
	for dsn, want := range map[string]error{filepath.Join(dir, "*.parquet"): os.ErrNotExist, filepath.Join(dir, "no.csv"): os.ErrNotExist} {
		if _, err := Open(t.Context(), dsn, database.Options{}); !errors.Is(err, want) {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a.csv.gz"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), "csv:"+filepath.Join(dir, "a.csv*"), database.Options{}); !errors.Is(err, database.ErrPlan) {
		t.Errorf("two files of one name: %v", err)
	}
}

func TestRecheckSeesChanges(t *testing.T) {
	path := put(t, "t.csv", []byte("a\n1\n"))
	src, of, err := table(t, path, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func() error
		want   string
	}{
		{func() error { return nil }, ""},
		{func() error { return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)) }, "changed"},
		{func() error { return os.WriteFile(path, []byte("a\n1\n2\n"), 0o600) }, "changed"},
		{func() error { return os.Remove(path) }, "gone"},
	} {
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		got, err := src.Recheck(t.Context(), of)
		if err != nil || !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%q, want %q (%v)", got, c.want, err)
		}
	}
}

func TestReadsEnd(t *testing.T) {
	src, of, err := table(t, put(t, "t.csv", []byte("a\n"+strings.Repeat("1\n", 10_000))), database.Options{BatchRows: 10})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	batches := 0
	err = src.Read(ctx, of, func(*snapshot.Batch) error { batches++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || batches != 1 {
		t.Errorf("%v after %d", err, batches)
	}
	if err := src.Read(t.Context(), of, func(*snapshot.Batch) error { return src.Close() }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestCSVKeepsWhatDiffers(t *testing.T) {
	null := ""
	got, _, err := dump(t, put(t, "t.csv", []byte("a,b\r\n\"x\r\ny\",\"\"\r\n\"x\ny\",\r\nx\ry,\"\"\"\"")), database.Options{NullText: &null})
	check(t, "line ends and nulls", got, "a text | b text\ntext x\r\ny | text \ntext x\ny | null null\ntext x\ry | text \"", err)
	got, of, err := dump(t, put(t, "t.csv", []byte("a\n\nx\n\n")), database.Options{NullText: &null})
	check(t, "blank lines of one column", got, "a text\nnull null\ntext x\nnull null", err)
	if len(of.Notes) != 0 {
		t.Errorf("%v", of.Notes)
	}
}

// FuzzCSV holds the scanner against encoding/csv, which takes the same files, and
// reads them alike where there is no carriage return.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a\n\"x\ny\"\n", "\ufeffa,b\r\n\"\"\"\",\r\n", "a,b\n\n\n1,\"\"\n", "a,b\n1\n", "a\n\"", "\xff\n\x00\n", "a,b\n\",\",\"\n\"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _, _ = dump(t, put(t, "t.csv", text), database.Options{BatchRows: 3})
		if bytes.Contains(text, []byte("\r")) {
			return
		}
		scan := csvScanner{in: bufio.NewReader(bytes.NewReader(text))}
		other := csv.NewReader(bytes.NewReader(text))
		other.FieldsPerRecord = -1
		for {
			err := scan.next()
			record, want := other.Read()
			if (err == nil) != (want == nil) || errors.Is(err, io.EOF) != errors.Is(want, io.EOF) {
				t.Fatalf("%v, encoding/csv: %v", err, want)
			}
			if err != nil {
				return
			}
			var got []string
			for i := range scan.ends {
				got = append(got, string(scan.field(i)))
			}
			if !slices.Equal(got, record) {
				t.Fatalf("%q, encoding/csv: %q", got, record)
			}
		}
	})
}

// FuzzNDJSON holds the reader against encoding/json: the same lines are objects,
// and they have the same names and texts.
func FuzzNDJSON(f *testing.F) {
	for _, s := range []string{`{"a":1}`, "{\"a\":[{}],\"b\":\"\\\"\\u0041\\ud83d\\ude00\"}\n{\"a\":null}", "{}\n\n{ \"\" : -1e-5 }", `{"a":"\\","b":{"c":"]"}}`, `{"a":1e999999999}`, "{\"a\":\"\xff\"}", `{"\ud800":tru}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, of, err := dump(t, put(t, "t.ndjson", text), database.Options{BatchRows: 3})
		if err == nil && len(of.Columns) == 0 {
			t.Error("a table without columns")
		}
		if err != nil || !utf8.Valid(text) || bytes.Contains(text, []byte(`\u`)) {
			return // encoding/json replaces what is not UTF-8
		}
		for _, line := range bytes.Split(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\n")) {
			var object map[string]any
			if line = bytes.Trim(line, space); len(line) == 0 {
				continue
			}
			if err := json.Unmarshal(line, &object); err != nil && !strings.Contains(err.Error(), "cannot unmarshal number") {
				t.Fatalf("%q is read: %v", line, err)
			}
			for name, value := range object {
				if s, ok := value.(string); ok && !strings.Contains(got, "text "+s) || !slices.ContainsFunc(of.Columns, func(c snapshot.Column) bool { return c.Name == name }) {
					t.Fatalf("%q is %v: %s", name, value, got)
				}
			}
		}
	})
}

// TestAddressesAreNotRepeated: what no store knows ends here, and may hold a password.
func TestAddressesAreNotRepeated(t *testing.T) {
	for _, dsn := range []string{
		"oracle://u:canary@h/d", "u:canary@tcp(h:3306)/d", "host=h password=canary dbname=d", "POSTGRES://u:canary@h/d", "jdbc:x;password:canary",
	} {
		var fault *database.DSNError
		if _, err := Open(t.Context(), dsn, database.Options{}); !errors.As(err, &fault) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}
