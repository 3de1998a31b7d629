// Package database reads stores into snapshots.
//
// Terms. A source is a store opened at one consistent point. A stage changes
// batches on their way (redaction).
//
// Steps. A store's own package (postgres, mysql, sqlite, files) opens a Source;
// Capture reads its tables, through the stage, into a snapshot.Writer, keeps the
// limits that protect the store, counts every table and row in the ledger, and
// marks tables that changed meanwhile.
//
// Limits. Everything is read in read-only transactions. A value that the store's
// protocol gives only as rounded text is refused, not captured.
package database
