// Package comparison holds what a comparison found, and the folder it rests in.
//
// Terms. A Difference is one field of one record that is not equal. A Summary
// counts what became of every record; a Group counts the differences of one
// subject at one pattern, of one kind and class.
//
// Steps. Create begins a folder out of sight, Write adds differences, Tally
// counts, Close writes summary.json and manifest.json, syncs and gives the folder
// its name. Open checks the manifest; Differences streams them, each file's hash
// checked before the first row is read.
//
// Limits. Long values are cut, with length and hash of the whole. A tally keeps a
// bounded number of subjects, groups and rule places; what is beyond is counted
// under "(other …)". The same differences give the same bytes.
package comparison
