package repair

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"parallax/diff/comparison"
)

// table names the new table, with its schema where the name alone would not find it.
func (p *printer) table(t *comparison.TableProof) string {
	name, qualified := strings.CutPrefix(t.New, t.NewSchema+".")
	if t.NewSchema == "" || !qualified && (p.dialect != "postgresql" || t.NewSchema == "public") {
		return p.name(t.New)
	}
	return p.name(t.NewSchema) + "." + p.name(name)
}

// name quotes an identifier.
func (p *printer) name(s string) string {
	quote := `"`
	if p.isMySQL() {
		quote = "`"
	}
	return quote + strings.ReplaceAll(s, quote, quote+quote) + quote
}

func (p *printer) isMySQL() bool { return p.dialect == "mysql" || p.dialect == "mariadb" }

// classOf is the class of a cell that a difference shows as typ.
func classOf(c *comparison.ColumnProof, typ string) string {
	switch {
	case typ == "null" || typ == "bytes" || typ == "bool" || typ == "number":
		return typ
	case c.OldClass == "number" || c.OldClass == "bool" || c.OldClass == "bytes":
		return "text" // among others
	}
	return c.OldClass
}

// untagged reads a cell of a row: one of another class than its column's has the class
// before it, which a text may have as well.
func untagged(c *comparison.ColumnProof, cell cell) (class, text string, ok bool) {
	class, text, tagged := strings.Cut(cell.text, ":")
	tagged = tagged && cell.typ == "text" && isClass(class)
	switch {
	case cell.typ != "text":
		return cell.typ, cell.text, true
	case tagged && c.OldClass == "text":
		return "", "", false
	case tagged:
		return class, text, !strings.HasPrefix(text, "raw:")
	case c.OldClass == "":
		return "text", cell.text, true
	}
	return c.OldClass, cell.text, true
}

func isClass(name string) bool {
	switch name {
	case "bool", "number", "float", "text", "bytes", "instant", "wall time", "date", "time", "uuid", "json", "list", "interval":
		return true
	}
	return false
}

// literal writes a value of a class for a column, or says why it cannot. Texts are
// quoted whatever their type: every engine reads '1.50' into its own column's type.
func (p *printer) literal(c *comparison.ColumnProof, class, text string, cut bool) (literal, why string) {
	switch {
	case cut:
		return "", "the value is longer than what the comparison keeps of it"
	case strings.HasPrefix(text, "redacted-"):
		return "", "the value is redacted"
	case class == "null":
		return "NULL", ""
	case strings.IndexByte(text, 0) >= 0:
		return "", "the text holds a zero byte"
	case isBits(c):
		return p.bits(c, class, text)
	case class == "bytes" || c.NewClass == "bytes" && (class == "uuid" || class == "text"):
		return p.bytes(c, class, text)
	case p.isMySQL():
		return p.ofMySQL(c, class, text), ""
	}
	return p.quoted(text), ""
}

func (p *printer) quoted(text string) string {
	text = strings.ReplaceAll(text, "'", "''")
	if p.isMySQL() {
		text = strings.ReplaceAll(text, `\`, `\\`)
	}
	return "'" + text + "'"
}

// ofMySQL: its BOOLEAN is a number, its TIMESTAMP is of the session's zone, its TIME is
// what others call an interval.
func (p *printer) ofMySQL(c *comparison.ColumnProof, class, text string) string {
	switch {
	case class == "bool" && text == "true":
		return "1"
	case class == "bool" && text == "false":
		return "0"
	case class == "instant" && strings.HasSuffix(text, "Z"):
		if !p.zoned {
			p.line("SET time_zone = '+00:00';")
			p.zoned = true
		}
		text = strings.TrimSuffix(text, "Z")
	case class == "interval" && c.NewClass == "time":
		text = strings.TrimPrefix(text, "0 months 0 days ")
	}
	return p.quoted(text)
}

func isBits(c *comparison.ColumnProof) bool {
	return strings.HasPrefix(strings.ToLower(c.NewDeclared), "bit")
}

// bits are text in PostgreSQL and a number in MySQL.
func (p *printer) bits(c *comparison.ColumnProof, class, text string) (literal, why string) {
	switch {
	case class == "bool" && (text == "true" || text == "false"):
		return map[string]string{"true": "B'1'", "false": "B'0'"}[text], ""
	case class == "text" && text != "" && len(strings.Trim(text, "01")) == 0:
		return "B'" + text + "'", ""
	case class != "number" && class != "text" && class != "bool" || len(strings.Trim(text, "0123456789")) > 0 || text == "":
		return "", "the value is no bits"
	case p.isMySQL():
		return text, ""
	}
	n, _ := new(big.Int).SetString(text, 10)
	digits := n.Text(2)
	return "B'" + strings.Repeat("0", max(0, bitLength(c.NewDeclared)-len(digits))) + digits + "'", ""
}

// bitLength is n of bit(n), 1 where there is none; bit varying is not filled up.
func bitLength(declared string) int {
	n := 1
	_, _ = fmt.Sscanf(strings.ToLower(declared), "bit(%d)", &n)
	return n
}

// bytes are hex; a UUID, or its text, stands in a column of bytes as its 16 bytes.
func (p *printer) bytes(c *comparison.ColumnProof, class, text string) (literal, why string) {
	id := strings.ReplaceAll(text, "-", "")
	if len(text) == 36 && len(id) == 32 {
		text = id
	} else if class == "text" {
		text = hex.EncodeToString([]byte(text))
	}
	if _, err := hex.DecodeString(text); err != nil {
		return "", "the bytes are not readable"
	}
	switch {
	case c.NewClass == "uuid":
		return "'" + text + "'", ""
	case p.dialect == "postgresql":
		return `'\x` + text + "'", ""
	}
	return "x'" + text + "'", ""
}
