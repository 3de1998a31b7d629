package sanitise

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestEachForm(t *testing.T) {
	for _, c := range []struct {
		name      string
		form      func(string) string
		in, wants string
	}{
		{"plain", Line, "GET /orders/{id} é 注文 \\u00e9", "GET /orders/{id} é 注文 \\u00e9"},
		{"escape sequence", Line, "a\x1b[31mred", `a\u001b[31mred`},
		{"C1 control", Line, "\u009b2J", `\u009b2J`},
		{"DEL and NUL", Line, "\x7f\x00", `\u007f\u0000`},
		{"bidi override", Line, "a\u202eb", `a\u202eb`},
		{"bidi isolate", Line, "\u2066x\u2069", `\u2066x\u2069`},
		{"zero width", Line, "a\u200b\u200d\ufeffb", `a\u200b\u200d\ufeffb`},
		{"no-break space is told from a space", Line, "a\u00a0b", `a\u00a0b`},
		{"line separator", Line, "a\u2028b", `a\u2028b`},
		{"tag characters", Line, "\U000e0041", `\U000e0041`},
		{"hangul filler", Line, "\u3164", `\u3164`},
		{"variation selector", Line, "a\ufe0f", `a\ufe0f`},
		{"breaks", Line, "a\r\n\tb", `a\r\n\tb`},
		{"not UTF-8", Line, "a\xff\xc3", `a\xff\xc3`},
		{"a true replacement rune stays", Line, "\ufffd", "\ufffd"},
		{"block keeps breaks", Block, "a\n\tb\r", "a\n\tb\\r"},
		{"github command", Log, "::set-output name=x::y", `\u003a:set-output name=x::y`},
		{"github command after spaces", Log, "  ::error::x", `  \u003a:error::x`},
		{"colons inside stay", Log, "a::b", "a::b"},
		{"azure", Log, "x ##vso[task.setvariable]y", `x #\u0023vso[task.setvariable]y`},
		{"azure and github format", Log, "##[error]x", `#\u0023[error]x`},
		{"teamcity", Log, "##teamcity[buildStatus]", `#\u0023teamcity[buildStatus]`},
		{"gitlab", Log, "section_start:1:x\r\x1b[0K", `section_start\u003a1:x\r\u001b[0K`},
		{"markdown heading stays", Log, "## title", "## title"},
		{"xml control", XML, "a\x1b\x00\nb", "a\\x1b\\x00\nb"},
		{"xml noncharacter", XML, "\uffff\ufffe", `\uffff\ufffe`},
		{"xml not UTF-8", XML, "\x80", `\x80`},
	} {
		if got := c.form(c.in); got != c.wants {
			t.Errorf("%s: %q becomes %q, want %q", c.name, c.in, got, c.wants)
		}
	}
}

func TestNothingInvisibleIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		for name, form := range map[string]func(string) string{"line": Line, "block": Block, "log": Log, "xml": XML} {
			checkVisible(t, name, form(in))
		}
		if err := xml.Unmarshal([]byte("<a>"+escapeXML(XML(in))+"</a>"), new(string)); err != nil {
			t.Fatalf("%q is no XML text: %v", XML(in), err)
		}
	})
}

func checkVisible(t *rapid.T, form, out string) {
	if !utf8.ValidString(out) {
		t.Fatalf("%s: %q is not UTF-8", form, out)
	}
	for _, r := range out {
		if !visible(r) && !(strings.ContainsRune("\n\t", r) && form != "line" && form != "log") {
			t.Fatalf("%s: %q holds %U", form, out, r)
		}
	}
	if form == "log" && (strings.HasPrefix(strings.TrimSpace(out), "::") || strings.Contains(out, "##vso[")) {
		t.Fatalf("%q is a command", out)
	}
}

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func TestWidthAndCut(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		cut   string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"注文注文", 5, "注文…"}, {"注文注文", 4, "注…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"}, {"", 0, ""}, {"a", 0, ""},
	} {
		got := Cut(c.in, c.width)
		if got != c.cut || Width(got) > c.width {
			t.Errorf("Cut(%q, %d) = %q (%d cells), want %q", c.in, c.width, got, Width(got), c.cut)
		}
	}
	if Pad("注", 3) != "注 " || PadLeft("x", 3) != "  x" {
		t.Errorf("padding is off: %q %q", Pad("注", 3), PadLeft("x", 3))
	}
}

func TestLogCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, width := strings.Repeat(rapid.StringN(0, 5, -1).Draw(t, "s"), rapid.IntRange(0, 50).Draw(t, "n")), rapid.IntRange(1, 30).Draw(t, "width")
		got := LogCut(s, width)
		if Width(got) > width+1 || Width(got) < width-1 && strings.HasSuffix(got, "…") && Width(Log(s)) > Width(got) && !marked(s) {
			t.Fatalf("LogCut(%q, %d) = %q", s, width, got)
		}
		if len(s) <= 8*width && got != Cut(Log(s), width) {
			t.Fatalf("LogCut(%q, %d) = %q, Cut gives %q", s, width, got, Cut(Log(s), width))
		}
	})
	if got := LogCut(strings.Repeat("é", 1000), 5); got != "éééé…" {
		t.Errorf("got %q", got)
	}
}

// marked reports whether s has runes that take no cell or two: then a cut may
// leave cells over.
func marked(s string) bool { return Width(Log(s)) != utf8.RuneCountInString(Log(s)) }

func FuzzLog(f *testing.F) {
	for _, seed := range []string{"::error::x", "##vso[a]", "\x1b]0;t\a", "a\u202eb", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Log(s)
		if !plain(out, "") && !strings.ContainsRune(out, utf8.RuneError) {
			t.Fatalf("%q becomes %q", s, out)
		}
	})
}
