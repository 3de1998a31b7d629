package tables

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"

	"parallax/internal/services"
)

func mariadb(t *testing.T) *sql.DB {
	t.Helper()
	u, err := url.Parse(services.MariaDB(t))
	if err != nil {
		t.Fatal("the services' DSN is no URL")
	}
	password, _ := u.User.Password()
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)/mysql?charset=utf8mb4", u.User.Username(), password, u.Host))
	check(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// stretchOf is a range of characters whose weights are compared with the server's.
type stretchOf struct{ first, last rune }

var (
	letters = []stretchOf{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x24F}, {0x370, 0x52F}, {0x1E00, 0x1FBC}}
	all16   = []stretchOf{{1, 0xD7FF}, {0xE000, 0xFFFF}}
)

// TestCollationsAgreeWithTheServer asks the server for the weight of each character:
// what it calls equal must be equal here, and nothing else.
func TestCollationsAgreeWithTheServer(t *testing.T) {
	db := mariadb(t)
	for _, c := range []struct {
		name   string
		ranges []stretchOf
	}{
		{"utf8mb4_general_ci", all16}, {"utf8mb3_general_nopad_ci", all16}, {"utf8mb4_unicode_ci", letters}, {"utf8mb4_unicode_520_ci", letters},
		{"utf8mb4_unicode_520_nopad_ci", letters}, {"utf8mb4_uca1400_ai_ci", letters}, {"utf8mb4_uca1400_nopad_as_ci", letters},
		{"latin1_swedish_ci", []stretchOf{{1, 0x7F}, {0xA0, 0xFF}}}, {"ascii_general_ci", []stretchOf{{1, 0x7F}}},
	} {
		t.Run(c.name, func(t *testing.T) { agree(t, collationNamed(t, c.name), weights(t, db, c.name, c.ranges)) })
	}
}

func weights(t *testing.T, db *sql.DB, name string, ranges []stretchOf) map[rune]string {
	t.Helper()
	charset, _, _ := strings.Cut(name, "_")
	out := map[rune]string{}
	for _, s := range ranges {
		rows, err := db.Query(fmt.Sprintf("SELECT seq, hex(weight_string(convert(char(seq using ucs2) using %s) COLLATE %s)) FROM seq_%d_to_%d", charset, name, s.first, s.last))
		check(t, err)
		for rows.Next() {
			var r rune
			var weight string
			check(t, rows.Scan(&r, &weight))
			out[r] = weight
		}
		check(t, rows.Err())
	}
	return out
}

// agree wants the same classes of equal characters on both sides.
func agree(t *testing.T, c collation, weights map[rune]string) {
	ours, theirs := map[string]rune{}, map[string]rune{}
	wrong := 0
	for r := rune(1); r <= 0xFFFF; r++ {
		weight, ok := weights[r]
		if !ok || r == ' ' && c.blanks {
			continue
		}
		key := c.key(string(r))
		a, seenA := theirs[weight]
		b, seenB := ours[key]
		if !seenA {
			theirs[weight] = r
		}
		if !seenB {
			ours[key] = r
		}
		if seenA != seenB || a != b {
			if wrong++; wrong < 20 {
				t.Errorf("%q (U+%04X, weight %s): the server calls it equal to %q, we to %q", r, r, weight, a, b)
			}
		}
	}
	if len(theirs) < 30 || wrong > 0 {
		t.Errorf("%d classes of %d characters, %d wrong", len(theirs), len(weights), wrong)
	}
}

// TestCollationsExpandLikeTheServer compares whole texts: what is two letters to a
// collation, marks, blanks at the end, and what has no weight.
func TestCollationsExpandLikeTheServer(t *testing.T) {
	db := mariadb(t)
	texts := []string{"ss", "ß", "SS", "s", "ẞ", "ae", "æ", "Æ", "ǽ", "oe", "œ", "ø", "o", "ö", "o\u0308", "ij", "ĳ", "fi", "ﬁ", "dž", "ǆ", "l·", "ŀ", "th", "þ", "đ", "d",
		"й", "и", "и\u0306", "ё", "е", "İ", "i", "ı", "a ", "a", "a\t", "a b", "ab", "a-b", "😀", "😁", "K", "K", "Å", "å", "A\u030A", "½", "1⁄2", "㎏", "kg", "ſ", "ς", "σ", "日", "本"}
	for _, name := range []string{"utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci", "utf8mb4_uca1400_ai_ci", "utf8mb4_uca1400_as_ci",
		"utf8mb4_uca1400_nopad_ai_ci", "utf8mb4_bin", "utf8mb4_nopad_bin"} {
		t.Run(name, func(t *testing.T) {
			c := collationNamed(t, name)
			for i, a := range texts {
				for _, b := range texts[:i] {
					var equal bool
					check(t, db.QueryRow(fmt.Sprintf("SELECT CONVERT(? USING utf8mb4) COLLATE %s = CONVERT(? USING utf8mb4) COLLATE %s", name, name), a, b).Scan(&equal))
					if got := c.key(a) == c.key(b); got != equal {
						t.Errorf("%q and %q: equal %t, the server says %t", a, b, got, equal)
					}
				}
			}
		})
	}
}
