// Package postgres reads PostgreSQL into snapshots.
//
// Terms. The holder is a connection whose open transaction keeps the consistent
// point alive; workers import it (SET TRANSACTION SNAPSHOT) and read tables in
// it. The outside is a connection that sees the present: what changed since.
//
// Steps. Open makes the point: through a temporary logical replication slot where
// the role may, which gives the exact position in the log, else by exporting the
// holder's snapshot. Tables reads the catalogs as they stood at the point. Read
// copies a table in the binary form and decodes it from the stream into canonical
// cells. Recheck compares the catalogs of now with those of the point.
//
// A large table is read in ranges of its key by all workers that are free, and handed
// on in the order of the key.
//
// A worker gives its locks back after each table and imports the snapshot anew, so
// that a capture of hours delays an ALTER TABLE no longer than one table's read.
// The slot is dropped as soon as the holder has the snapshot, so that the server
// need not keep its log for us.
//
// Limits. Servers from version 10. What the present catalogs no longer show (a
// table truncated and its name given to another) is found by the file numbers of
// tables (relfilenode). Those change with VACUUM FULL and CLUSTER, too: where the point
// saw a row all the same, nothing has happened to it; an empty table, a view or a
// partition counts as changed. A query's tables are not rechecked, its columns are.
// Types without a form of their own in the snapshot (composites, geometry, tsvector)
// are refused by name.
package postgres
