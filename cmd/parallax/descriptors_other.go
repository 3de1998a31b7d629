//go:build !unix

package main

// descriptorLimit is not known here.
func descriptorLimit() (limit uint64, known bool) { return 0, false }
