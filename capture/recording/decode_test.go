package recording

import (
	"testing"

	"pgregory.net/rapid"
)

// TestDecoderShares: a decoder that shares header lists between rows reads what
// one that has seen nothing reads.
func TestDecoderShares(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		list := drawExchanges(rt, KindRun, 6)
		var shared decoder
		for i, ex := range list {
			if i > 0 && ex.Request != nil && list[i-1].Request != nil && rapid.Bool().Draw(rt, "same") {
				ex.Request.Headers = list[i-1].Request.Headers
			}
			got, err := shared.exchange(appendExchange(nil, ex))
			if err != nil {
				rt.Fatal(err)
			}
			if d := sameExchanges([]*Exchange{got}, []*Exchange{ex}); d != "" {
				rt.Fatal(d)
			}
		}
	})
	var d decoder
	first, err1 := d.exchange(appendExchange(nil, runRow(1)))
	second, err2 := d.exchange(appendExchange(nil, runRow(1)))
	if err1 != nil || err2 != nil || !sameList(first.Request.Headers, second.Request.Headers) {
		t.Fatal("equal lists are not shared", err1, err2)
	}
}

func TestIDTime(t *testing.T) {
	for id, want := range map[ID]int64{
		"00000000000000ff-00000000-00000000": 255,
		"17979cfe362a0000-abcdef01-00000002": 1_700_000_000_000_000_000,
	} {
		if got, err := id.Time(); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", id, got, err, want)
		}
	}
	for _, id := range []ID{"", "00000000000000ff-00000000-0000000", "00000000000000FF-00000000-00000000", "00000000000000g0-00000000-00000000", "00000000000000ff_00000000-00000000"} {
		if _, err := id.Time(); err == nil {
			t.Errorf("%q is taken for an id", id)
		}
	}
}
