// Package form compares two bodies of the type application/x-www-form-urlencoded.
//
// # Terms
//
// A field is a name and a value, which stand between "&". Its place is its name.
//
// # Steps
//
// Both bodies are read to their ends. Fields pair by name; several of one name are a
// list in order, whose values pair by position where they are as many and are aligned
// where they are not. Values are texts, never numbers, except under a tolerance.
// "+" and "%20", "%41" and "A", "a" and "a=", and nothing between two "&" are two
// spellings (builtin form-escape). The order of fields of different names is counted
// under form-order.
//
// # Limits
//
// A "%" that no two hex digits follow makes a body malformed. Bodies of more than a
// million fields are not compared by field.
package form
