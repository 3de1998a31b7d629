package tables

import (
	"bytes"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// cells are two cells that differ in class or bytes, with their columns.
type cells struct {
	old, new           *snapshot.Column
	oldClass, newClass snapshot.Class
	a, b               []byte
}

// swapped is the pair seen from the other side.
func (c *cells) swapped() cells {
	return cells{old: c.new, new: c.old, oldClass: c.newClass, newClass: c.oldClass, a: c.b, b: c.a}
}

// verdict says what two cells are to each other.
type verdict struct {
	equal bool
	norm  norm // why they are equal; asIs: as they stand
	// document: they are JSON, which is compared by places.
	document bool

	kind     comparison.Kind
	class    string
	severity comparison.Severity
}

func equalBy(n norm) verdict { return verdict{equal: true, norm: n} }

func changed(class string) verdict {
	return verdict{kind: comparison.Changed, class: class, severity: comparison.Error}
}

func warned(class string) verdict {
	return verdict{kind: comparison.Changed, class: class, severity: comparison.Warning}
}

// The classes of differences between cells.
const (
	ClassNull            = "null"
	ClassNullOrEmpty     = "null or empty"
	ClassNaNOrNull       = "nan or null"
	ClassZeroDate        = "zero date"
	ClassJSONNull        = "json null"
	ClassTypeDrift       = "type drift"
	ClassZone            = "zone undeclared"
	ClassEncoding        = "encoding undeclared"
	ClassInfinity        = "infinity"
	ClassLossy           = "lossy at rest"
	ClassWrapped         = "wrapped"
	ClassHalf            = "half-even or half-up"
	ClassRound           = "round or truncate"
	ClassTimeZone        = "time zone"
	ClassSameInstant     = "same instant"
	ClassTrailingSpace   = "trailing space"
	ClassTrailingZeros   = "trailing zeros"
	ClassEscape          = "escape"
	ClassCaseOnly        = "case only"
	ClassWhiteSpace      = "white space"
	ClassNormalisation   = "normalisation only"
	ClassInvalidUTF8     = "invalid utf-8"
	ClassTruncated       = "truncated"
	ClassZeroByte        = "zero byte"
	ClassGenerated       = "generated"
	ClassEmptyLabel      = "empty label"
	ClassByteOrder       = "byte order"
	ClassDuplicateKeys   = "duplicate json keys"
	ClassNotJSON         = "not json"
	ClassKeyCollapse     = "key collapse"
	ClassCount           = "count"
	ClassChecksumsWrong  = "checksums wrong"
	ClassTooManyOfOneKey = "too many rows of one key"
)

// judge says what two cells are to each other. Strict keeps only the hints.
func judge(c *cells, strict bool) verdict {
	v := judgeCells(c)
	if v.document && strict {
		return changed("")
	}
	if !strict || !v.equal || v.norm == asIs {
		return v
	}
	out := changed(normNames[v.norm])
	if c.oldClass != c.newClass {
		out.kind = comparison.TypeChanged
	}
	return out
}

func judgeCells(c *cells) verdict {
	switch {
	case c.oldClass == c.newClass && bytes.Equal(c.a, c.b):
		return equalBy(asIs)
	case c.newClass == snapshot.Null:
		return againstNull(c.old, c.oldClass, c.a)
	case c.oldClass == snapshot.Null:
		return againstNull(c.new, c.newClass, c.b)
	case c.oldClass == c.newClass:
		return sameClass(c)
	}
	if v, ok := acrossClasses(c); ok {
		return v
	}
	s := c.swapped()
	if v, ok := acrossClasses(&s); ok {
		return v
	}
	return drift()
}

func drift() verdict {
	return verdict{kind: comparison.TypeChanged, class: ClassTypeDrift, severity: comparison.Error}
}

// againstNull judges a value whose partner is null.
func againstNull(column *snapshot.Column, class snapshot.Class, c []byte) verdict {
	switch {
	case isNaN(class, c):
		return warned(ClassNaNOrNull)
	case isZeroDate(column, class, c):
		return warned(ClassZeroDate)
	case class == snapshot.JSON && string(bytes.TrimSpace(c)) == "null":
		return warned(ClassJSONNull)
	case len(c) == 0, class == snapshot.List && string(bytes.TrimSpace(c)) == "[]":
		return changed(ClassNullOrEmpty)
	}
	return changed(ClassNull)
}

func sameClass(c *cells) verdict {
	switch c.oldClass {
	case snapshot.Number:
		return numbers(c)
	case snapshot.Float:
		return floats(c)
	case snapshot.Text:
		return texts(c)
	case snapshot.Bytes:
		return byteStrings(c)
	case snapshot.Instant, snapshot.WallTime, snapshot.Time:
		return times(c)
	case snapshot.Date:
		return dates(c)
	case snapshot.UUID:
		return uuids(c.a, c.b)
	case snapshot.JSON, snapshot.List:
		return verdict{document: true}
	}
	return changed("")
}

// acrossClasses judges cells of two classes, one way round.
func acrossClasses(c *cells) (verdict, bool) {
	switch c.oldClass {
	case snapshot.Number:
		return numberAcross(c)
	case snapshot.Bool:
		return boolAcross(c)
	case snapshot.UUID:
		return uuidAcross(c)
	case snapshot.JSON:
		switch {
		case sameObjectID(c):
			return equalBy(objectIDForm), true
		case c.newClass == snapshot.Text:
			return verdict{document: true}, true
		}
	case snapshot.List:
		return listAcross(c)
	case snapshot.WallTime:
		return wallTimeAcross(c)
	case snapshot.Date:
		return dateAcross(c)
	case snapshot.Instant:
		return instantAcross(c)
	case snapshot.Time:
		return timeAcross(c)
	case snapshot.Text:
		return textAcross(c)
	}
	return verdict{}, false
}
