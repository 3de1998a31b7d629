package sqlite

import (
	"strconv"
	"strings"

	"parallax/capture/snapshot"
)

// How cells of a declared type are read, beyond their storage class.
const (
	encodingISO  = "iso text"
	encodingReal = "real"
	encodingInt  = "integer"
	encodingText = "text"
)

// declared is a type as CREATE TABLE has it, cut up: "NVARCHAR(160)" is NVARCHAR
// and 160.
type declared struct {
	name string // upper case
	args []int
}

func parseDeclared(text string) declared {
	name, rest, found := strings.Cut(text, "(")
	d := declared{name: strings.ToUpper(strings.TrimSpace(name))}
	if !found {
		return d
	}
	inside, after, _ := strings.Cut(rest, ")")
	if after = strings.TrimSpace(after); after != "" { // TIMESTAMP(3) WITH TIME ZONE
		d.name += " " + strings.ToUpper(after)
	}
	for _, a := range strings.Split(inside, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(a))
		if err != nil || n < 0 {
			return declared{name: d.name}
		}
		d.args = append(d.args, n)
	}
	return d
}

func (d declared) arg(i int) int {
	if i < len(d.args) {
		return d.args[i]
	}
	return 0
}

// columnOf says how a declared type is read. Every column is mixed: SQLite keeps
// in any of them what it was given.
func columnOf(name, typ string) snapshot.Column {
	c := snapshot.Column{Name: name, Declared: typ, Class: snapshot.Text, Mixed: true}
	d := parseDeclared(typ)
	if !d.exactly(&c) {
		d.byAffinity(&c)
	}
	return c
}

// exactly knows types by their whole name.
func (d declared) exactly(c *snapshot.Column) bool {
	switch d.name {
	case "BOOL", "BOOLEAN":
		c.Class, c.Encoding = snapshot.Bool, encodingInt
	case "JSON", "JSONB":
		c.Class = snapshot.JSON
	case "UUID", "GUID", "UNIQUEIDENTIFIER":
		c.Class, c.Encoding = snapshot.UUID, encodingText
	case "DATE":
		c.Class, c.Encoding = snapshot.Date, encodingISO
	case "TIME":
		c.Class, c.Encoding, c.Precision = snapshot.Time, encodingISO, d.arg(0)
	case "DATETIME", "DATETIME2", "SMALLDATETIME", "TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE":
		c.Class, c.Encoding, c.Precision = snapshot.WallTime, encodingISO, d.arg(0)
	case "TIMESTAMPTZ", "DATETIMEOFFSET", "TIMESTAMP WITH TIME ZONE":
		c.Class, c.Encoding, c.Precision = snapshot.Instant, encodingISO, d.arg(0)
	case "NUMERIC", "DECIMAL", "DEC", "NUMBER", "MONEY", "SMALLMONEY":
		c.Class, c.Encoding, c.Precision, c.Scale = snapshot.Number, encodingReal, d.arg(0), d.arg(1)
	default:
		return false
	}
	return true
}

// byAffinity follows SQLite's own rules for the rest. A type that they do not know
// says nothing: its cells are what they are.
func (d declared) byAffinity(c *snapshot.Column) {
	has := func(part string) bool { return strings.Contains(d.name, part) }
	switch {
	case has("INT"):
		c.Class, c.Bits = snapshot.Number, 64
	case has("CHAR"), has("CLOB"), has("TEXT"):
		c.Length = d.arg(0)
	case has("BLOB"), has("BINARY"), has("BYTEA"):
		c.Class, c.Length = snapshot.Bytes, d.arg(0)
	case has("REAL"), has("FLOA"), has("DOUB"):
		c.Class, c.Bits = snapshot.Float, 64
	}
}
