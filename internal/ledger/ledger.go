// Package ledger counts where everything ended.
//
// Terms: an account follows one kind of thing (packets, exchanges, rows); each of
// them ends in one named bucket, whose class says what that means for a verdict. The
// buckets of an account must add up to its total, which is counted apart from them;
// what does not is the residual, and a residual is "could not verify".
package ledger

import "sort"

// Ledger is the accounts of one source, or of one comparison.
type Ledger struct {
	Accounts []Account `json:"accounts"`
}

// Account follows one kind of thing: packets, bytes, streams, messages,
// exchanges.
type Account struct {
	Name    string   `json:"name"`
	Total   int64    `json:"total"`
	Buckets []Bucket `json:"buckets"`
}

// Bucket is one named end.
type Bucket struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
	Class Class  `json:"class"`
}

// Class says what a bucket means for a verdict.
type Class string

// The classes.
const (
	Fine Class = "fine" // accounted for, nothing lost
	Edge Class = "edge" // cut at the capture's edge; the default gate allows it
	Lost Class = "lost" // could not be captured, decoded, sent, read or compared
)

// Residual is what the buckets leave unexplained: positive where something
// vanished, negative where something was counted twice.
func (a *Account) Residual() int64 {
	left := a.Total
	for _, b := range a.Buckets {
		left -= b.Count
	}
	return left
}

// Sum returns the count of all buckets of class.
func (a *Account) Sum(class Class) int64 {
	var n int64
	for _, b := range a.Buckets {
		if b.Class == class {
			n += b.Count
		}
	}
	return n
}

// Closed reports whether no account has a residual.
func (l *Ledger) Closed() bool {
	for i := range l.Accounts {
		if l.Accounts[i].Residual() != 0 {
			return false
		}
	}
	return true
}

// Account returns the account called name, which it adds where there is none.
func (l *Ledger) Account(name string) *Account {
	for i := range l.Accounts {
		if l.Accounts[i].Name == name {
			return &l.Accounts[i]
		}
	}
	l.Accounts = append(l.Accounts, Account{Name: name})
	return &l.Accounts[len(l.Accounts)-1]
}

// Add counts n things that ended in bucket; the total is the caller's to count.
func (a *Account) Add(bucket string, class Class, n int64) {
	for i := range a.Buckets {
		if a.Buckets[i].Name == bucket {
			a.Buckets[i].Count += n
			return
		}
	}
	a.Buckets = append(a.Buckets, Bucket{Name: bucket, Count: n, Class: class})
	sort.Slice(a.Buckets, func(i, j int) bool { return a.Buckets[i].Name < a.Buckets[j].Name })
}

// Copy returns l's accounts, whose lists are empty where there is nothing.
func (l *Ledger) Copy() []Account {
	out := make([]Account, 0, len(l.Accounts))
	for _, a := range l.Accounts {
		a.Buckets = append([]Bucket{}, a.Buckets...)
		out = append(out, a)
	}
	return out
}
