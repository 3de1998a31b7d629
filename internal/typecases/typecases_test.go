// Package typecases lists which test holds each case of values across engines.
package typecases

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Files with a table of cases, in which a case's number leads its name.
const (
	judged   = "diff/tables/judge_test.go"
	postgres = "capture/database/postgres/types_test.go"
	mysql    = "capture/database/mysql/types_live_test.go"
	engines  = "cmd/parallax/typecases_live_test.go"
	behaves  = "diff/tables/behaviour_test.go"
	sqlite   = "capture/database/sqlite/types_test.go"
	files    = "capture/database/files/text_test.go"
	parquet  = "capture/database/files/parquet_test.go"
	hostile  = "capture/database/files/parquet_hostile_test.go"
	collates = "diff/tables/collation_test.go"
)

// held says where a case is held: a function, or an entry of a table.
type held struct{ file, marker string }

func entry(file, marker string) held { return held{file, marker} }

func function(file, name string) held { return held{file, "func " + name + "("} }

// cases are the numbers of all cases.
var cases = map[int][]held{
	1:  {entry(judged, `{"1 scale of`), entry(postgres, `{"1 scale`), entry(mysql, `{1, "decimal`)},
	2:  {entry(judged, `{"2 more than 38`), entry(postgres, `{"2 many`), entry(mysql, `{2, "decimal of 65`)},
	3:  {entry(judged, `{"3 NaN and`), entry(postgres, `{"3 NaN`)},
	4:  {entry(judged, `{"4 -0 numeric`), entry(postgres, `{"4 -0.0`), entry(mysql, `{4, "negative zero`)},
	5:  {entry(judged, `{"5 -0 float`), entry(postgres, `{"5 -0 float`), entry(mysql, `{5, "negative zero`)},
	6:  {entry(judged, `{"6 NaN and null`), entry(postgres, `{"6 NaN float`), entry(sqlite, `// 6`)},
	7:  {entry(judged, `{"7 infinity`), entry(postgres, `{"7 infinite`), entry(mysql, `{7, "greatest`)},
	8:  {entry(judged, `{"8 float4 and float8`), entry(postgres, `{"8 float4`), entry(mysql, `{8, "float`)},
	9:  {entry(mysql, `{9, "float that text rounds`)},
	10: {entry(postgres, `{"10 all digits`)},
	11: {entry(judged, `{"11 rounded differently`), entry(mysql, `{11, "float(10,2)`)},
	12: {entry(judged, `{"12 half-even`)},
	13: {entry(judged, `{"13 zone of the session`), entry(postgres, `{"13 instant`), entry(mysql, `{13, "timestamp in UTC`)},
	14: {entry(judged, `{"14 instant and wall`), entry(postgres, `{"14 wall`), entry(mysql, `{14, "datetime`)},
	15: {entry(judged, `{"15 coarser`), entry(judged, `{"15 rounded up`), entry(postgres, `{"15 precision`), entry(mysql, `{15, "datetime(3)`)},
	16: {entry(postgres, `{"16 historic`)},
	17: {entry(judged, `{"17 infinity`), entry(postgres, `{"17 infinite date`), function(engines, "TestTypeCase17And18Sentinels")},
	18: {entry(judged, `{"18 zero date and null`), entry(mysql, `{18, "zero timestamp`), function(engines, "TestTypeCase17And18Sentinels")},
	19: {entry(postgres, `{"19 BC`), entry(mysql, `{19, "last day`)},
	20: {entry(judged, `{"20 24:00`), entry(postgres, `{"20 24:00`), entry(mysql, `{20, "longest`)},
	21: {entry(judged, `{"21 one instant`), entry(postgres, `{"21 timetz`), function(engines, "TestTypeCase21TimesWithAnOffset")},
	22: {entry(judged, `{"22 a month`), entry(postgres, `{"22 a month`)},
	23: {entry(judged, `{"23 years`), entry(mysql, `{23, "year 69`)},
	24: {entry(judged, `{"24 date and midnight`), entry(sqlite, `// 24`)},
	25: {entry(judged, `{"25 tinyint 2`), entry(mysql, `{25, "tinyint(1) holds 2`), entry(sqlite, `// 25`)},
	26: {entry(judged, `{"26 bit(n)`), entry(postgres, `{"26 bit`), entry(mysql, `{26, "bit(9)`)},
	27: {entry(judged, `{"27 'true'`), entry(sqlite, `// 27`)},
	28: {entry(judged, `{"28 char and varchar`), entry(postgres, `{"28 char keeps`), entry(mysql, `{28, "char loses`), function(engines, "TestTokensOfPaddedColumnsAgree")},
	29: {entry(judged, `{"29 trailing`), entry(postgres, `{"29 varchar`), entry(mysql, `{29, "varchar`)},
	30: {entry(postgres, `{"30 an N literal`)},
	31: {entry(judged, `{"31 backslash`), entry(postgres, `{"31 backslash`)},
	32: {entry(judged, `{"32 null and empty`), entry(postgres, `{"32 empty`), entry(mysql, `{32, "empty`)},
	33: {entry(judged, `{"33 case`), function(collates, "TestTypeCase33Collations"), function("diff/tables/collation_live_test.go", "TestCollationsAgreeWithTheServer")},
	34: {function(collates, "TestTypeCase34KeyCollapseByExpansion"), function(engines, "TestTypeCase34KeyCollapse")},
	35: {function(engines, "TestTypeCase35KeyOrder")},
	36: {function(engines, "TestTypeCase36UUIDOrder")},
	37: {entry(judged, `{"37 swapped`), entry(postgres, `{"37 uuid`), entry(mysql, `{37, "uuid in capitals`)},
	38: {entry(judged, `{"38 NFC`), entry(postgres, `{"38 NFD`), entry(mysql, `{38, "decomposed`)},
	39: {entry(judged, `{"39 invalid`), entry(mysql, `{39, "latin1`)},
	40: {entry(judged, `{"40 zero byte`), entry(mysql, `{40, "NUL`), entry(sqlite, `// 40`)},
	41: {entry(judged, `{"41 invalid`), entry(mysql, `{41, "surrogate`), entry(sqlite, `// 41`)},
	42: {entry(postgres, `{"42 bytea`), entry(mysql, `{42, "blob`)},
	43: {entry(judged, `{"43 binary`), entry(mysql, `{43, "binary`)},
	44: {entry(judged, `{"44 json`), entry(postgres, `{"44 jsonb`), entry(mysql, `{44, "json`), function(behaves, "TestTypeCase44To47Documents")},
	45: {entry(postgres, `{"45 number`), function(behaves, "TestTypeCase44To47Documents")},
	46: {function(behaves, "TestTypeCase44To47Documents")},
	47: {entry(judged, `{"47 json null`), entry(postgres, `{"47 JSON null`), entry(mysql, `{47, "json null`), function(behaves, "TestTypeCase44To47Documents")},
	48: {entry(judged, `{"48 empty list`), entry(postgres, `{"48 lower bound`)},
	49: {entry(judged, `{"49 set and text[]`), entry(postgres, `{"49 as a set`), entry(mysql, `{49, "set`)},
	50: {entry(judged, `{"50 empty label`), entry(postgres, `{"50 enumeration`), entry(mysql, `{50, "enum's index 0`)},
	51: {entry(judged, `{"51 wrapped`), entry(postgres, `{"51 beyond`), entry(mysql, `{51, "greatest`)},
	52: {entry(judged, `{"52 overflow`), entry(sqlite, `// 52`)},
	53: {entry(judged, `{"53 text in`), entry(sqlite, `// 53`)},
	54: {entry("capture/database/sqlite/schema_test.go", `// 54`), function("capture/database/sqlite/schema_test.go", "TestKeys")},
	55: {function(engines, "TestTypeCase55RowidIsNoKey")},
	56: {entry(postgres, `{"56 money`), entry(postgres, `{"56 integer range`), entry(mysql, `{56, "inet6`)},
	57: {entry(mysql, `{57, "point with an srid`)},
	58: {function(behaves, "TestGeneratedColumnsSaySo"), function(behaves, "TestMappingJudges")},
	59: {function(engines, "TestTypeCase59NextValues")},
	60: {function(parquet, "TestParquetTypes")},
	61: {function(hostile, "TestTypeCase61StatisticsSayNothing")},
	62: {entry(judged, `{"62 1 and 1.0`), function(files, "TestTypeCase62And63ExtendedJSON")},
	63: {entry(judged, `{"63 ObjectId`), entry(judged, `{"63 milliseconds`), function(engines, "TestTypeCase63ObjectIds")},
	64: {function(engines, "TestTypeCase64WideTexts")},
}

// TestEveryCaseIsHeld finds each marker in its file, so that a test that goes is
// missed.
func TestEveryCaseIsHeld(t *testing.T) {
	root := filepath.Join("..", "..")
	text := map[string][]byte{}
	for n := 1; n <= 64; n++ {
		if len(cases[n]) == 0 {
			t.Errorf("case %d is held by no test", n)
		}
		for _, h := range cases[n] {
			if text[h.file] == nil {
				b, err := os.ReadFile(filepath.Join(root, h.file))
				if err != nil {
					t.Fatal(err)
				}
				text[h.file] = b
			}
			if !bytes.Contains(text[h.file], []byte(h.marker)) {
				t.Errorf("case %d: %s has no %s", n, h.file, h.marker)
			}
		}
	}
}
