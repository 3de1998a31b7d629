package snapshot

import (
	"encoding/json"
	"math"
)

// AppendRowJSON appends a row as one JSON object: {"table", "key": canonical texts,
// "row": {column: value}}. Numbers keep all their digits; what JSON has no form for
// (NaN, infinity) and cells of another class than the column's are tagged texts.
func AppendRowJSON(dst []byte, t *Table, b *Batch, row int) []byte {
	dst = appendString(append(dst, `{"table":`...), t.FullName())
	dst = append(dst, `,"key":`...)
	dst = AppendKeyJSON(dst, t, b, row)
	return append(AppendCellsJSON(append(dst, `,"row":`...), t, b, row), '}')
}

// AppendKeyJSON appends a row's key as a JSON array of canonical texts, null where a
// cell has no value; without a key it is the whole row's.
func AppendKeyJSON(dst []byte, t *Table, b *Batch, row int) []byte {
	key, err := t.KeyIndexes()
	if err != nil || len(key) == 0 {
		key = key[:0]
		for i := range t.Columns {
			key = append(key, i)
		}
	}
	dst = append(dst, '[')
	for n, i := range key {
		if n > 0 {
			dst = append(dst, ',')
		}
		class, c := b.Columns[i].Cell(row)
		if class == Null {
			dst = append(dst, "null"...)
		} else {
			dst = appendString(dst, string(AppendText(nil, class, c)))
		}
	}
	return append(dst, ']')
}

// AppendCellsJSON appends a row as an object of columns.
func AppendCellsJSON(dst []byte, t *Table, b *Batch, row int) []byte {
	dst = append(dst, '{')
	for i := range t.Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, t.Columns[i].Name), ':')
		class, c := b.Columns[i].Cell(row)
		dst = appendCellJSON(dst, t.Columns[i].Class, class, c)
	}
	return append(dst, '}')
}

func appendCellJSON(dst []byte, column, class Class, c []byte) []byte {
	text := AppendText(nil, class, c)
	switch class {
	case Null, Bool:
		return append(dst, text...)
	case Number:
		if _, _, ok := bigParts(c); ok && column == class {
			return append(dst, text...)
		}
	case Float:
		if v := FloatValue(c); !math.IsNaN(v) && !math.IsInf(v, 0) && column == class {
			return append(dst, text...)
		}
	}
	if class != column {
		text = append([]byte(class.String()+":"), text...)
	}
	return appendString(dst, string(text))
}

func appendString(dst []byte, s string) []byte {
	b, err := json.Marshal(s)
	if err != nil { // a string always has a form
		return append(dst, `""`...)
	}
	return append(dst, b...)
}
