package snapshot

import (
	"encoding/hex"
	"strconv"
	"unicode/utf8"
)

// AppendRowJSON appends one line of JSON for a row of a batch of the table:
//
//	{"table":"s.t","key":["1"],"row":{"id":1,"note":"text"}}
//
// Keys are texts (AppendText). Numbers and finite floats are JSON numbers with
// all their digits; what JSON has no number for (NaN) and cells of another class
// than their column's are tagged texts (AppendTagged); bytes are hex.
func AppendRowJSON(dst []byte, table *Table, b *Batch, row int) []byte {
	dst = appendJSONText(append(dst, `{"table":`...), table.FullName())
	dst = AppendKeyJSON(append(dst, `,"key":`...), table, b, row)
	dst = AppendCellsJSON(append(dst, `,"row":`...), table, b, row)
	return append(dst, "}\n"...)
}

// AppendKeyJSON appends a row's key as a JSON array of canonical texts, null where
// a cell has no value. Without a key, or with one that is none of the table's
// columns, it is the whole row's.
func AppendKeyJSON(dst []byte, table *Table, b *Batch, row int) []byte {
	key, err := table.KeyIndexes()
	if err != nil || len(key) == 0 {
		key = key[:0]
		for i := range table.Columns {
			key = append(key, i)
		}
	}
	dst = append(dst, '[')
	for n, i := range key {
		if n > 0 {
			dst = append(dst, ',')
		}
		if class, c := b.Columns[i].Cell(row); class == Null {
			dst = append(dst, "null"...)
		} else {
			dst = appendJSONText(dst, string(AppendText(nil, class, c)))
		}
	}
	return append(dst, ']')
}

// AppendCellsJSON appends a row as an object of columns.
func AppendCellsJSON(dst []byte, table *Table, b *Batch, row int) []byte {
	dst = append(dst, '{')
	for i := range table.Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONText(dst, table.Columns[i].Name), ':')
		class, c := b.Columns[i].Cell(row)
		dst = appendJSONCell(dst, table.Columns[i].Class, class, c)
	}
	return append(dst, '}')
}

func appendJSONCell(dst []byte, column, class Class, c []byte) []byte {
	switch {
	case class == Null:
		return append(dst, "null"...)
	case class != column:
		return appendJSONText(dst, string(AppendTagged(nil, class, c)))
	case class == Bool:
		return AppendText(dst, class, c)
	case class == Number && isFinite(c):
		return AppendNumber(dst, c)
	case class == Float && isFiniteFloat(c):
		return appendJSONFloat(dst, FloatValue(c))
	case class == Number || class == Float:
		return appendJSONText(dst, string(AppendTagged(nil, class, c)))
	case class == Bytes:
		return append(hex.AppendEncode(append(dst, '"'), c), '"')
	}
	return appendJSONText(dst, string(AppendText(nil, class, c)))
}

func isFiniteFloat(c []byte) bool {
	x := FloatValue(c)
	return x-x == 0
}

// appendJSONFloat appends the shortest text that gives the double back; JSON
// knows the form that Go writes.
func appendJSONFloat(dst []byte, x float64) []byte {
	return strconv.AppendFloat(dst, x, 'g', -1, 64)
}

// appendJSONText appends a JSON string. Bytes that are no UTF-8, which names may
// have, become U+FFFD.
func appendJSONText(dst []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				dst = append(dst, '\\', c)
			case c < 0x20 || c == 0x7F:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			default:
				dst = append(dst, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return append(dst, '"')
}
