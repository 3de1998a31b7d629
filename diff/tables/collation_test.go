package tables

import (
	"strings"
	"testing"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// TestTypeCase33Collations says of pairs of texts which collations call them equal.
// What MariaDB knows is asked of the server by TestCollationsAgreeWithTheServer, too.
func TestTypeCase33Collations(t *testing.T) {
	for _, c := range []struct{ a, b, equal, different string }{
		{"K", "k", "utf8mb4_general_ci utf8mb4_unicode_ci utf8mb4_uca1400_as_ci utf8mb4_0900_ai_ci latin1_swedish_ci ascii_general_ci nocase citext", "utf8mb4_bin utf8mb4_0900_as_cs C en_US.utf8"},
		{"k ", "K", "utf8mb4_general_ci utf8mb3_unicode_520_ci latin1_swedish_ci", "utf8mb4_0900_ai_ci utf8mb4_general_nopad_ci nocase citext rtrim"},
		{"k ", "k", "utf8mb4_bin rtrim ascii_bin", "utf8mb4_0900_bin utf8mb4_nopad_bin nocase C"},
		{"É", "e", "utf8mb4_general_ci utf8mb4_unicode_ci utf8mb4_0900_ai_ci latin1_swedish_ci", "utf8mb4_0900_as_ci utf8mb4_bin nocase citext"},
		{"É", "e\u0301", "utf8mb4_unicode_ci utf8mb4_0900_as_ci", "utf8mb4_general_ci utf8mb4_bin"},
		{"É", "é", "utf8mb4_0900_as_ci citext", "nocase utf8mb4_0900_as_cs"},
		{"ß", "s", "utf8mb4_general_ci", "utf8mb4_unicode_ci utf8mb4_0900_ai_ci latin1_swedish_ci"},
		{"Straße", "STRASSE", "utf8mb4_unicode_ci utf8mb4_unicode_520_ci utf8mb4_uca1400_ai_ci utf8mb4_0900_ai_ci", "utf8mb4_general_ci utf8mb4_uca1400_as_ci latin1_swedish_ci"},
		{"Æ", "ae", "utf8mb4_unicode_520_ci utf8mb4_uca1400_ai_ci utf8mb4_0900_ai_ci", "utf8mb4_unicode_ci utf8mb4_general_ci latin1_swedish_ci utf8mb4_uca1400_as_ci"},
		{"œ", "OE", "utf8mb4_unicode_ci utf8mb4_unicode_520_ci", "utf8mb4_general_ci"},
		{"ø", "O", "utf8mb4_unicode_520_ci utf8mb4_0900_ai_ci", "utf8mb4_unicode_ci utf8mb4_general_ci latin1_swedish_ci"},
		{"ä", "Æ", "latin1_swedish_ci", "utf8mb4_general_ci"},
		{"й", "И", "", "utf8mb4_general_ci utf8mb4_unicode_ci utf8mb4_0900_ai_ci"},
		{"😀", "😁", "utf8mb4_general_ci utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci utf8mb4_0900_ai_ci"},
		{"a\x01b", "ab", "utf8mb4_unicode_ci", "utf8mb4_general_ci"},
	} {
		for _, name := range strings.Fields(c.equal) {
			if f := collationNamed(t, name); f.key(c.a) != f.key(c.b) {
				t.Errorf("%s: %q and %q are two keys", name, c.a, c.b)
			}
		}
		for _, name := range strings.Fields(c.different) {
			if f := collationNamed(t, name); f.key(c.a) == f.key(c.b) {
				t.Errorf("%s: %q and %q are one key", name, c.a, c.b)
			}
		}
	}
}

// collationNamed makes the collation of a name; citext is a type.
func collationNamed(t *testing.T, name string) collation {
	t.Helper()
	c := snapshot.Column{Class: snapshot.Text, Collation: name}
	if name == "citext" {
		c = snapshot.Column{Class: snapshot.Text, Declared: name, Collation: "en_US.utf8"}
	}
	f := collationOf(&c)
	if f.unknown {
		t.Errorf("%s is not known", name)
	}
	return f
}

func TestUnknownCollationsAreNotGuessed(t *testing.T) {
	for _, name := range []string{"utf8mb4_swedish_ci", "utf8mb4_german2_ci", "utf8mb4_uca1400_turkish_ai_ci", "utf8mb4_general_mysql500_ci",
		"latin1_german1_ci", "latin1_general_cs", "cp1251_general_ci", "Latin1_General_CI_AS", "public.german (not deterministic)", "utf8mb4_0900_as_ci_x"} {
		if c := namedCollation(strings.ToLower(name)); !c.unknown || c.fold != nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	for _, name := range []string{"", "C", "POSIX", "en_US.utf8", "icu en-US-x-icu", "public.german", "binary", "cp1251_bin"} {
		if c := namedCollation(strings.ToLower(name)); c.unknown || c.isBlind() {
			t.Errorf("%s tells all keys apart: %+v", name, c)
		}
	}
}

func collated(name string) snapshot.Column {
	c := column("id", snapshot.Text)
	c.Collation = name
	return c
}

func TestTypeCase34KeyCollapseByExpansion(t *testing.T) {
	a := table("t", []string{"id"}, collated("utf8mb4_unicode_ci"), column("n", snapshot.Number))
	b := table("t", []string{"id"}, collated("C"), column("n", snapshot.Number))
	old := []row{{text("straße"), number(1)}, {text("æ"), number(2)}}
	new := []row{{text("straße"), number(1)}, {text("strasse"), number(3)}, {text("ae"), number(2)}}
	_, ds := compared(t, input("old", newMemory(a, old, 8)), input("new", newMemory(b, new, 8)), Options{})
	wantLines(t, ds,
		`t ["ae"] row  missing in old:  [] [{"id":"ae","n":2}]`,
		`!t ["strasse"] row  missing in old: key collapse [["straße"]] [{"id":"strasse","n":3}]`,
		`t ["æ"] row  missing in new:  [{"id":"æ","n":2}] []`)
}

// TestBothCollationsCount: either side's collation may be the one that made one key
// of two.
func TestBothCollationsCount(t *testing.T) {
	a := table("t", []string{"id"}, collated("utf8mb4_general_ci"))
	b := table("t", []string{"id"}, collated("utf8mb4_unicode_520_ci"))
	_, ds := compared(t, input("old", newMemory(a, []row{{text("maße")}, {text("æ")}}, 8)), input("new", newMemory(b, []row{{text("mase")}, {text("ae")}}, 8)), Options{})
	for _, d := range ds {
		if d.Class != ClassKeyCollapse {
			t.Errorf("%s", lines([]comparison.Difference{d}))
		}
	}
	if len(ds) != 4 {
		t.Errorf("%s", lines(ds))
	}
}

func TestUnknownCollationsAreSaid(t *testing.T) {
	a := table("t", []string{"id"}, collated("utf8mb4_swedish_ci"))
	s, ds := compared(t, input("old", newMemory(a, []row{{text("a")}}, 8)), input("new", newMemory(a, []row{{text("A")}}, 8)), Options{})
	if len(ds) != 2 || ds[0].Class != "" || !strings.Contains(strings.Join(s.Notes, "\n"), `"utf8mb4_swedish_ci" calls equal is not known: 2 rows`) {
		t.Errorf("%s\n%q", lines(ds), s.Notes)
	}
	same, _ := compared(t, input("old", newMemory(a, []row{{text("a")}}, 8)), input("new", newMemory(a, []row{{text("a")}}, 8)), Options{})
	if strings.Contains(strings.Join(same.Notes, "\n"), "utf8mb4_swedish_ci") {
		t.Errorf("nothing is missing, and %q", same.Notes)
	}
}

// TestRowsOfOneKeyAreNoCollapse: a row that stands more often on one side has its
// own key on the other.
func TestRowsOfOneKeyAreNoCollapse(t *testing.T) {
	a := table("t", []string{"id"}, collated("utf8mb4_general_ci"), column("n", snapshot.Number))
	old := []row{{text("a"), number(1)}, {text("a"), number(2)}}
	_, ds := compared(t, input("old", newMemory(a, old, 8)), input("new", newMemory(a, old[:1], 8)), Options{})
	if len(ds) != 1 || ds[0].Class == ClassKeyCollapse {
		t.Errorf("%s", lines(ds))
	}
}
