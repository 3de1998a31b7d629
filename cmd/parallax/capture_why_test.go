package main

import (
	"testing"

	"parallax/capture/recording"
)

// A capture of the first bytes of each packet says that it is one.
func TestWhyNoExchanges(t *testing.T) {
	var cut, other recording.Ledger
	cut.Account("missing bytes").Total = 900
	cut.Account("payload bytes").Total = 100
	other.Account("missing bytes").Total = 100
	other.Account("payload bytes").Total = 900
	says(t, whyNone(&cut), "900 bytes", "snap length")
	says(t, whyNone(&other), "--allow-empty")
	other.Account("packets").Total = 10
	other.Account("packets").Add("bad header", recording.Lost, 6)
	says(t, whyNone(&other), "within their headers", "snap length")
}
