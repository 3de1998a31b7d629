// Package mapping holds what the user says of how the new system's tables stand
// to the old one's: the configuration key `mapping`.
//
// Terms. A table entry pairs an old table with a new one. A column entry of it
// pairs columns, and may say how a value changed on its way (values, expr,
// from_new) and how near two values must be (tolerance, window, precision, scale,
// json). A judge is a column entry that is asked of two cells; a computed column
// is one whose value comes of a whole row.
//
// Steps. Compile checks the entries and compiles their expressions. Whoever
// compares asks the Set for names, for what is ignored, for judges and computed
// columns, and counts each use under the rule's index. Flatten turns a column of
// nested documents into the rows of another table.
//
// Names. A table is named as its store has it, "schema.name" or "name"; one with
// its schema is the stronger. A name is literal; "*" for a table, in the list of
// what is ignored, means every one.
//
// Limits. Numbers are exact: an expression never passes them through a binary
// fraction, its own literals included. A key column can be renamed, not
// transformed: rows are found by it. One table to several, and several to one, is
// no mapping but a declared query when the snapshot is taken.
package mapping
