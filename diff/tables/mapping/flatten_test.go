package mapping

import (
	"encoding/json"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/capture/snapshot"
)

func orders() *snapshot.Table {
	return &snapshot.Table{Name: "orders", Columns: []snapshot.Column{
		{Name: "id", Class: snapshot.Number, Bits: 64}, {Name: "doc", Class: snapshot.JSON},
	}}
}

// documentBatches are rows 1, 2, … of orders, in batches of two.
func documentBatches(texts ...string) iter.Seq2[*snapshot.Batch, error] {
	return func(yield func(*snapshot.Batch, error) bool) {
		b := snapshot.NewBatch(orders().Columns)
		for i, text := range texts {
			b.Columns[0].Append(snapshot.Number, snapshot.AppendInt(nil, int64(i+1)))
			if text == "NULL" {
				b.Columns[1].AppendNull()
			} else {
				b.Columns[1].Append(snapshot.JSON, []byte(text))
			}
			if b.Rows++; b.Rows == 2 || i == len(texts)-1 {
				if !yield(b, nil) {
					return
				}
				b.Reset()
			}
		}
	}
}

const itemsFlat = `flatten: [{from: orders, column: doc, path: /items, into: order_items,
  columns: {line: index, sku: /sku, qty: /qty, at: /at, order_id: row.id, all: /more}, key: [order_id, line]}]`

func flat(t *testing.T, f *Flattener, target *snapshot.Table, texts ...string) ([]string, Flattened) {
	t.Helper()
	into, err := f.Table(orders(), target)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	counts, err := f.Flatten(orders(), &into, documentBatches(texts...), func(b *snapshot.Batch) error {
		for row := range b.Rows {
			var cells []string
			for i := range b.Columns {
				class, c := b.Columns[i].Cell(row)
				cells = append(cells, class.String()+":"+string(snapshot.AppendText(nil, class, c)))
			}
			rows = append(rows, strings.Join(cells, " "))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, counts
}

func TestFlatten(t *testing.T) {
	f := compile(t, itemsFlat).Flattens()[0]
	target := &snapshot.Table{Name: "order_items", Columns: []snapshot.Column{{Name: "at", Class: snapshot.Date}}}
	rows, counts := flat(t, f, target,
		`{"items": [{"sku": "a\"\u00e4\ud83d\ude00", "qty": 9007199254740993.10, "at": "2024-01-31"}, {"s\u006bu":"b","qty":null,"more":{"x":[1.0]}}]}`,
		`NULL`, `{}`, `{"items": null}`, `{"items": []}`, `null`,
		`{"items": {}}`, `{"items": [1`, `{"items": [{"sku": 1, "sku": 2}]}`, `{"items": [], "items": []}`,
		` {"items": [ 7 , {"at": "someday", "sku": true} ]} `,
	)
	want := []string{
		`number:1 number:0 null:null date:2024-01-31 number:9007199254740993.1 text:a"ä😀`,
		`number:1 number:1 json:{"x":[1.0]} null:null null:null text:b`,
		`number:11 number:0 null:null null:null null:null null:null`,
		`number:11 number:1 null:null text:someday null:null bool:true`,
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Error(d)
	}
	if counts.Documents != 11 || counts.Without != 4 || counts.Invalid != 4 || counts.Rows != 4 || len(counts.Examples) != 3 {
		t.Errorf("%+v", counts)
	}
	if d := cmp.Diff([]string{"doc", "id"}, f.Needs()); d != "" {
		t.Error(d)
	}
}

// TestFlattenKeepsAllElements: the elements are those that encoding/json finds.
func TestFlattenKeepsAllElements(t *testing.T) {
	f := compile(t, `flatten: [{from: orders, column: doc, into: x, columns: {i: index, v: ""}, key: [i]}]`).Flattens()[0]
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOf(rapid.OneOf(
			rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Bool().AsAny(),
			rapid.MapOf(rapid.String(), rapid.String()).AsAny(), rapid.SliceOf(rapid.String()).AsAny(),
		)).Draw(rt, "values")
		text, err := json.Marshal(values)
		if err != nil {
			rt.Fatal(err)
		}
		rows, counts := flat(t, f, nil, string(text))
		if len(rows) != len(values) || counts.Invalid != 0 {
			rt.Fatalf("%d rows of %d values: %+v", len(rows), len(values), counts)
		}
		for i, v := range values {
			if s, ok := v.(string); ok && !strings.HasSuffix(rows[i], " text:"+s) {
				rt.Errorf("%q became %s", s, rows[i])
			}
		}
	})
}

func FuzzFlatten(f *testing.F) {
	for _, seed := range []string{`{"items":[{"sku":"\ud800","qty":1e5}]}`, `[]`, `{"items":[[],{}," "]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fl := compile(t, itemsFlat).Flattens()[0]
		_, counts := flat(t, fl, nil, text)
		if !json.Valid([]byte(text)) && text != "NULL" && counts.Invalid != 1 {
			t.Errorf("%q was taken: %+v", text, counts)
		}
	})
}
