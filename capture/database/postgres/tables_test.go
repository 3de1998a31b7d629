package postgres

import (
	"testing"

	"parallax/capture/database"
)

const shopSchema = `
create table artist (id int primary key, name varchar(120));
create table album (id serial primary key, title varchar(160) not null, artist int references artist, price numeric(10,2), at timestamptz(3));
create table line (album int not null, nr smallint not null, note text, unique (nr, album));
create table log (what text);
insert into artist values (1, 'AC/DC'), (2, null);
insert into album (title, artist, price, at) values ('Rock', 1, 1.50, '2024-01-01 00:00:00.123+05:30'), ('Pop', 2, -0.05, null);
insert into line values (1, 2, 'b'), (2, 1, ''), (1, 1, null);
create view cheap as select id, title from album where price < 1;
create materialized view titles as select title from album;
create table part (id bigint primary key, v text) partition by range (id);
create table part_a partition of part for values from (0) to (10);
create table part_b partition of part for values from (10) to (20);
insert into part select i, 'v' || i from generate_series(8, 11) i;
`

func TestReadsASchema(t *testing.T) {
	d := newDB(t, shopSchema)
	s := d.open(database.Options{Views: true, Queries: []database.Query{{Name: "sums", SQL: "select artist, sum(price) as total from album group by 1; ", Key: []string{"artist"}}}})
	all := tables(t, s)
	equal(t, "number of tables", len(all), 8)
	equal(t, "artist", readAll(t, s, all["public.artist"]), []string{"1|AC/DC", "2|null"})
	equal(t, "album", readAll(t, s, all["public.album"]), []string{"1|Rock|1|1.5|2023-12-31T18:30:00.123Z", "2|Pop|2|-0.05|null"})
	equal(t, "line, by its key", readAll(t, s, all["public.line"]), []string{"1|1|null", "2|1|", "1|2|b"})
	equal(t, "part", readAll(t, s, all["public.part"]), []string{"8|v8", "9|v9", "10|v10", "11|v11"})
	equal(t, "view", readAll(t, s, all["public.cheap"]), []string{"2|Pop"})
	equal(t, "query", len(readAll(t, s, all["sums"])), 2)
}
