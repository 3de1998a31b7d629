package traffic

import (
	"bytes"
	"testing"
)

// TestSame: the same options give the same bytes, another seed others.
func TestSame(t *testing.T) {
	var files [3]bytes.Buffer
	var expected [3]Expected
	for i, seed := range []uint64{1, 1, 2} {
		var err error
		expected[i], err = Generate(&files[i], Options{Exchanges: 300, Lanes: 8, PerConnection: 20, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) || expected[0] != expected[1] {
		t.Error("the same options gave other bytes")
	}
	if bytes.Equal(files[0].Bytes(), files[2].Bytes()) || expected[0] == expected[2] {
		t.Error("another seed gave the same bytes")
	}
	if expected[0].Exchanges != 300 {
		t.Errorf("%v, want 300", expected[0])
	}
}

// TestSumOrder: the sum does not depend on the order, but on every part.
func TestSumOrder(t *testing.T) {
	var a, b, c Expected
	hash := [32]byte{1}
	a.Add("GET", "/1", 200, hash, hash)
	a.Add("GET", "/2", 200, hash, hash)
	b.Add("GET", "/2", 200, hash, hash)
	b.Add("GET", "/1", 200, hash, hash)
	c.Add("GET", "/1", 200, hash, hash)
	c.Add("GET", "/2", 201, hash, hash)
	if a != b || a == c {
		t.Errorf("%v, %v, %v", a, b, c)
	}
}
