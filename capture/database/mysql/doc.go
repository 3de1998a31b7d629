// Package mysql reads MariaDB and MySQL databases into snapshots.
//
// Terms. A reader is a connection that holds a transaction with a consistent
// snapshot; all readers stand at one point. The catalogue is what
// information_schema says of the database, loaded once, right after the point.
//
// Steps. Open connects, makes the point (point.go) and loads the catalogue. Tables
// turns it into descriptions (table.go, types.go). Read takes a reader and streams
// one table by the binary protocol of prepared statements straight into vectors
// (read.go, cells.go): the text protocol rounds floats. A savepoint around each
// table lets go of its metadata lock, so that an ALTER in production waits for one
// table and not for the whole capture (on MariaDB with a binary log the user needs
// the right to SET sql_log_bin for that; a caveat says so); where the savepoint is
// gone, so was the transaction, and the point is lost.
//
// Limits. The definition of a table cannot change while it is read (the metadata
// lock), so Recheck speaks of the time between the point and the end of its Read.
// Several connections are certain to be equal only under the lock that
// Options.Consistency "ftwrl" takes for a moment; unasked, one connection reads.
// Columns on which the user has no rights are invisible
// and therefore absent. An empty text in an enumeration that has an empty label
// cannot be told from its index 0. One connection more than Options.Connections is
// open: it asks for definitions and strain while the readers are busy.
package mysql
