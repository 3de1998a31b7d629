package siblings

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"parallax/diff/body/field"
	"parallax/diff/body/pairing"
	"parallax/diff/rules"
)

// visits records what is visited, and where.
type visits struct {
	w          *field.Walk
	positional bool
	list       []string
}

func (v *visits) Positional() bool { return v.positional }

func (v *visits) Pairs(old, new []int) *pairing.Pairs { return pairing.InOrder(len(old), len(new)) }

func (v *visits) add(what string) {
	v.list = append(v.list, fmt.Sprintf("%s %s", v.w.AppendPointer(nil), what))
}

func (v *visits) Pair(i, j int) { v.add(fmt.Sprintf("%d=%d", i, j)) }

func (v *visits) Old(i int) { v.add(fmt.Sprintf("%d=", i)) }

func (v *visits) New(j int) { v.add(fmt.Sprintf("=%d", j)) }

// itemsOf reads items by their names, "-" for none; a name's group follows a colon.
func itemsOf(text string) (list []Item) {
	for _, word := range strings.Fields(text) {
		name, group, ok := strings.Cut(word, ":")
		if !ok {
			group = name
		}
		list = append(list, Item{Name: strings.TrimPrefix(name, "-"), Group: group})
	}
	return list
}

func TestCompare(t *testing.T) {
	set, err := rules.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		old, new  string
		want      []string
		sameOrder bool
	}{
		{"a b", "a b", []string{"/a 0=0", "/b 1=1"}, true},
		{"a b", "b a", []string{"/a 0=1", "/b 1=0"}, false},
		{"a b", "a x b", []string{"/a 0=0", "/b 1=2", "/x =1"}, true},
		{"a a", "a", []string{"/a/0 0=0", "/a/1 1="}, true},
		{"a b", "a a b", []string{"/a/0 0=0", "/b 1=2", "/a/1 =1"}, true},
		{"- a -", "- -", []string{"/0 0=0", "/a 1=", "/1 2=1"}, true},
		{"a:u a:v", "a:v a:u", []string{"/a/0 0=1", "/a/1 1=0"}, false},
		{"a:u", "a:v", []string{"/a 0=", "/a =0"}, true},
		{"a b c d e f g h i b", "a b c d e f g h i b", []string{"/a 0=0", "/b/0 1=1", "/c 2=2", "/d 3=3", "/e 4=4", "/f 5=5", "/g 6=6", "/h 7=7", "/i 8=8", "/b/1 9=9"}, true},
		{"", "a", []string{"/a =0"}, true},
		{"", "", nil, true},
	} {
		for _, positional := range []bool{true, false} {
			w := &field.Walk{}
			w.Begin(set.For("GET /"), nil)
			v := &visits{w: w, positional: positional}
			same := Compare(w, itemsOf(tc.old), itemsOf(tc.new), v)
			if d := cmp.Diff(tc.want, v.list); d != "" || same != tc.sameOrder || w.Depth() != 0 {
				t.Errorf("%q, %q: same order %v (-want +got):\n%s", tc.old, tc.new, same, d)
			}
		}
	}
}
