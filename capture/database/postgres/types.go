package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// moneyOID, like the types below, is fixed in every server.
const moneyOID = 790

// typeInfo is a row of pg_type.
type typeInfo struct {
	name    string
	kind    string // pg_type.typtype: b(ase), d(omain), e(num), r(ange), m(ultirange), …
	base    uint32 // of a domain
	baseMod int32
	element uint32 // of an array
	within  uint32 // a range's subtype, a multirange's range
	send    string // the function that writes the binary form
	labels  []string
}

// typeSet knows the types of one database.
type typeSet struct {
	byOID      map[uint32]*typeInfo
	moneyScale int
}

// An array type is one that its element type names as its array: int2vector and
// others look alike and are not.
const typesSQL = `
select t.oid, t.typname, t.typtype, t.typbasetype, t.typtypmod,
	case when e.typarray = t.oid then e.oid else 0 end, coalesce(r.rngsubtype, %s, 0), 
	coalesce((select p.proname from pg_catalog.pg_proc p where p.oid = t.typsend), ''),
	coalesce((select json_agg(l.enumlabel order by l.enumsortorder) from pg_catalog.pg_enum l where l.enumtypid = t.oid), '[]')
from pg_catalog.pg_type t
left join pg_catalog.pg_type e on e.oid = t.typelem
left join pg_catalog.pg_range r on r.rngtypid = t.oid
%s
where t.typtype <> 'c'`

func loadTypes(ctx context.Context, s *session, version int) (*typeSet, error) {
	multirange, join := "null::oid", ""
	if version >= 140000 {
		multirange, join = "m.rngtypid", "left join pg_catalog.pg_range m on m.rngmultitypid = t.oid"
	}
	rows, err := s.query(ctx, fmt.Sprintf(typesSQL, multirange, join))
	if err != nil {
		return nil, err
	}
	types := &typeSet{byOID: make(map[uint32]*typeInfo, len(rows))}
	for _, r := range rows {
		types.byOID[r.oid(0)] = &typeInfo{
			name: r.text(1), kind: r.text(2), base: r.oid(3), baseMod: int32(r.number(4)),
			element: r.oid(5), within: r.oid(6), send: r.text(7), labels: r.list(8),
		}
	}
	rows, err = s.query(ctx, "select pg_catalog.scale(1::money::numeric)")
	if err == nil && len(rows) == 1 {
		types.moneyScale = int(rows[0].number(0))
	}
	return types, err
}

// resolve follows domains to the type that holds the values.
func (t *typeSet) resolve(oid uint32, mod int32) (uint32, int32) {
	for range len(t.byOID) { // no chain is longer
		info := t.byOID[oid]
		if info == nil || info.kind != "d" {
			break
		}
		oid, mod = info.base, max(mod, info.baseMod)
	}
	return oid, mod
}

// element says how values of a resolved type are decoded; its notes are counted
// into notes.
func (t *typeSet) element(oid uint32, notes map[string]int64) (element, bool) {
	if e, ok := scalar(oid); ok {
		return e, true
	}
	if oid == moneyOID {
		return element{snapshot.Number, decodeMoney(t.moneyScale)}, true
	}
	info := t.byOID[oid]
	switch {
	case info == nil:
		return element{}, false
	case info.kind == "e" || info.send == "citextsend":
		return element{snapshot.Text, decodeRaw}, true
	case info.element == 0 && info.within == 0:
		return element{}, false
	}
	return t.nested(info, notes)
}

func (t *typeSet) nested(info *typeInfo, notes map[string]int64) (element, bool) {
	inner, _ := t.resolve(max(info.element, info.within), -1)
	e, ok := t.element(inner, notes)
	switch {
	case !ok:
		return element{}, false
	case info.element != 0:
		l := &list{element: e, notes: notes}
		return element{snapshot.List, l.decode}, true
	case info.kind == "r":
		return element{snapshot.Text, decodeRange(e)}, true
	case info.kind == "m":
		return element{snapshot.Text, decodeMultirange(e.decode)}, true
	}
	return element{}, false
}

// scalar are the types that are the same in every database.
func scalar(oid uint32) (element, bool) {
	switch oid {
	case pgtype.BoolOID:
		return element{snapshot.Bool, decodeBool}, true
	case pgtype.Int2OID:
		return element{snapshot.Number, decodeInt2}, true
	case pgtype.Int4OID:
		return element{snapshot.Number, decodeInt4}, true
	case pgtype.Int8OID:
		return element{snapshot.Number, decodeInt8}, true
	case pgtype.OIDOID:
		return element{snapshot.Number, decodeOID}, true
	case pgtype.NumericOID:
		return element{snapshot.Number, decodeNumeric}, true
	case pgtype.Float4OID:
		return element{snapshot.Float, decodeFloat4}, true
	case pgtype.Float8OID:
		return element{snapshot.Float, decodeFloat8}, true
	case pgtype.ByteaOID:
		return element{snapshot.Bytes, decodeRaw}, true
	case pgtype.UUIDOID:
		return element{snapshot.UUID, decodeUUID}, true
	case pgtype.JSONOID:
		return element{snapshot.JSON, decodeRaw}, true
	case pgtype.JSONBOID:
		return element{snapshot.JSON, decodeJSONB}, true
	}
	if e, ok := scalarTime(oid); ok {
		return e, true
	}
	return scalarText(oid)
}

func scalarTime(oid uint32) (element, bool) {
	switch oid {
	case pgtype.DateOID:
		return element{snapshot.Date, decodeDate}, true
	case pgtype.TimeOID:
		return element{snapshot.Time, decodeTime}, true
	case pgtype.TimetzOID:
		return element{snapshot.Text, decodeTimeTZ}, true
	case pgtype.TimestampOID:
		return element{snapshot.WallTime, decodeTimestamp}, true
	case pgtype.TimestamptzOID:
		return element{snapshot.Instant, decodeTimestamp}, true
	case pgtype.IntervalOID:
		return element{snapshot.Interval, decodeInterval}, true
	}
	return element{}, false
}

func scalarText(oid uint32) (element, bool) {
	switch oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.XMLOID:
		return element{snapshot.Text, decodeRaw}, true
	case pgtype.QCharOID:
		return element{snapshot.Text, decodeChar}, true
	case pgtype.InetOID, pgtype.CIDROID:
		return element{snapshot.Text, decodeInet}, true
	case pgtype.MacaddrOID, pgtype.Macaddr8OID:
		return element{snapshot.Text, decodeMAC}, true
	case pgtype.BitOID, pgtype.VarbitOID:
		return element{snapshot.Text, decodeBits}, true
	}
	return element{}, false
}

// describe fills the column's class and bounds from its type.
func (t *typeSet) describe(c *snapshot.Column, oid uint32, mod int32) error {
	oid, mod = t.resolve(oid, mod)
	e, ok := t.element(oid, nil)
	if !ok {
		return fmt.Errorf("%w %s: exclude the table, or capture it as a query that casts the column", database.ErrType, c.Declared)
	}
	c.Class = e.class
	switch oid {
	case pgtype.Int2OID:
		c.Bits = 16
	case pgtype.Int4OID, pgtype.Float4OID:
		c.Bits = 32
	case pgtype.Int8OID, pgtype.OIDOID, pgtype.Float8OID:
		c.Bits = 64
	case pgtype.NumericOID:
		c.Precision, c.Scale = numericBounds(mod)
		c.Mixed = true // NaN
	case moneyOID:
		c.Precision, c.Scale = 19, t.moneyScale
	default:
		t.describeRest(c, oid, mod)
	}
	return nil
}

func (t *typeSet) describeRest(c *snapshot.Column, oid uint32, mod int32) {
	switch oid {
	case pgtype.BPCharOID:
		c.Length, c.Padded = max(int(mod)-4, 0), mod >= 4
	case pgtype.VarcharOID:
		c.Length = max(int(mod)-4, 0)
	case pgtype.BitOID, pgtype.VarbitOID:
		c.Length = max(int(mod), 0)
	case pgtype.NameOID:
		c.Length = 63
	case pgtype.DateOID:
		c.Mixed = true // infinity
	case pgtype.TimestampOID, pgtype.TimestamptzOID:
		c.Mixed, c.Precision = true, fraction(mod)
	case pgtype.TimeOID:
		c.Mixed, c.Precision = true, fraction(mod) // 24:00
	case pgtype.TimetzOID:
		c.Precision = fraction(mod)
	case pgtype.IntervalOID:
		c.Precision = intervalFraction(mod)
	default:
		if info := t.byOID[oid]; info != nil && info.kind == "e" {
			c.Labels = info.labels
		}
	}
}

// numericBounds reads a numeric's modifier. A negative scale (15 and later) says
// that the last digits are zeros; a scale beyond the precision, the first ones.
func numericBounds(mod int32) (precision, scale int) {
	if mod < 4 {
		return 0, 0
	}
	mod -= 4
	precision, scale = int(mod>>16&0xFFFF), int(mod&0x7FF^0x400)-0x400
	if scale < 0 {
		return precision - scale, 0
	}
	return max(precision, scale), scale
}

// maxFraction is the number of digits of a second that the server keeps.
const maxFraction = 6

func fraction(mod int32) int {
	if mod < 0 {
		return maxFraction
	}
	return int(mod)
}

// intervalFraction: the modifier's low half; all bits set is no bound.
func intervalFraction(mod int32) int {
	if digits := int(mod & 0xFFFF); mod >= 0 && digits <= maxFraction {
		return digits
	}
	return maxFraction
}
