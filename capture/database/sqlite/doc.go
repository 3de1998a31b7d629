// Package sqlite reads SQLite files.
//
// Terms. A declared type is what stands behind a column's name in CREATE TABLE;
// SQLite enforces little of it. A storage class is what a cell really is: integer,
// real, text, blob or null.
//
// Steps. Open pins one state of the file: in a read transaction, or by copying it.
// Tables reads the declared types as declared encodings (types.go): a DATETIME in
// ISO text becomes a wall time, a real in a DECIMAL(10,2) becomes that decimal
// where it is one. Read streams the cells; one that its declared type does not
// explain keeps its storage class in a mixed column.
//
// Limits. The file is opened for reading only and never made. Shadow tables of
// virtual tables are theirs and not read; neither are SQLite's own. Text in
// UTF-16 files is read as UTF-8.
package sqlite
