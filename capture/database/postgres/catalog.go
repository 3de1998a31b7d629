package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// plan is what Tables found out about one table, for Read and Recheck.
type plan struct {
	table   snapshot.Table
	oid     uint32 // 0 for a query
	kind    string // pg_class.relkind
	rows    int64  // the server's estimate
	columns []planned
	before  fingerprint
	seen    int64 // rows of the last whole read
}

// planned is a column's type, domains resolved.
type planned struct {
	name   string
	oid    uint32
	mod    int32
	octets bool // the server orders its texts by the bytes that it sends
}

// catalog reads descriptions in one worker's transaction.
type catalog struct {
	session  *session
	version  int
	types    *typeSet
	options  *database.Options
	encoding encoding
	leftOut  []string // what is not captured, in words
}

// Partitions are read with their parent; temporary tables are another session's.
const relationsSQL = `
select c.oid, n.nspname, c.relname, c.relkind, (case when c.relkind = 'p' then (
		select coalesce(sum(greatest(p.reltuples, 0)), 0) from pg_catalog.pg_inherits i join pg_catalog.pg_class p on p.oid = i.inhrelid
		where i.inhparent = c.oid) else c.reltuples end)::int8,
	coalesce(has_schema_privilege(n.oid, 'usage') and (has_table_privilege(c.oid, 'select') or not exists (
		select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		and not has_column_privilege(c.oid, a.attnum, 'select'))), false)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition and c.relpersistence <> 't'
	and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'`

// relations lists what is wanted.
func (c *catalog) relations(ctx context.Context) (plans []*plan, err error) {
	rows, err := c.session.query(ctx, relationsSQL)
	if err != nil {
		return nil, err
	}
	var forbidden []string
	for _, r := range rows {
		p := &plan{oid: r.oid(0), kind: r.text(3), rows: max(r.number(4), 0)}
		p.table = snapshot.Table{Schema: r.text(1), Name: r.text(2), From: "table"}
		view := p.kind == "v" || p.kind == "m"
		switch {
		case !c.options.Wanted(p.table.Schema, p.table.Name) || view && !c.options.Views:
			continue
		case p.kind == "f":
			c.leftOut = append(c.leftOut, "foreign table "+p.table.FullName()+" is not captured: it lies in another server, at another point")
			continue
		case !r.flag(5):
			forbidden = append(forbidden, p.table.FullName())
		case view:
			p.table.From = "view"
		}
		plans = append(plans, p)
	}
	slices.SortFunc(plans, func(a, b *plan) int {
		return strings.Compare(a.table.Schema+"\x00"+a.table.Name, b.table.Schema+"\x00"+b.table.Name)
	})
	return plans, noRights(forbidden)
}

func noRights(tables []string) error {
	if len(tables) == 0 {
		return nil
	}
	slices.Sort(tables)
	return fmt.Errorf("no right to read %s\n\tgrant SELECT on it (and USAGE on its schema) to this role, or exclude it", strings.Join(tables, ", "))
}

// A domain is declared by the type at its bottom: that is what the values are. That a
// collation is not deterministic (calls texts equal that differ in their bytes) stands
// behind its name; to_jsonb asks servers that do not know of it, too.
const columnsSQL = `
select a.attrelid, a.attname, a.atttypid, a.atttypmod, a.attnotnull,
	case %s when 's' then 'stored generated: ' || pg_get_expr(d.adbin, d.adrelid) when 'v' then 'virtual generated: ' || pg_get_expr(d.adbin, d.adrelid)
		else '' end,
	coalesce(case when co.collnamespace = 'pg_catalog'::regnamespace then '' else co.collnamespace::regnamespace || '.' end || co.collname
		|| case to_jsonb(co)->>'collisdeterministic' when 'false' then ' (not deterministic)' else '' end, ''),
	coalesce(co.collprovider = 'd', false),
	format_type(b.oid, b.mod)
from pg_catalog.pg_attribute a
cross join lateral (
	with recursive d(oid, mod, depth) as (
		select a.atttypid, a.atttypmod, 0
		union all
		select t.typbasetype, greatest(d.mod, t.typtypmod), d.depth + 1
		from d join pg_catalog.pg_type t on t.oid = d.oid and t.typtype = 'd'
	)
	select d.oid, d.mod from d order by d.depth desc limit 1
) b
left join pg_catalog.pg_collation co on co.oid = a.attcollation
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum`

// columns describes the columns of all tables.
func (c *catalog) columns(ctx context.Context, byOID map[uint32]*plan, ids string) error {
	generated := "''"
	if c.version >= 120000 {
		generated = "a.attgenerated::text"
	}
	rows, err := c.session.query(ctx, fmt.Sprintf(columnsSQL, generated), ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		column := snapshot.Column{Name: r.text(1), Declared: r.text(8), NotNull: r.flag(4), Generated: r.text(5), Collation: r.text(6)}
		if r.flag(7) {
			column.Collation = c.encoding.collation
		}
		if err := c.add(byOID[r.oid(0)], column, r.oid(2), int32(r.number(3))); err != nil {
			return err
		}
	}
	return nil
}

func (c *catalog) add(p *plan, column snapshot.Column, oid uint32, mod int32) error {
	if err := c.types.describe(&column, oid, mod); err != nil {
		return fmt.Errorf("%s.%s: %w", p.table.FullName(), column.Name, err)
	}
	oid, mod = c.types.resolve(oid, mod)
	p.table.Columns = append(p.table.Columns, column)
	p.columns = append(p.columns, planned{
		name: column.Name, oid: oid, mod: mod,
		octets: c.encoding.utf8 && (column.Collation == "C" || column.Collation == "POSIX"),
	})
	return nil
}

// describe lists tables, views and queries with all that a snapshot says of them.
func (c *catalog) describe(ctx context.Context) ([]*plan, error) {
	plans, err := c.relations(ctx)
	if err != nil {
		return nil, err
	}
	byOID := make(map[uint32]*plan, len(plans))
	ids := make([]uint32, len(plans))
	for i, p := range plans {
		byOID[p.oid], ids[i] = p, p.oid
	}
	steps := []func(context.Context, map[uint32]*plan, string) error{c.columns, c.keys, c.foreignKeys, c.sequences, c.fingerprints}
	for _, step := range steps {
		if err := step(ctx, byOID, oids(ids)); err != nil {
			return nil, err
		}
	}
	queries, err := c.queries(ctx)
	if err != nil {
		return nil, err
	}
	plans = append(queries, plans...) // without a schema, they sort first
	if err := c.largeObjects(ctx); err != nil {
		return nil, err
	}
	return plans, c.declareKeys(plans)
}

// largeObjects stand in no table: a column holds their numbers at most.
func (c *catalog) largeObjects(ctx context.Context) error {
	rows, err := c.session.query(ctx, "select count(*) from pg_catalog.pg_largeobject_metadata")
	if err == nil && rows[0].number(0) > 0 {
		c.leftOut = append(c.leftOut, fmt.Sprintf("%d large objects are not captured", rows[0].number(0)))
	}
	return err
}

// declareKeys puts Options.Keys over what the catalogs say.
func (c *catalog) declareKeys(plans []*plan) error {
	for _, p := range plans {
		if key, ok := c.options.KeyOf(p.table.Schema, p.table.Name); ok {
			p.table.Key, p.table.KeyFrom = slices.Clone(key), "declared"
		}
		if _, err := p.table.KeyIndexes(); err != nil {
			return fmt.Errorf("%w\n\tthe declared key must name columns of the table", err)
		}
	}
	return nil
}

func (c *catalog) queries(ctx context.Context) ([]*plan, error) {
	var out []*plan
	for i := range c.options.Queries {
		p, err := c.query(ctx, &c.options.Queries[i])
		if err != nil {
			return nil, fmt.Errorf("query %q: %w", c.options.Queries[i].Name, err)
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *plan) int { return strings.Compare(a.table.Name, b.table.Name) })
	for i := 1; i < len(out); i++ {
		if out[i].table.Name == out[i-1].table.Name {
			return nil, fmt.Errorf("query %q is declared twice", out[i].table.Name)
		}
	}
	return out, nil
}

// query describes a declared SELECT by having the server prepare it.
func (c *catalog) query(ctx context.Context, q *database.Query) (*plan, error) {
	p := &plan{table: snapshot.Table{Name: q.Name, From: "query", Query: q.SQL, Key: slices.Clone(q.Key), KeyFrom: "declared"}}
	if len(q.Key) == 0 {
		p.table.KeyFrom = "a query without a declared key"
	}
	fields, err := c.prepare(ctx, q.SQL)
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if slices.ContainsFunc(p.columns, func(o planned) bool { return o.name == f.name }) {
			return nil, fmt.Errorf("two columns are called %q: give them names of their own (AS)", f.name)
		}
		if err := c.add(p, snapshot.Column{Name: f.name, Declared: f.declared}, f.oid, f.mod); err != nil {
			return nil, err
		}
	}
	p.before.columns = describeFields(fields)
	return p, nil
}

// resultField is a column of a prepared statement.
type resultField struct {
	name, declared string
	oid            uint32
	mod            int32
}

func (c *catalog) prepare(ctx context.Context, sql string) ([]resultField, error) {
	return prepare(ctx, c.session, sql)
}

func prepare(ctx context.Context, s *session, sql string) ([]resultField, error) {
	statement, err := s.conn.Prepare(ctx, "", trimQuery(sql), nil)
	if err != nil {
		return nil, err
	}
	if len(statement.ParamOIDs) > 0 || len(statement.Fields) == 0 {
		return nil, fmt.Errorf("not a SELECT without parameters")
	}
	out := make([]resultField, len(statement.Fields))
	for i, f := range statement.Fields {
		out[i] = resultField{name: f.Name, oid: f.DataTypeOID, mod: f.TypeModifier}
	}
	for i := range out {
		rows, err := s.query(ctx, "select format_type($1::oid, $2::int4)", fmt.Sprint(out[i].oid), fmt.Sprint(out[i].mod))
		if err != nil {
			return nil, err
		}
		out[i].declared = rows[0].text(0)
	}
	return out, nil
}

// trimQuery takes off what ends a statement, which COPY (…) does not allow.
func trimQuery(sql string) string { return strings.TrimRight(sql, "; \t\r\n") }

// quote writes a table's name for a statement.
func quote(t *snapshot.Table) string { return pgx.Identifier{t.Schema, t.Name}.Sanitize() }
