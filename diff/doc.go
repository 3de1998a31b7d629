// Package diff compares two recordings answer by answer.
//
// Terms. The old side is the baseline, the new side the candidate; a control is a
// run against the old system itself. A record is one exchange of the old side. A
// place is (subject, part, pattern, kind): the subject is the route, the pattern a
// field with array indices as "*". Noise is a difference the old system also shows
// against itself.
//
// Steps. All inputs are ordered by the same key, so one merge pairs them (pair.go).
// Of a pair it is first settled whether there is something to compare
// (outcome.go), then status, body, headers and trailers are compared under the
// route's rules (answer.go). Where there are controls, each is compared with the
// old side too, differences wait in a spool, and when the pass has ended the counts
// decide which of them are noise (noise.go). Every record ends in exactly one
// counter of its subject.
//
// Fields. A header's field is its name in canonical case, "Content-Type"; of a name
// with several values the n-th is "Via/1", its pattern "Via/*". A cookie's value is
// "Set-Cookie/sid", an attribute "Set-Cookie/sid/Path", with ~0 and ~1 for ~ and /
// in names.
//
// Questions. Answers are compared only where the questions were the same. A replay
// that left credentials out was answered to another question: what differs then could
// not be compared. Of what the replay added, the marker (marker.go) is recognised in
// answers that give it back.
//
// Limits. Memory does not grow with the inputs but with the number of places, which
// is bounded; what is beyond is never noise. A field that differs in every control
// and every answer hides a fault in it: see Noise in docs/rules.md. Reason phrases,
// HTTP versions and interim (1xx) answers are not compared.
package diff
