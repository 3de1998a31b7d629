package main

import (
	"fmt"
	"io"

	"parallax/replay"
)

// printBlocked says why requests were blocked: they lower the coverage, and most
// can be had by a flag or a key.
func printBlocked(w io.Writer, reasons replay.Reasons) {
	for _, why := range reasons.Sorted() {
		fmt.Fprintf(w, "%d blocked: %s\n", reasons[why], safeText(why))
	}
}

// printHeldBack says how many credentials did not go to the target. Where they are
// more than the few of sessions that are not logged in yet, also what gives it its own.
func printHeldBack(w io.Writer, r *replay.Result) {
	if r.LeftOut == 0 {
		return
	}
	fmt.Fprintf(w, "%d headers or cookies were not sent: they held a redaction token\n", r.LeftOut)
	if r.LeftOut*10 > r.Sent() {
		io.WriteString(w, "hint: `carry` takes the new system's own from its answers, `auth` gets a token, `rewrite` sets a header to {{secret:NAME}}\n")
	}
}
