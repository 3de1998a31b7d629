package redact

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/snapshot"
)

func customers() *snapshot.Table {
	return &snapshot.Table{Name: "customers", Columns: []snapshot.Column{
		{Name: "id", Class: snapshot.Number, Bits: 64}, {Name: "password_hash", Class: snapshot.Text},
		{Name: "TaxNo", Class: snapshot.Number, Bits: 32}, {Name: "device", Class: snapshot.UUID},
		{Name: "notes", Class: snapshot.Text}, {Name: "access_token", Class: snapshot.Bytes},
	}}
}

func rowsOf(t testing.TB, c Config) *Rows {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(c, key)
	if err != nil {
		t.Fatal(err)
	}
	return r.Table(customers())
}

func customer(b *snapshot.Batch, tax int64, password, notes string) {
	b.Rows++
	b.Columns[0].Append(snapshot.Number, snapshot.AppendInt(nil, int64(b.Rows)))
	b.Columns[1].Append(snapshot.Text, []byte(password))
	b.Columns[2].Append(snapshot.Number, snapshot.AppendInt(nil, tax))
	b.Columns[3].AppendNull()
	b.Columns[4].Append(snapshot.Text, []byte(notes))
	b.Columns[5].Append(snapshot.Bytes, []byte{0, 0xFF})
}

func TestRowsAreRedactedByColumn(t *testing.T) {
	s := rowsOf(t, Config{Columns: []string{"customers.tax_no", "Customers.device"}})
	b := snapshot.NewBatch(customers().Columns)
	customer(b, 123456789, "hunter2", "plain")
	customer(b, 123456789, "hunter2", `see https://ada:geheim@shop.example/ {"password": "geheim"}`)
	customer(b, 5, "", "")
	source := b
	b, err := s.Apply(source)
	if err != nil {
		t.Fatal(err)
	}
	if source.Columns[5].Class != snapshot.Bytes || !bytes.Contains(source.Columns[1].Data, []byte("hunter2")) {
		t.Error("the source's own batch is changed")
	}
	for i := range b.Columns {
		if bytes.Contains(b.Columns[i].Data, []byte("geheim")) || bytes.Contains(b.Columns[i].Data, []byte("hunter2")) {
			t.Errorf("column %d holds a secret: %q", i, b.Columns[i].Data)
		}
	}
	cell := func(column, row int) string {
		class, c := b.Columns[column].Cell(row)
		return string(snapshot.AppendText(nil, class, c))
	}
	if cell(0, 0) != "1" || cell(4, 0) != "plain" || cell(3, 1) != "null" || cell(1, 2) != "" {
		t.Errorf("what is no secret changed: %q %q %q %q", cell(0, 0), cell(4, 0), cell(3, 1), cell(1, 2))
	}
	if !IsToken(cell(1, 0)) || cell(1, 0) != cell(1, 1) || !IsToken(cell(5, 0)) {
		t.Errorf("tokens %q %q %q", cell(1, 0), cell(1, 1), cell(5, 0))
	}
	if cell(2, 0) != cell(2, 1) || cell(2, 0) == cell(2, 2) || len(cell(2, 0)) != numberDigits {
		t.Errorf("numbers %q %q %q", cell(2, 0), cell(2, 1), cell(2, 2))
	}
	for _, c := range s.Describe().Columns {
		if c.Redacted != (c.Name != "id" && c.Name != "notes") {
			t.Errorf("column %s: redacted %v", c.Name, c.Redacted)
		}
	}
	if n := s.r.Counts()["column"]; n != 8 {
		t.Errorf("%d cells counted", n)
	}
}

// A secret has one token, in a table's column and in an exchange.
func TestColumnTokensAreThoseOfRecordings(t *testing.T) {
	s := rowsOf(t, Config{})
	_, c := s.token(snapshot.Text, []byte("s3cret-value"))
	if got := newPass(s.r).secret("s3cret-value", ruleHeader); got != string(c) {
		t.Errorf("%s, want %s", c, got)
	}
}

func TestColumnsEqualIffTokensEqual(t *testing.T) {
	s := rowsOf(t, Config{})
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		_, ta := s.token(snapshot.Number, snapshot.AppendInt(nil, a))
		ta = bytes.Clone(ta)
		_, tb := s.token(snapshot.Number, snapshot.AppendInt(nil, b))
		if (a == b) != bytes.Equal(ta, tb) {
			t.Fatalf("%d %d: %x %x", a, b, ta, tb)
		}
	})
}

func TestColumnsKept(t *testing.T) {
	s := rowsOf(t, Config{Keep: Keep{Columns: []string{"customers.password_hash"}}})
	if s.Describe().Columns[1].Redacted {
		t.Error("a kept column is redacted")
	}
	if _, err := New(Config{Profile: Off, Columns: []string{"password"}}, Key{}); err == nil {
		t.Error("a column without a table is accepted")
	}
}

// TestTokensDoNotKnowPadding: one store fills char(n) and binary(n) up, the other
// takes the filling off; blanks of a varchar are its own.
func TestTokensDoNotKnowPadding(t *testing.T) {
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	token := func(c snapshot.Column, cell string) string {
		c.Name = "secret"
		r, err := New(Config{Columns: []string{"t.secret"}}, key)
		if err != nil {
			t.Fatal(err)
		}
		rows := r.Table(&snapshot.Table{Name: "t", Columns: []snapshot.Column{c}})
		b := snapshot.NewBatch([]snapshot.Column{c})
		b.Columns[0].Append(c.Class, []byte(cell))
		b.Rows = 1
		out, err := rows.Apply(b)
		if err != nil {
			t.Fatal(err)
		}
		if rows.Describe().Columns[0].Padded {
			t.Error("a column of tokens is declared as padded")
		}
		class, made := out.Columns[0].Cell(0)
		return class.String() + " " + string(made)
	}
	char := snapshot.Column{Class: snapshot.Text, Length: 5, Padded: true}
	varchar := snapshot.Column{Class: snapshot.Text, Length: 5}
	binary := snapshot.Column{Class: snapshot.Bytes, Length: 5, Padded: true}
	bytea := snapshot.Column{Class: snapshot.Bytes}
	for _, c := range []struct {
		a, b  string
		equal bool
	}{
		{token(char, "ab   "), token(char, "ab"), true},
		{token(char, "ab   "), token(varchar, "ab"), true},
		{token(char, "     "), token(char, ""), true},
		{token(varchar, "ab "), token(varchar, "ab"), false},
		{token(char, " ab  "), token(char, "ab"), false},
		{token(bytea, ""), "text ", true},
		{token(binary, "\x00\x00\x00\x00\x00"), "text ", true},
		{token(binary, "ab\x00\x00\x00"), token(bytea, "ab"), true},
		{token(bytea, "ab\x00"), token(bytea, "ab"), false},
	} {
		if (c.a == c.b) != c.equal {
			t.Errorf("%s and %s: equal %t, want %t", c.a, c.b, c.a == c.b, c.equal)
		}
	}
}
