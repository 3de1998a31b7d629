package mysql

import (
	"encoding/binary"
	"errors"
)

// hasSRID marks a geometry's type in EWKB.
const hasSRID = 0x20000000

var errGeometry = errors.New("a geometry of fewer than 9 bytes")

// appendGeometry turns the server's form, four bytes of SRID and WKB, into EWKB:
// the SRID goes behind the type, and is left out where it is 0.
func appendGeometry(dst, b []byte) ([]byte, error) {
	if len(b) < 9 || b[4] > 1 {
		return dst, errGeometry
	}
	srid, wkb := binary.LittleEndian.Uint32(b), b[4:]
	if srid == 0 {
		return append(dst, wkb...), nil
	}
	var order interface {
		binary.ByteOrder
		binary.AppendByteOrder
	} = binary.LittleEndian
	if wkb[0] == 0 {
		order = binary.BigEndian
	}
	dst = order.AppendUint32(append(dst, wkb[0]), order.Uint32(wkb[1:])|hasSRID)
	return append(order.AppendUint32(dst, srid), wkb[5:]...), nil
}
