package replay

import (
	"strings"
	"testing"

	"parallax/capture/recording"
)

// TestOddOnTheWire: a request that was not sent in the regular form is not
// replaced by one that is.
func TestOddOnTheWire(t *testing.T) {
	for _, c := range []struct {
		errors []string
		want   string
	}{
		{nil, ""},
		{[]string{"request: bare LF"}, "bare LF"},
		{[]string{"response: odd status", "request: odd start line"}, "odd start line"},
		{[]string{"response: bare LF", "request: repeated content length"}, ""},
	} {
		ex := &recording.Exchange{Request: &recording.Request{Method: "GET", Target: "/"}, Errors: c.errors}
		if got := notWhole(ex); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q: %q, want %q", c.errors, got, c.want)
		}
	}
}
