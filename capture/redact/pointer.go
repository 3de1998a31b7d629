package redact

import (
	"fmt"
	"strings"
)

// pointer is a JSON Pointer's reference tokens; "*" stands for any one.
type pointer []string

// maxPointers is the number of bits of the set that follows them.
const maxPointers = 64

func parsePointers(list []string) ([]pointer, error) {
	if len(list) > maxPointers {
		return nil, fmt.Errorf("redact: %d pointers, at most %d", len(list), maxPointers)
	}
	var out []pointer
	for _, text := range list {
		if text == "" || text[0] != '/' {
			return nil, fmt.Errorf("redact: pointer %q: a JSON Pointer begins with /", text)
		}
		parts := strings.Split(text[1:], "/")
		for i := range parts {
			parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[i])
		}
		out = append(out, parts)
	}
	return out, nil
}

// frame is an open object or array: the pointers that lead into it (a bit each)
// and where in it the walk stands.
type frame struct {
	set   uint64
	array bool
	index int
}

// walker follows pointers through a JSON text by tokens.
type walker struct {
	f        *finder
	pointers []pointer
	b        []byte
	frames   []frame
	// here are the pointers that lead to the value that comes next.
	here uint64
}

// maxDepth bounds the walk; what is deeper is not looked at by pointers.
const maxDepth = 1000

// follow notes the values that pointers name in the JSON text b.
func (f *finder) follow(b []byte, pointers []pointer) {
	w := walker{f: f, pointers: pointers, b: b, here: 1<<len(pointers) - 1}
	for i := 0; i < len(b) && len(w.frames) < maxDepth; {
		i = w.step(i)
	}
}

func (w *walker) step(i int) int {
	switch c := w.b[i]; {
	case c == '{' || c == '[':
		if w.reached() {
			return w.after(w.f.container(w.b, i, 0, rulePointer))
		}
		w.frames = append(w.frames, frame{set: w.here, array: c == '['})
		w.element()
	case c == '}' || c == ']':
		if n := len(w.frames); n > 0 {
			w.frames = w.frames[:n-1]
		}
		w.here = 0
	case c == ',':
		if n := len(w.frames); n > 0 {
			w.frames[n-1].index++
		}
		w.element()
	case c == '"':
		return w.str(i)
	case startsNumber(c) && w.reached() && (i == 0 || beginsValue(w.b, i)):
		return w.after(w.f.number(w.b, i, rulePointer))
	}
	return i + 1
}

// after forgets the value that was taken.
func (w *walker) after(i int) int {
	w.here = 0
	return i
}

// element sets what leads to an array's next element.
func (w *walker) element() {
	w.here = 0
	if n := len(w.frames); n > 0 && w.frames[n-1].array {
		w.here = w.child(fmt.Sprint(w.frames[n-1].index))
	}
}

// str is a key, or a text.
func (w *walker) str(i int) int {
	to, next := stringEnd(w.b, i+1, 0)
	colon := skipBlank(w.b, next, 0)
	n := len(w.frames)
	if n > 0 && !w.frames[n-1].array && colon < len(w.b) && w.b[colon] == ':' {
		w.here = w.child(string(unescape(w.b[i+1 : to])))
		return colon + 1
	}
	if w.reached() {
		w.f.str(w.b, i+1, 0, rulePointer)
	}
	return w.after(next)
}

// child returns the pointers of the innermost frame that name this member.
func (w *walker) child(name string) uint64 {
	depth := len(w.frames)
	var set uint64
	for k, p := range w.pointers {
		if w.frames[depth-1].set&(1<<k) != 0 && len(p) >= depth && (p[depth-1] == name || p[depth-1] == "*") {
			set |= 1 << k
		}
	}
	return set
}

// reached reports whether a pointer ends at the value that comes next.
func (w *walker) reached() bool {
	for k, p := range w.pointers {
		if w.here&(1<<k) != 0 && len(p) == len(w.frames) {
			return true
		}
	}
	return false
}
