package replay

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReasons(t *testing.T) {
	r := Reasons{}
	for i := range 100 {
		r.Add(fmt.Sprint("reason ", i), 1)
	}
	r.Add("reason 3", 4)
	if len(r) != maxReasons+1 || r[otherReasons] != 100-maxReasons {
		t.Fatalf("%d reasons, %d others", len(r), r[otherReasons])
	}
	if diff := cmp.Diff([]string{otherReasons, "reason 3", "reason 0"}, r.Sorted()[:3]); diff != "" {
		t.Error(diff)
	}
}
