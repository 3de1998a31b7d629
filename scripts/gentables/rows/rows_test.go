package rows

import (
	"bytes"
	"testing"
)

func keys(v Variant) map[string]string {
	found := map[string]string{}
	for b := range All(20_000, v) {
		for row := range b.Rows {
			found[string(b.AppendRowKey(nil, []int{0}, row))] = string(b.Columns[3].Bytes(row))
		}
	}
	return found
}

func TestVariants(t *testing.T) {
	plain, some, all := keys(Plain), keys(Few), keys(Every)
	var changed, missing, extra int
	for k, v := range plain {
		if other, ok := some[k]; !ok {
			missing++
		} else if other != v {
			changed++
		}
		if all[k] == v {
			t.Fatal("a row of Every is plain")
		}
	}
	for k := range some {
		if _, ok := plain[k]; !ok {
			extra++
		}
	}
	if len(plain) != 20_000 || changed+missing+extra > 10 || changed+missing+extra == 0 {
		t.Errorf("%d rows, %d changed, %d missing, %d extra", len(plain), changed, missing, extra)
	}
}

func TestSameEveryTime(t *testing.T) {
	var a, b bytes.Buffer
	if err := WriteCSV(&a, 100, Plain); err != nil {
		t.Fatal(err)
	}
	if err := WriteCSV(&b, 100, Plain); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("another table the second time")
	}
	if lines := bytes.Count(a.Bytes(), []byte("\n")); lines != 100 || bytes.Count(a.Bytes(), []byte(",")) != 1100 {
		t.Errorf("%d lines", lines)
	}
}
