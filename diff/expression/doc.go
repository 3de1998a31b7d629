// Package expression is the exact language in which users say how a value changed.
//
// Terms. An expression is a text in Expr's grammar whose operators and functions
// are ours. A value is null, a truth value, a text, an exact number, a time or an
// id (of a store's cell), a list, or a document: a JSON object or array, kept as
// its text and read only where it is asked.
//
// Steps. Compile makes a Program of an expression over a row of cells (`old`,
// `row.name`); CompileValue one over a single JSON value or text, whose members
// `old.name`, `old?.name`, `old[0]` reach into documents. Run, JSON and Text
// compute. What an expression cannot do with a value is an error, never a guess.
//
// Limits. Numbers never pass through a binary fraction, literals included. There
// are no loops, no clock, no input and no output. An expression has at most 500
// nodes, a number 131,072 bits, a text 16 MiB.
package expression
