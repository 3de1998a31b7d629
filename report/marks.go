package report

import "unicode/utf8"

// Mark is a stretch of a value, changed or not.
type Mark struct {
	Text    string
	Changed bool
}

// marks cuts two values into what they have in common at the beginning and at
// the end and what is between.
func marks(a, b string) (left, right []Mark) {
	head := commonHead(a, b)
	tail := commonTail(a[head:], b[head:])
	return stretches(a, head, tail), stretches(b, head, tail)
}

// commonHead is the length of the common beginning, at a rune's border.
func commonHead(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && !(runeStart(a, n) && runeStart(b, n)) {
		n--
	}
	return n
}

func commonTail(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	for n > 0 && !(runeStart(a, len(a)-n) && runeStart(b, len(b)-n)) {
		n--
	}
	return n
}

func runeStart(s string, at int) bool { return at >= len(s) || utf8.RuneStart(s[at]) }

func stretches(s string, head, tail int) []Mark {
	var made []Mark
	for _, m := range []Mark{{s[:head], false}, {s[head : len(s)-tail], true}, {s[len(s)-tail:], false}} {
		if m.Text != "" {
			made = append(made, m)
		}
	}
	return made
}
