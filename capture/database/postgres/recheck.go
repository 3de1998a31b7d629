package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parallax/capture/snapshot"
)

// fingerprint is what must not change of a table while it is read.
type fingerprint struct {
	name    string
	columns map[string]string // name to type
	key     string
	files   string // of the table, its partitions, a view's tables
	view    string // a view's definition
}

// The catalogs are read by plain SQL, which sees them as the transaction does:
// functions such as pg_get_viewdef see the present instead.
const fingerprintSQL = `
with recursive tree(root, oid) as (
	select o, o from unnest($1::oid[]) o
	union
	select t.root, x.oid from tree t cross join lateral (
		select i.inhrelid oid from pg_catalog.pg_inherits i
		join pg_catalog.pg_class p on p.oid = i.inhparent and p.relkind = 'p' where i.inhparent = t.oid
		union all
		select d.refobjid from pg_catalog.pg_rewrite r
		join pg_catalog.pg_class v on v.oid = r.ev_class and v.relkind = 'v'
		join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
			and d.refclassid = 'pg_catalog.pg_class'::regclass
		where r.ev_class = t.oid
	) x
)
select c.oid, n.nspname || '.' || c.relname,
	(select coalesce(json_object_agg(a.attname, a.attnum || ' ' || a.atttypid || ' ' || a.atttypmod || ' ' || a.attnotnull
		|| ' ' || y.typname), '{}')
		from pg_catalog.pg_attribute a join pg_catalog.pg_type y on y.oid = a.atttypid
		where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
	(select coalesce(string_agg(i.indkey::text, ';' order by i.indkey::text), '') from pg_catalog.pg_index i
		where i.indrelid = c.oid and i.indisprimary),
	(select string_agg(f.oid || ':' || f.relfilenode, ' ' order by f.oid) from tree t
		join pg_catalog.pg_class f on f.oid = t.oid where t.root = c.oid),
	coalesce((select string_agg(md5(r.ev_action::text), ' ') from pg_catalog.pg_rewrite r
		where r.ev_class = c.oid and c.relkind in ('v', 'm')), '')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid = any($1::oid[])`

func fingerprints(ctx context.Context, s *session, ids string) (map[uint32]fingerprint, error) {
	rows, err := s.query(ctx, fingerprintSQL, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[uint32]fingerprint, len(rows))
	for _, r := range rows {
		f := fingerprint{name: r.text(1), key: r.text(3), files: r.text(4), view: r.text(5)}
		if err := json.Unmarshal(r[2], &f.columns); err != nil {
			return nil, err
		}
		out[r.oid(0)] = f
	}
	return out, nil
}

func (c *catalog) fingerprints(ctx context.Context, byOID map[uint32]*plan, ids string) error {
	found, err := fingerprints(ctx, c.session, ids)
	if err != nil {
		return err
	}
	for oid, p := range byOID {
		p.before = found[oid]
	}
	return nil
}

// Recheck compares the catalogs of now with those of the point.
func (s *source) Recheck(ctx context.Context, t *snapshot.Table) (string, error) {
	p, err := s.plan(t)
	if err != nil {
		return "", err
	}
	var now fingerprint
	err = s.outside(ctx, func(ctx context.Context, out *session) error {
		now, err = present(ctx, out, p)
		return err
	})
	if err != nil {
		return "", s.explain("table "+t.FullName()+": looking for changes since the point", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.before.change(now, p.keepsRows()), nil
}

// keepsRows reports whether the rows that were read prove that a table's storage was
// replaced by nothing but what keeps them. VACUUM FULL, CLUSTER and a move to another
// tablespace leave to each snapshot what it saw. TRUNCATE, REFRESH and an ALTER TABLE
// that rewrites leave it nothing at all: where there was a row, none of them had been,
// and afterwards they do no harm to what was read. A partition may lose its rows
// alone.
func (p *plan) keepsRows() bool { return p.seen > 0 && (p.kind == "r" || p.kind == "m") }

func present(ctx context.Context, s *session, p *plan) (fingerprint, error) {
	if p.oid == 0 {
		fields, err := prepare(ctx, s, p.table.Query)
		if state := sqlState(err); state == undefinedColumn || state == undefinedTable {
			return fingerprint{}, nil
		}
		return fingerprint{columns: describeFields(fields)}, err
	}
	found, err := fingerprints(ctx, s, oids([]uint32{p.oid}))
	return found[p.oid], err
}

func describeFields(fields []resultField) map[string]string {
	out := make(map[string]string, len(fields))
	for i, f := range fields {
		out[f.name] = fmt.Sprintf("%d %d %d x %s", i, f.oid, f.mod, f.declared)
	}
	return out
}

// change says in words what became of f; "" where nothing did. With kept, it does not
// matter whether the storage is another one.
func (f fingerprint) change(now fingerprint, kept bool) string {
	switch {
	case now.columns == nil:
		return "it was dropped, or a column or table that it reads was"
	case f.name != now.name:
		return fmt.Sprintf("it was renamed to %s", now.name)
	case !maps.Equal(f.columns, now.columns):
		return "its columns changed: " + strings.Join(columnChanges(f.columns, now.columns), ", ")
	case f.key != now.key:
		return "its primary key changed"
	case f.view != now.view:
		return "its definition changed"
	case f.files != now.files && !kept:
		return "its storage was replaced (TRUNCATE, REFRESH, an ALTER TABLE that rewrites, VACUUM FULL of a table in which no row was seen or of a partition, or a partition came or went)"
	}
	return ""
}

func columnChanges(old, now map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(old)) {
		switch was, is := old[name], now[name]; {
		case is == "":
			out = append(out, fmt.Sprintf("%s is gone", name))
		case was != is && typeName(was) != typeName(is):
			out = append(out, fmt.Sprintf("%s was %s and is %s", name, typeName(was), typeName(is)))
		case was != is:
			out = append(out, fmt.Sprintf("%s is declared otherwise", name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if old[name] == "" {
			out = append(out, fmt.Sprintf("%s is new", name))
		}
	}
	return out
}

// typeName is the last part of a column's description.
func typeName(description string) string {
	parts := strings.SplitN(description, " ", 5)
	return parts[len(parts)-1]
}
