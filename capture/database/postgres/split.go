package postgres

import (
	"context"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// A large table is read over several connections, in ranges of its key that are
// handed on in order: the rows come as over one. Ranges are cut where the planner's
// statistics say; they are right wherever that is.

const (
	// splitRows is the number of rows from which a table is read in ranges.
	splitRows = 1 << 20
	// rangeRows is about the number of rows of a range: what is read ahead is kept in
	// memory.
	rangeRows = 1 << 16
	maxRanges = 1 << 14
	// minCorrelation is how well the table's pages follow its key. Where they do not,
	// each range would read all of them.
	minCorrelation = 0.9
)

// condition is the range of one statement; "" is all rows.
type condition string

const boundsSQL = `
select coalesce(correlation, 0), array_to_json(histogram_bounds::text::text[])
from pg_catalog.pg_stats where schemaname = $1 and tablename = $2 and attname = $3 and inherited = ($4 = 'p') and histogram_bounds is not null`

// ranges cuts a table; one range where that is not worth it, or not possible.
func (s *source) ranges(ctx context.Context, p *plan) ([]condition, error) {
	whole := []condition{""}
	if s.options.Connections < 2 || p.oid == 0 || p.kind == "v" || p.rows < s.splitRows || order(p) == "" {
		return whole, nil
	}
	i := slices.IndexFunc(p.columns, func(c planned) bool { return c.name == p.table.Key[0] })
	var bounds []string
	err := s.outside(ctx, func(ctx context.Context, out *session) error {
		rows, err := out.query(ctx, boundsSQL, p.table.Schema, p.table.Name, p.columns[i].name, p.kind)
		if err != nil || len(rows) == 0 {
			return err
		}
		if correlation, _ := strconv.ParseFloat(rows[0].text(0), 64); correlation >= minCorrelation {
			bounds = rows[0].list(1)
		}
		return nil
	})
	if err != nil || len(bounds) == 0 {
		return whole, err
	}
	wanted := int(min(p.rows/max(s.splitRows/(splitRows/rangeRows), 1)+1, maxRanges))
	switch p.columns[i].oid {
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID:
		bounds = finer(bounds, wanted)
	}
	return conditions(pgx.Identifier{p.columns[i].name}.Sanitize(), thinned(slices.Compact(bounds), wanted)), nil
}

// finer puts numbers between bounds, at equal distances, until there are about as
// many as wanted.
func finer(bounds []string, wanted int) []string {
	parts := int64(wanted/len(bounds) + 1)
	var out []string
	for i, text := range bounds {
		out = append(out, text)
		if i+1 == len(bounds) {
			break
		}
		from, err1 := strconv.ParseInt(text, 10, 64)
		to, err2 := strconv.ParseInt(bounds[i+1], 10, 64)
		if err1 != nil || err2 != nil || to-from < parts { // overflow, too
			continue
		}
		for k := int64(1); k < parts; k++ {
			out = append(out, strconv.FormatInt(from+(to-from)/parts*k, 10))
		}
	}
	return out
}

// thinned leaves about as many bounds as wanted.
func thinned(bounds []string, wanted int) []string {
	if len(bounds) <= wanted {
		return bounds
	}
	out := make([]string, 0, wanted)
	for i := range wanted {
		out = append(out, bounds[i*len(bounds)/wanted])
	}
	return out
}

// conditions are half-open ranges that together hold every value.
func conditions(column string, bounds []string) []condition {
	out := make([]condition, 0, len(bounds)+1)
	lower := ""
	for _, b := range bounds {
		upper := column + " < " + literal(b)
		if lower == "" {
			out = append(out, condition(" where "+upper))
		} else {
			out = append(out, condition(" where "+lower+" and "+upper))
		}
		lower = column + " >= " + literal(b)
	}
	return append(out, condition(" where "+lower))
}
