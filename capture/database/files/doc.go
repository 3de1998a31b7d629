// Package files reads tables from Parquet, CSV and NDJSON files.
//
// Terms. A table is one file; its name is the file's, without folder and
// extensions. A column's class comes from the Parquet schema, from
// Options.Types, or from the first value that is not null.
//
// Steps. Open finds the files and notes their size and time; Tables reads
// headers, footers or, of NDJSON, all lines once; Read streams the rows; Recheck
// looks whether the file is still the one that was found.
//
// Limits. A Parquet column that is a group is refused by name, except a LIST of
// primitive values. CSV has commas and strict quotes, and begins with a header.
// Parquet pages have the bounds of internal/pageguard. A record of a text file has
// at most maxRecord bytes. Nothing locks a file.
package files
