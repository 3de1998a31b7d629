package database

import (
	"parallax/capture/snapshot"
	"parallax/internal/ledger"
)

// account says where every table, and every row that the source gave, ended.
func account(results []TableResult, read int64) snapshot.Ledger {
	ends := map[string]int64{}
	var written, again, dropped int64
	for i := range results {
		ends[results[i].End]++
		written += results[i].written
		again += results[i].again
		dropped += results[i].dropped
	}
	tables := snapshot.Account{Name: "tables", Total: int64(len(results))}
	for _, end := range []string{EndCaptured, EndSkipped} {
		add(&tables, end, ledger.Fine, ends[end])
	}
	for _, end := range []string{EndInvalid, EndFailed, EndNotReached} {
		add(&tables, end, ledger.Lost, ends[end])
	}
	rows := snapshot.Account{Name: "rows", Total: read}
	add(&rows, "written", ledger.Fine, written)
	add(&rows, "dropped, then read again", ledger.Fine, again)
	add(&rows, "dropped", ledger.Lost, dropped)
	return snapshot.Ledger{Accounts: []snapshot.Account{tables, rows}}
}

// add adds a bucket that holds something.
func add(a *snapshot.Account, bucket string, class ledger.Class, n int64) {
	if n > 0 {
		a.Add(bucket, class, n)
	}
}
