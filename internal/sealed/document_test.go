package sealed

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
)

func sealedDocument(t *testing.T) []byte {
	t.Helper()
	doc, err := json.MarshalIndent(map[string]any{"format": "x", "interrupted": "a crash", "n": []int{1, 2}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return SealDocument(append(doc, '\n'))
}

// Every flipped bit, every cut and every byte added is seen; so is a digest that
// is no longer where it was.
func TestDocumentsProveThemselves(t *testing.T) {
	doc := sealedDocument(t)
	var back map[string]any
	if err := json.Unmarshal(doc, &back); err != nil || len(back) != 4 {
		t.Fatalf("%v: %s", err, doc)
	}
	if err := CheckDocument(doc, true); err != nil {
		t.Fatal(err)
	}
	for at := range doc {
		for bit := range 8 {
			b := bytes.Clone(doc)
			b[at] ^= 1 << bit
			if err := CheckDocument(b, true); !errors.Is(err, ErrDamaged) {
				t.Fatalf("byte %d, bit %d: %v", at, bit, err)
			}
		}
		if err := CheckDocument(doc[:at], true); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d bytes: %v", at, err)
		}
	}
	if err := CheckDocument(append(bytes.Clone(doc), '\n'), true); !errors.Is(err, ErrDamaged) {
		t.Fatalf("a byte more: %v", err)
	}
}

// Documents from before there was a digest are read; one that has it is held
// against it whatever its version says.
func TestDocumentsWithoutADigest(t *testing.T) {
	if err := CheckDocument([]byte("{\n  \"a\": 1\n}\n"), false); err != nil {
		t.Error(err)
	}
	bad := bytes.Replace(sealedDocument(t), []byte("crash"), []byte("craSh"), 1)
	if err := CheckDocument(bad, false); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
}
