package recording

import "parallax/internal/ledger"

// What a recording's ledger consists of.
type (
	// Ledger says where everything ended.
	Ledger = ledger.Ledger
	// Account follows one kind of thing: packets, bytes, streams, messages, exchanges.
	Account = ledger.Account
	// Bucket is one named end.
	Bucket = ledger.Bucket
	// Class says what a bucket means for a verdict.
	Class = ledger.Class
)

// The classes.
const (
	Fine = ledger.Fine // accounted for, nothing lost
	Edge = ledger.Edge // cut at the capture's edge; the default gate allows it
	Lost = ledger.Lost // could not be captured, decoded, sent, read or compared
)
