package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

var errFraction = errors.New("the server does not say how many digits of a second's fraction it has\nhint: write CAST(… AS DATETIME(6)) or CAST(… AS TIME(6))")

// describeQuery runs a statement as a derived table, which only a SELECT can be,
// and reads its columns from the head of an empty answer: WHERE FALSE keeps the
// server from working out the rows, LIMIT 0 would not.
func (s *source) describeQuery(ctx context.Context, q database.Query) (snapshot.Table, error) {
	t := snapshot.Table{Name: q.Name, From: "query", Query: strings.TrimRight(q.SQL, "; \t\r\n"), Key: q.Key, KeyFrom: "declared"}
	if len(q.Key) == 0 {
		t.KeyFrom = "none: a query without a declared key"
	}
	stmt, err := s.db.PrepareContext(ctx, "SELECT * FROM (\n"+t.Query+"\n) AS parallax WHERE FALSE")
	if err != nil {
		return t, err
	}
	defer stmt.Close()
	rows, err := stmt.QueryContext(ctx)
	if err != nil {
		return t, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return t, err
	}
	for _, ct := range types {
		c, err := queryColumn(ct)
		if err != nil {
			return t, fmt.Errorf("column %s: %w", c.Name, err)
		}
		t.Columns = append(t.Columns, c)
	}
	_, err = t.KeyIndexes()
	return t, err
}

// queryColumn writes the type as it would be declared. Lengths and labels are not
// in an answer's head.
func queryColumn(ct *sql.ColumnType) (snapshot.Column, error) {
	c := snapshot.Column{Name: ct.Name(), Declared: strings.ToLower(ct.DatabaseTypeName())}
	if kind, ok := strings.CutPrefix(c.Declared, "unsigned "); ok {
		c.Declared = kind + " unsigned"
	}
	nullable, ok := ct.Nullable()
	c.NotNull = ok && !nullable
	precision, scale, ok := ct.DecimalSize()
	n := sizes{}
	switch kind := base(c.Declared); {
	case kind == "decimal" && ok:
		c.Declared, n = fmt.Sprintf("decimal(%d,%d)", precision, scale), sizes{precision: int(precision), scale: int(scale)}
	case kind == "datetime" || kind == "timestamp" || kind == "time":
		if !ok || scale > 6 || scale == math.MaxInt64 {
			return c, fmt.Errorf("%w %s: %w", database.ErrType, kind, errFraction)
		}
		c.Declared, n.fraction = fmt.Sprintf("%s(%d)", kind, scale), int(scale)
	case kind == "bit":
		n.precision = 64
	}
	err := classify(&c, n)
	// The head does not tell unsigned decimals, and texts may come from anywhere.
	c.Mixed = c.Mixed || c.Class == snapshot.Text || c.Class == snapshot.JSON || base(c.Declared) == "decimal"
	return c, err
}
