package files

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"parallax/capture/database"
	"parallax/capture/snapshot"
	"parallax/internal/iso"
)

// parser reads a text as a value of a class; it appends nothing where it is none.
type parser func(dst, s []byte) ([]byte, bool)

// parserOf returns how texts of a class are read; nil, and true, for texts.
func parserOf(class snapshot.Class) (parser, bool) {
	switch class {
	case snapshot.Text:
		return nil, true
	case snapshot.Number:
		return parseNumber, true
	case snapshot.Float:
		return parseFloat, true
	case snapshot.Bool:
		return parseBool, true
	case snapshot.Date:
		return parseDate, true
	case snapshot.WallTime:
		return parseWallTime, true
	case snapshot.Instant:
		return parseInstant, true
	case snapshot.Time:
		return parseClock, true
	case snapshot.UUID:
		return parseUUID, true
	case snapshot.JSON:
		return parseJSON, true
	}
	return nil, false
}

func parseNumber(dst, s []byte) ([]byte, bool) {
	if n, scale, ok := shortDecimal(s); ok {
		return snapshot.AppendScaled(dst, n, scale), true
	}
	out, err := snapshot.AppendNumberText(dst, string(s))
	if err != nil {
		return dst, false
	}
	return out, true
}

// shortDecimal reads the numbers that need no thought: up to 18 digits, with a
// point or not.
func shortDecimal(s []byte) (unscaled int64, scale int, ok bool) {
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		s = s[1:]
	}
	digits, point := 0, len(s)
	for i, c := range s {
		switch {
		case c == '.' && point == len(s):
			point = i
		case c < '0' || c > '9' || digits == 18:
			return 0, 0, false
		default:
			unscaled, digits = unscaled*10+int64(c-'0'), digits+1
		}
	}
	if negative {
		unscaled = -unscaled
	}
	return unscaled, max(len(s)-point-1, 0), digits > 0
}

func parseFloat(dst, s []byte) ([]byte, bool) {
	f, err := strconv.ParseFloat(string(s), 64)
	if err != nil {
		return dst, false
	}
	return snapshot.AppendFloat(dst, f), true
}

func parseBool(dst, s []byte) ([]byte, bool) {
	switch string(s) {
	case "true", "TRUE", "True", "t", "1":
		return append(dst, 1), true
	case "false", "FALSE", "False", "f", "0":
		return append(dst, 0), true
	}
	return dst, false
}

func parseDate(dst, s []byte) ([]byte, bool) {
	days, ok := iso.Date(s)
	if !ok {
		return dst, false
	}
	return snapshot.AppendDays(dst, days), true
}

func parseWallTime(dst, s []byte) ([]byte, bool) {
	sec, nsec, ok := iso.WallTime(s)
	if !ok {
		return dst, false
	}
	return snapshot.AppendSeconds(dst, sec, nsec), true
}

func parseInstant(dst, s []byte) ([]byte, bool) {
	sec, nsec, ok := iso.Instant(s)
	if !ok {
		return dst, false
	}
	return snapshot.AppendSeconds(dst, sec, nsec), true
}

func parseClock(dst, s []byte) ([]byte, bool) {
	us, ok := iso.Clock(s)
	if !ok {
		return dst, false
	}
	return snapshot.AppendTimeMicros(dst, us), true
}

func parseUUID(dst, s []byte) ([]byte, bool) {
	id, ok := iso.UUID(s)
	if !ok {
		return dst, false
	}
	return append(dst, id[:]...), true
}

func parseJSON(dst, s []byte) ([]byte, bool) {
	if !utf8.Valid(s) || !json.Valid(s) {
		return dst, false
	}
	return append(dst, s...), true
}

// appendText appends a text as the class that is declared for it, or as what it
// is.
func appendText(v *snapshot.Vector, parse parser, s []byte) {
	if parse != nil {
		if data, ok := parse(v.Data, s); ok {
			v.Data = data
			v.End()
			return
		}
	}
	class := snapshot.Text
	if !utf8.Valid(s) {
		class = snapshot.Bytes
	}
	v.Append(class, s)
}

// declare sets the classes of columns that Options.Types names.
func declare(o *database.Options, t *snapshot.Table) error {
	for i := range t.Columns {
		c := &t.Columns[i]
		name, ok := o.Types[t.Name+"."+c.Name]
		if !ok {
			name, ok = o.Types[c.Name]
		}
		if !ok {
			continue
		}
		class, err := snapshot.ParseClass(name)
		if _, can := parserOf(class); err != nil || !can {
			return fmt.Errorf("types: column %q: %q is no class that a text can be read as: %w", c.Name, name, database.ErrPlan)
		}
		c.Class, c.Encoding = class, "text"
	}
	return nil
}

// checkTypes refuses declared types of columns that no table has.
func checkTypes(o *database.Options, tables []snapshot.Table) error {
	for _, name := range slices.Sorted(maps.Keys(o.Types)) {
		found := false
		for i := range tables {
			found = found || slices.ContainsFunc(tables[i].Columns, func(c snapshot.Column) bool {
				return name == c.Name || name == tables[i].Name+"."+c.Name
			})
		}
		if !found {
			return fmt.Errorf("types: no table has a column %q: %w", name, database.ErrPlan)
		}
	}
	return nil
}
