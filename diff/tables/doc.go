// Package tables compares two snapshots of databases field by field.
//
// Terms. A pair is two columns that hold one thing. A pair is compared by
// checksum where equal cells have equal bytes by declaration, else by value. A
// stretch is a range of keys at whose end both sides end a block. A normalisation
// is a named reason to call two cells equal that differ in their bytes.
//
// Steps. Tables pair by name, their columns by name, and declarations that differ
// are noted. The two indexes of blocks are walked together: stretches whose
// checksums agree are equal and never read, but for columns compared by value; of
// others the rows are read and paired by key, and cells that differ are judged.
// Where too many stretches differ all rows are read. Some of the stretches that
// were not read are read all the same, as a proof. A side whose key cannot be
// compared as it stands is written anew in the order of the other's.
//
// Limits. Rows are found by key: a row whose key changed is one that is missing
// and one that is too many. Rows of one key (a table may have no key at all) are
// compared as multisets. Memory does not depend on the number of rows, but for
// rows of one key (Options.GroupRows).
package tables
