package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"parallax/scripts/gentables/rows"
)

// tables: a PostgreSQL table to a snapshot against psql and pg_dump, and two
// snapshots compared against DuckDB.
func (b *bench) tables() error {
	if err := b.database(); err != nil {
		return err
	}
	return b.diffs()
}

// snapshotOf generates a snapshot of n rows once and returns its folder.
func (b *bench) snapshotOf(n int, variant string) (string, error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("rows-%d-%s", n, variant))
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err == nil {
		return dir, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	return dir, gentables("-n", strconv.Itoa(n), "-variant", variant, "-o", dir)
}

func gentables(args ...string) error {
	out, err := exec.Command("go", append([]string{"run", "./scripts/gentables"}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("gentables: %w\n%s", err, out)
	}
	return nil
}

// diffQuery names the rows that differ, in the way that was found to be the
// fastest: rows are hashed, the hashes joined, the rows fetched.
func diffQuery(old, new string) string {
	const side = `(SELECT id, hash(row(customer, status, amount, rate, active, created, "day", note, email, ref, quantity)) h FROM '%s')`
	differ := fmt.Sprintf("SELECT coalesce(o.id, n.id) id FROM "+side+" o FULL JOIN "+side+" n USING (id) WHERE o.h IS DISTINCT FROM n.h", old, new)
	return fmt.Sprintf("SET threads=2; CREATE TEMP TABLE d AS %s; "+
		"SELECT count(*) FROM (SELECT * FROM '%s' WHERE id IN (SELECT id FROM d)) o FULL JOIN (SELECT * FROM '%s' WHERE id IN (SELECT id FROM d)) n USING (id);", differ, old, new)
}

func (b *bench) diffs() error {
	duckdb := filepath.Join(b.dir, "duckdb", "bin", "duckdb")
	if out, err := exec.Command("scripts/duckdb.sh", filepath.Dir(filepath.Dir(duckdb))).CombinedOutput(); err != nil {
		fmt.Printf("%-58s LEFT OUT: %s\n", "", strings.TrimSpace(string(out)))
		return nil
	}
	n := b.size(10_000_000)
	old, err := b.snapshotOf(n, "plain")
	if err != nil {
		return err
	}
	for _, c := range []struct{ variant, name, goal string }{
		{"few", "snapshots, 0.02 % of the rows differ: CPU s, DuckDB", "0.2"},
		{"plain", "equal snapshots: CPU s, DuckDB", "0.03"},
	} {
		new, err := b.snapshotOf(n, c.variant)
		if err != nil {
			return err
		}
		if err := b.diffOne(c.name, c.goal, duckdb, old, new); err != nil {
			return err
		}
	}
	return b.fullCompare(duckdb, old)
}

func (b *bench) diffOne(name, goal, duckdb, old, new string) error {
	out := filepath.Join(b.dir, "cmp-tables")
	ours := command{args: []string{b.parallax, "diff", old, new, "-o", out, "-q"}, before: remove(out)}
	parts := func(dir string) string { return filepath.Join(dir, "tables", "t-0001", "part-*.parquet") }
	theirs := command{args: []string{duckdb, "-c", diffQuery(parts(old), parts(new))}}
	a, peer, err := pairs(b.runs, ours, theirs)
	if err != nil {
		return err
	}
	row(name, a, peer, cpu, goal)
	row(name+" (memory MiB)", a, peer, memory, "")
	return nil
}

// fullCompare has no checksums to ask: key-sorted Parquet files, every cell.
//
// One part file of each side: a file is a table.
func (b *bench) fullCompare(duckdb, old string) error {
	few, err := b.snapshotOf(b.size(10_000_000), "few")
	if err != nil {
		return err
	}
	out := filepath.Join(b.dir, "cmp-files")
	only := func(dir string) string { return filepath.Join(dir, "tables", "t-0001", "part-00000.parquet") }
	ours := command{args: []string{b.parallax, "diff", only(old), only(few), "--key", "*=id", "-o", out, "-q"}, before: remove(out)}
	a, peer, err := pairs(b.runs, ours, command{args: []string{duckdb, "-c", diffQuery(only(old), only(few))}})
	if err != nil {
		return err
	}
	row("key-sorted Parquet files, full compare: CPU s, DuckDB", a, peer, cpu, "1")
	row("the same: memory MiB, DuckDB", a, peer, memory, "0.2")
	return nil
}

// database: a table of a PostgreSQL of its own to a snapshot.
func (b *bench) database() error {
	dir, err := os.MkdirTemp("", "parallax-bench-postgres-") // b.dir may be closed to the server's user
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	out, err := exec.Command("scripts/services/postgres.sh", "start", dir).Output()
	dsn, ok := strings.CutPrefix(strings.TrimSpace(string(out)), "PARALLAX_TEST_POSTGRES=")
	if err != nil || !ok {
		fmt.Printf("%-58s LEFT OUT: PostgreSQL could not be started\n", "")
		return nil
	}
	defer exec.Command("scripts/services/postgres.sh", "stop", dir).Run()
	n := b.size(1_000_000)
	if err := fill(dsn, n); err != nil {
		return err
	}
	return b.databaseOne(dsn)
}

func fill(dsn string, n int) error {
	script := fmt.Sprintf("set -euo pipefail; psql -qX -v ON_ERROR_STOP=1 -c 'DROP TABLE IF EXISTS orders' -c \"$2\" \"$1\"; "+
		"go run ./scripts/gentables -n %d -csv | psql -qX -v ON_ERROR_STOP=1 -c 'COPY orders FROM STDIN (FORMAT csv)' \"$1\"; psql -qX -c 'VACUUM ANALYZE orders' \"$1\"", n)
	if out, err := exec.Command("bash", "-c", script, "bash", dsn, rows.CreateSQL).CombinedOutput(); err != nil {
		return fmt.Errorf("fill the table: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) databaseOne(dsn string) error {
	snap, file := filepath.Join(b.dir, "snap-pg"), filepath.Join(b.dir, "copy.bin")
	ours := command{args: []string{b.parallax, "capture", "database", dsn, "-o", snap, "--redact", "off", "-q"}, before: remove(snap)}
	copyOut := command{args: []string{"psql", "-qX", "-c", `\copy orders TO '` + file + `' (FORMAT binary)`, dsn}}
	a, peer, err := pairs(b.runs, ours, copyOut)
	if err != nil {
		return err
	}
	row("PostgreSQL, 1,000,000 rows to a snapshot: wall s, psql COPY BINARY", a, peer, wall, "1.5")
	alone("the same: peak memory MiB", a, memory, "256")
	dump := command{args: []string{"pg_dump", "-Fc", "-Z1", "-t", "orders", "-f", filepath.Join(b.dir, "dump"), dsn}}
	if a, peer, err = pairs(b.runs, ours, dump); err != nil {
		return err
	}
	row("the same: CPU s, pg_dump -Fc -Z1", a, peer, cpu, "1")
	return nil
}
