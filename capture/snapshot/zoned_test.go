package snapshot

import (
	"testing"

	"pgregory.net/rapid"
)

func TestZonedTimesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := ZonedTime{rapid.Int64Range(0, 86_400_000_000).Draw(t, "micros"), rapid.IntRange(-57599, 57599).Draw(t, "east")}
		text := string(AppendZonedTime(nil, z))
		if got, ok := ParseZonedTime(text); !ok || got != z {
			t.Fatalf("%+v as %s: %+v %t", z, text, got, ok)
		}
	})
}

func TestParseZonedTime(t *testing.T) {
	for text, want := range map[string]ZonedTime{
		"12:00:00+02:00":        {43_200_000_000, 7200},
		"12:00+02":              {43_200_000_000, 7200},
		"10:00:00.5-05:30:15":   {36_000_500_000, -19815},
		"24:00:00Z":             {86_400_000_000, 0},
		"00:00:00.000001+00:00": {1, 0},
	} {
		if got, ok := ParseZonedTime(text); !ok || got != want {
			t.Errorf("%s: %+v %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "12:00", "12+02", "24:00:00.1Z", "12:60:00Z", "12:00:00.Z", "12:00:00.1234567Z", "1:00:00Z", "12:00:00+2",
		"12:00:00+16:00", "12:00:00+02:00:00:00", "12:00:00Zx", "-12:00:00+02", "12:00:00+02-", "12.5:00+02", "2024-01-01"} {
		if got, ok := ParseZonedTime(text); ok {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func FuzzParseZonedTime(f *testing.F) {
	for _, s := range []string{"12:00:00.5+02:00", "24:00Z", "10:00:00-05:30:15", "::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		z, ok := ParseZonedTime(text)
		if !ok {
			return
		}
		if again, ok := ParseZonedTime(string(AppendZonedTime(nil, z))); !ok || again != z {
			t.Fatalf("%q: %+v, then %+v %t", text, z, again, ok)
		}
	})
}
