package iso

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWallTimesAreThoseOfTheCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, last := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
		at := time.Unix(rapid.Int64Range(first, last).Draw(t, "sec"), rapid.Int64Range(0, 999_999_999).Draw(t, "nsec")).UTC()
		sec, nsec, ok := WallTime(at.Format("2006-01-02 15:04:05.999999999"))
		if !ok || sec != at.Unix() || int(nsec) != at.Nanosecond() {
			t.Fatalf("%s: %d %d %v", at, sec, nsec, ok)
		}
		zone := time.FixedZone("", rapid.IntRange(-14*60, 14*60).Draw(t, "minutes")*60)
		sec, nsec, ok = Instant([]byte(at.In(zone).Format("2006-01-02T15:04:05.000000000Z07:00")))
		if y := at.In(zone).Year(); y >= 0 && y <= 9999 && (!ok || sec != at.Unix() || int(nsec) != at.Nanosecond()) {
			t.Fatalf("%s: %d %d %v", at.In(zone), sec, nsec, ok)
		}
	})
}

func TestWhatIsRead(t *testing.T) {
	for s, want := range map[string]string{
		"2024-02-29": "19782 true", "2023-02-29": "0 false", "1900-02-29": "0 false", "2000-02-29": "11016 true", "2024-13-01": "0 false",
		"2024-1-01": "0 false", "2024-01-00": "0 false", "0000-00-00": "0 false", "1970-01-01": "0 true", "": "0 false", "2024-01-01 ": "0 false",
	} {
		if days, ok := Date(s); fmt.Sprint(days, ok) != want {
			t.Errorf("%q: %d %v, want %s", s, days, ok, want)
		}
	}
	for s, want := range map[string]bool{
		"2024-01-01": true, "2024-01-01T00:00:00": true, "2024-01-01 23:59:59.1": true, "2024-01-01 24:00:00": false, "2024-01-01 00:00": false,
		"2024-01-01 00:00:60": false, "2024-01-01 00:00:00.": false, "2024-01-01 00:00:00.0123456789": false, "2024-01-01 00:00:00Z": false,
		"2024-01-01 00:00:00+02:00": false, "2024-01-01_00:00:00": false, "2024-01-01 00:00:0a": false,
	} {
		if _, _, ok := WallTime(s); ok != want {
			t.Errorf("%q: %v", s, ok)
		}
	}
	for s, want := range map[string]bool{
		"2024-01-01T00:00:00Z": true, "2024-01-01 00:00:00+02": true, "2024-01-01 00:00:00.5-0230": true, "2024-01-01 00:00:00": false,
		"2024-01-01 00:00:00+2": false, "2024-01-01 00:00:00+02:0": false, "2024-01-01 00:00:00+24:00": false, "2024-01-01T00:00:00z": false,
	} {
		if _, _, ok := Instant(s); ok != want {
			t.Errorf("%q: %v", s, ok)
		}
	}
}

func TestClocks(t *testing.T) {
	for s, want := range map[string]string{
		"12:00:00": "43200000000 true", "00:00:00.000001": "1 true", "00:00:00.0000010": "1 true", "00:00:00.0000001": "0 false", "12:00": "0 false",
	} {
		if us, ok := Clock(s); fmt.Sprint(us, ok) != want {
			t.Errorf("%q: %d %v, want %s", s, us, ok, want)
		}
	}
}

func TestUUIDs(t *testing.T) {
	const plain = "0123456789abcdef0123456789abcdef"
	for s, want := range map[string]bool{
		"01234567-89ab-cdef-0123-456789abcdef": true, plain: true, "{01234567-89AB-CDEF-0123-456789ABCDEF}": true,
		"01234567-89ab-cdef-0123-456789abcde": false, "0123456789ab-cdef-0123-4567-89abcdef": false, "g" + plain[1:]: false, "": false,
	} {
		id, ok := UUID(s)
		if ok != want || ok && fmt.Sprintf("%x", id) != plain {
			t.Errorf("%q: %x %v", s, id, ok)
		}
	}
}
