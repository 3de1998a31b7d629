package database

import "parallax/capture/snapshot"

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
	rows := snapshot.Account{Name: "rows", Total: read}
	for _, b := range []snapshot.Bucket{{Name: EndCaptured, Class: "fine"}, {Name: EndSkipped, Class: "fine"},
		{Name: EndInvalid, Class: "lost"}, {Name: EndFailed, Class: "lost"}, {Name: EndNotReached, Class: "lost"}} {
		addBucket(&tables, b, ends[b.Name])
	}
	addBucket(&rows, snapshot.Bucket{Name: "written", Class: "fine"}, written)
	addBucket(&rows, snapshot.Bucket{Name: "dropped, then read again", Class: "fine"}, again)
	addBucket(&rows, snapshot.Bucket{Name: "dropped", Class: "lost"}, dropped)
	return snapshot.Ledger{Accounts: []snapshot.Account{tables, rows}}
}

// addBucket adds a bucket that holds something.
func addBucket(a *snapshot.Account, b snapshot.Bucket, n int64) {
	if n > 0 {
		b.Count = n
		a.Buckets = append(a.Buckets, b)
	}
}
