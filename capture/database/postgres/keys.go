package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"parallax/capture/snapshot"
)

// A unique index serves as a key where it covers all rows and no column may be
// null; of several the one with the fewest columns, then by name.
const keysSQL = `
select i.indrelid, i.indisprimary, json_agg(a.attname order by k.n)
from pg_catalog.pg_index i
join pg_catalog.pg_class x on x.oid = i.indexrelid
cross join lateral unnest(i.indkey::int2[]) with ordinality k(attnum, n)
join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indrelid = any($1::oid[]) and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
	and k.n <= %s
group by i.indrelid, i.indisprimary, x.relname, i.indexrelid
having bool_and(a.attnotnull)
order by i.indrelid, i.indisprimary desc, count(*), x.relname collate "C"`

const noKey = "no primary key, and no unique index whose columns are all not null"

func (c *catalog) keys(ctx context.Context, byOID map[uint32]*plan, ids string) error {
	width := "i.indnatts"
	if c.version >= 110000 { // columns that an index only carries are no key
		width = "i.indnkeyatts"
	}
	rows, err := c.session.query(ctx, fmt.Sprintf(keysSQL, width), ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		t := &byOID[r.oid(0)].table
		switch {
		case t.Key != nil:
		case r.flag(1):
			t.Key, t.KeyFrom = r.list(2), "primary key"
		default:
			t.Key, t.KeyFrom = r.list(2), "unique"
		}
	}
	for _, p := range byOID {
		if p.table.Key == nil {
			p.table.KeyFrom = noKey
		}
	}
	return nil
}

const foreignKeysSQL = `
select c.conrelid, c.conname, fn.nspname, fc.relname,
	(select json_agg(a.attname order by k.n) from unnest(c.conkey) with ordinality k(attnum, n)
		join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum),
	(select json_agg(a.attname order by k.n) from unnest(c.confkey) with ordinality k(attnum, n)
		join pg_catalog.pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.attnum)
from pg_catalog.pg_constraint c
join pg_catalog.pg_class fc on fc.oid = c.confrelid
join pg_catalog.pg_namespace fn on fn.oid = fc.relnamespace
where c.conrelid = any($1::oid[]) and c.contype = 'f' %s
order by c.conrelid, c.conname collate "C"`

func (c *catalog) foreignKeys(ctx context.Context, byOID map[uint32]*plan, ids string) error {
	own := ""
	if c.version >= 110000 { // not those that a partitioned table's key brings along
		own = "and c.conparentid = 0"
	}
	rows, err := c.session.query(ctx, fmt.Sprintf(foreignKeysSQL, own), ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		t := &byOID[r.oid(0)].table
		t.ForeignKeys = append(t.ForeignKeys, snapshot.ForeignKey{
			Name: r.text(1), Schema: r.text(2), Table: r.text(3), Columns: r.list(4), References: r.list(5),
		})
	}
	return nil
}

// A sequence belongs to a column that owns it (serial, identity) or whose default
// asks it.
const sequencesSQL = `
select u.relid, a.attname, n.nspname, s.relname, q.seqincrement, coalesce(has_sequence_privilege(s.oid, 'select'), false)
from (
	select d.refobjid relid, d.refobjsubid attnum, d.objid seq from pg_catalog.pg_depend d
	where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
		and d.deptype in ('a', 'i') and d.refobjsubid > 0
	union
	select f.adrelid, f.adnum, d.refobjid from pg_catalog.pg_attrdef f
	join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = f.oid
		and d.refclassid = 'pg_catalog.pg_class'::regclass
) u
join pg_catalog.pg_class s on s.oid = u.seq and s.relkind = 'S'
join pg_catalog.pg_sequence q on q.seqrelid = s.oid
join pg_catalog.pg_namespace n on n.oid = s.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = u.relid and a.attnum = u.attnum
where u.relid = any($1::oid[])
order by u.relid, u.attnum, s.relname collate "C"`

const noteSequence = "sequence without the right to read it"

func (c *catalog) sequences(ctx context.Context, byOID map[uint32]*plan, ids string) error {
	rows, err := c.session.query(ctx, sequencesSQL, ids)
	if err != nil {
		return err
	}
	var ask []string
	for i, r := range rows {
		if !r.flag(5) {
			count(&byOID[r.oid(0)].table, noteSequence, 1)
			continue
		}
		// Sequences stand outside transactions: their value is that of now.
		ask = append(ask, fmt.Sprintf("select %d, case when is_called then last_value::numeric + (%d) else last_value end from %s",
			i, r.number(4), pgx.Identifier{r.text(2), r.text(3)}.Sanitize()))
	}
	if len(ask) == 0 {
		return nil
	}
	values, err := c.session.query(ctx, strings.Join(ask, " union all ")+" order by 1")
	if err != nil {
		return err
	}
	for _, v := range values {
		r := rows[v.number(0)]
		t := &byOID[r.oid(0)].table
		t.Sequences = append(t.Sequences, snapshot.Sequence{Column: r.text(1), Next: v.text(1)})
	}
	return nil
}

// count adds to one of the table's notes.
func count(t *snapshot.Table, note string, n int64) {
	if t.Notes == nil {
		t.Notes = make(map[string]int64)
	}
	t.Notes[note] += n
}
