package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
)

// querier is a connection, or any free one of a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// record is one row of small answers; null is "" and not valid.
type record []sql.NullString

func (r record) number(i int) int {
	n, _ := strconv.Atoi(r[i].String) // null, or beyond what a column can have: 0
	return n
}

// ask reads a small answer whole.
func ask(ctx context.Context, q querier, query string, args ...any) ([]record, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all []record
	for rows.Next() {
		r := make(record, len(names))
		into := make([]any, len(names))
		for i := range r {
			into[i] = &r[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// entry is what the catalogue says of one table.
type entry struct {
	name, kind, engine string
	next               string // AUTO_INCREMENT
	created            string
	rows               int64 // an estimate
	columns            []columnEntry
	indexes            []index // in the order of their names
	foreign            []record
	checks             map[string]bool // CHECK clauses of columns
}

// columnEntry is one column as it is declared.
type columnEntry struct {
	name, declared, charset, collation string
	extra, expression                  string
	notNull                            bool
	sizes                              sizes
}

// index is a unique index.
type index struct {
	name    string
	columns []string
	// whole: on whole columns without null. rising: none of them descends.
	whole, rising bool
}

const (
	tablesSQL = `SELECT table_name, table_type, engine, auto_increment, create_time, table_rows
		FROM information_schema.tables WHERE table_schema = ?`
	columnsSQL = `SELECT table_name, column_name, column_type, character_set_name, collation_name, extra, generation_expression,
		is_nullable, character_maximum_length, numeric_precision, numeric_scale, datetime_precision
		FROM information_schema.columns WHERE table_schema = ?`
	indexesSQL = `SELECT table_name, index_name, column_name, nullable, sub_part, collation
		FROM information_schema.statistics WHERE table_schema = ? AND non_unique = 0`
	foreignSQL = `SELECT table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name, referenced_column_name
		FROM information_schema.key_column_usage WHERE table_schema = ? AND referenced_table_name IS NOT NULL`
	checksSQL = `SELECT table_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = ?`
)

// loadCatalogue reads the description of one table, or of all where table is "".
func loadCatalogue(ctx context.Context, q querier, mariadb bool, schema, table string) (map[string]*entry, error) {
	all := map[string]*entry{}
	steps := []struct {
		query, order string
		add          func(*entry, record)
	}{
		{columnsSQL, ` ORDER BY table_name, ordinal_position`, addColumn},
		{indexesSQL, ` ORDER BY table_name, index_name, seq_in_index`, addIndex},
		{foreignSQL, ` ORDER BY table_name, constraint_name, ordinal_position`, func(e *entry, r record) { e.foreign = append(e.foreign, r) }},
		{checksSQL, ``, func(e *entry, r record) { e.checks[r[1].String] = true }},
	}
	if !mariadb {
		steps = steps[:len(steps)-1] // MySQL has a type of its own for JSON
	}
	rows, err := askFor(ctx, q, tablesSQL, schema, table, "")
	for _, r := range rows {
		all[r[0].String] = newEntry(r)
	}
	for _, s := range steps {
		if err != nil {
			break
		}
		rows, err = askFor(ctx, q, s.query, schema, table, s.order)
		for _, r := range rows {
			if e := all[r[0].String]; e != nil {
				s.add(e, r)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	return all, nil
}

func askFor(ctx context.Context, q querier, query, schema, table, order string) ([]record, error) {
	if table == "" {
		return ask(ctx, q, query+order, schema)
	}
	return ask(ctx, q, query+" AND table_name = ?"+order, schema, table)
}

func newEntry(r record) *entry {
	e := &entry{name: r[0].String, kind: r[1].String, engine: r[2].String, next: r[3].String, created: r[4].String}
	e.rows, _ = strconv.ParseInt(r[5].String, 10, 64) // null for views
	e.checks = map[string]bool{}
	return e
}

func addColumn(e *entry, r record) {
	e.columns = append(e.columns, columnEntry{
		name: r[1].String, declared: r[2].String, charset: r[3].String, collation: r[4].String,
		extra: r[5].String, expression: r[6].String, notNull: r[7].String == "NO",
		sizes: sizes{r.number(8), r.number(9), r.number(10), r.number(11)},
	})
}

func addIndex(e *entry, r record) {
	if n := len(e.indexes); n == 0 || e.indexes[n-1].name != r[1].String {
		e.indexes = append(e.indexes, index{name: r[1].String, whole: true, rising: true})
	}
	x := &e.indexes[len(e.indexes)-1]
	x.columns = append(x.columns, r[2].String)
	x.whole = x.whole && r[2].Valid && r[3].String != "YES" && !r[4].Valid
	x.rising = x.rising && r[5].String == "A"
}
