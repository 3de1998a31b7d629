package snapshot

import "fmt"

// Class says what kind of value a cell is. The numbers are part of the format:
// they begin each component of a key and salt the checksums.
type Class uint8

// The classes, with the form of their canonical bytes.
const (
	Null     Class = 0  // no bytes
	Bool     Class = 1  // one byte, 0 or 1
	Number   Class = 2  // exact: integers and decimals in one form (number.go)
	Float    Class = 3  // 8 bytes, IEEE 754 double in sortable form (scalar.go)
	Text     Class = 4  // UTF-8
	Bytes    Class = 5  // as they are
	Instant  Class = 6  // 12 bytes: seconds since 1970 UTC, nanoseconds (scalar.go)
	WallTime Class = 7  // the same, of a clock on a wall: no zone
	Date     Class = 8  // 4 bytes: days since 1970
	Time     Class = 9  // 8 bytes: microseconds since midnight; may be negative or beyond a day
	UUID     Class = 10 // 16 bytes
	JSON     Class = 11 // the text as it stood
	List     Class = 12 // a JSON array's text: texts quoted, numbers as they are, null
	Interval Class = 13 // 16 bytes: months, days, microseconds (scalar.go)
)

var classNames = [...]string{
	"null", "bool", "number", "float", "text", "bytes", "instant", "wall time", "date", "time", "uuid", "json", "list", "interval",
}

func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// ParseClass is the inverse of String.
func ParseClass(name string) (Class, error) {
	for i, n := range classNames {
		if n == name {
			return Class(i), nil
		}
	}
	return Null, fmt.Errorf("unknown value class %q", name)
}

// MarshalText writes the class by name.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a class's name.
func (c *Class) UnmarshalText(b []byte) (err error) {
	*c, err = ParseClass(string(b))
	return err
}
