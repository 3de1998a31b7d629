package files

import (
	"errors"
	"fmt"
	"io"

	"parallax/capture/snapshot"
)

// beginList makes the values of a page canonical. A list may go on in the next
// page.
func (r *columnReader) beginList() error {
	r.elements.Reset()
	r.nextElement = 0
	return r.run(&r.elements, r.pages.Count)
}

// readLists appends rows, each the text of a JSON array.
func (r *columnReader) readLists(v *snapshot.Vector, rows int) error {
	for range rows {
		if r.row == r.pages.Slots {
			if err := r.more(); err != nil {
				return err
			}
		}
		if r.pages.Rep[r.row] != 0 {
			return fmt.Errorf("%w: a list begins within another", snapshot.ErrDamaged)
		}
		if err := r.readList(v); err != nil {
			return err
		}
		if err := checkVector(v); err != nil {
			return err
		}
	}
	return nil
}

func (r *columnReader) readList(v *snapshot.Vector) error {
	switch first := int(r.pages.Def[r.row]); {
	case first == r.leaf.repDef-1:
		r.row++
		v.Data = append(v.Data, "[]"...)
		v.End()
		return nil
	case first < r.leaf.repDef:
		r.row++
		v.AppendNull()
		return nil
	}
	v.Data = append(v.Data, '[')
	for more := true; more; {
		r.element(v)
		if err := checkVector(v); err != nil {
			return err
		}
		var err error
		if more, err = r.goesOn(); err != nil {
			return err
		}
		if more {
			v.Data = append(v.Data, ',')
		}
	}
	v.Data = append(v.Data, ']')
	v.End()
	return nil
}

// element appends one element's text.
func (r *columnReader) element(v *snapshot.Vector) {
	def := int(r.pages.Def[r.row])
	r.row++
	if def < r.leaf.maxDef {
		v.Data = append(v.Data, "null"...)
		return
	}
	class, c := r.elements.Cell(r.nextElement)
	r.nextElement++
	v.Data = appendElement(v.Data, class, c)
}

// goesOn reports whether the next slot belongs to the same list.
func (r *columnReader) goesOn() (bool, error) {
	if r.row == r.pages.Slots {
		if err := r.next(); errors.Is(err, io.EOF) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return r.pages.Rep[r.row] != 0, nil
}

// appendElement writes a cell as an array's element: numbers and truth values as
// they are, all else as text.
func appendElement(dst []byte, class snapshot.Class, c []byte) []byte {
	switch class {
	case snapshot.Text:
		return appendQuoted(dst, c)
	case snapshot.Bool, snapshot.JSON:
		return snapshot.AppendText(dst, class, c)
	}
	from := len(dst)
	dst = snapshot.AppendText(dst, class, c)
	if last := dst[len(dst)-1]; (class == snapshot.Number || class == snapshot.Float) && last >= '0' && last <= '9' {
		return dst // not NaN, not infinity
	}
	return appendQuoted(dst[:from], append([]byte(nil), dst[from:]...))
}

// appendQuoted writes a JSON text that escapes only what must be.
func appendQuoted(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
