// Package lag tells a new system that follows with a delay from one that is
// wrong, by two comparisons of it, one after the other.
//
// Terms. A difference that went away by the second comparison is lag. One that
// stayed, at the same subject, record, part and field, is divergence, also where
// its values have changed. One that only the second has is new. A difference of a
// whole row covers all of its columns: a record that differs in both comparisons,
// as a whole in one of them, has stayed different.
//
// Steps. Classify reads both streams, holds hashes of the first one's places, and
// gives each difference its kind. Differences stand in the order of their keys'
// canonical bytes, which the texts that they carry do not have ("10" sorts before
// "9"), so the streams cannot be merged; they are read in parts by the hash of the
// record, once or, where they are long, several times.
//
// Limits. Places are known by 128-bit hashes. One part of at most MaxPlaces of
// them is in memory at a time. Within a part the order of the streams is kept, and
// the differences of one record are in one part.
package lag

// MaxPlaces bounds the places in memory; each takes about 100 bytes.
const MaxPlaces = 1 << 20
