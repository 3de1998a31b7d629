package jsondiff

import (
	"errors"
	"fmt"
	"math"
)

// SyntaxError says that a document is not JSON.
type SyntaxError struct {
	Offset int // in bytes
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("not JSON at byte %d", e.Offset) }

// ErrLimit is what Compare's error wraps when a document is JSON, as far as it
// was read, but too deep or of too many containers to be compared by field.
var ErrLimit = errors.New("over the limit of a comparison by field")

// box is one object or array of a document; the boxes stand in the order of
// their beginnings.
type box struct {
	end   int32 // position after the closing bracket
	count int32 // members or elements
	next  int32 // the first box that begins after this one has ended
}

// document is a text that was read to its end as JSON.
type document struct {
	text  []byte
	root  int // where the value begins
	boxes []box
}

// frame is a container that is open while reading.
type frame struct {
	keyFrom, keyTo int32 // the member being read, between its quotes
	index          int32 // the element being read
	box            int32
	object         bool
}

// parser reads a document once, checks it and notes its containers.
type parser struct {
	document
	stack  []frame
	limits Limits
	// shadow compares with another document while reading this one.
	shadow shadow
}

// never is a mismatch that does not come.
const never = math.MaxInt

func (p *parser) reset(text []byte, l Limits) {
	p.text, p.boxes, p.stack, p.limits = text, p.boxes[:0], p.stack[:0], l
	p.shadow.off()
}

func (p *parser) parse() error {
	i := space(p.text, 0)
	p.root = i
	for again := true; again; {
		end, opened, err := p.value(i)
		if err != nil {
			return err
		}
		if i = end; opened {
			continue
		}
		if i, again, err = p.after(i); err != nil {
			return err
		}
	}
	if i = space(p.text, i); i != len(p.text) {
		return &SyntaxError{i}
	}
	return nil
}

// value reads a scalar or an empty container to its end, or opens a container
// and returns where its first value begins.
func (p *parser) value(i int) (next int, opened bool, err error) {
	var end, bad int
	switch {
	case i < len(p.text) && p.text[i] == '"': // the usual one first
		end, bad = stringEnd(p.text, i)
	case i < len(p.text) && (p.text[i] == '{' || p.text[i] == '['):
		return p.open(i)
	default:
		end, bad = scalarEnd(p.text, i)
	}
	if end < 0 {
		return 0, false, &SyntaxError{bad}
	}
	if p.shadow.mismatch <= end {
		p.shadow.scalar(p.text, i, end, p.stack)
	}
	return end, false, nil
}

func (p *parser) open(i int) (next int, opened bool, err error) {
	if len(p.stack) >= p.limits.Depth {
		return 0, false, fmt.Errorf("more than %d levels at byte %d: %w", p.limits.Depth, i, ErrLimit)
	}
	if len(p.boxes) >= p.limits.Containers {
		return 0, false, fmt.Errorf("more than %d containers at byte %d: %w", p.limits.Containers, i, ErrLimit)
	}
	object := p.text[i] == '{'
	p.stack = append(p.stack, frame{box: int32(len(p.boxes)), object: object})
	p.boxes = append(p.boxes, box{})
	i = space(p.text, i+1)
	if i < len(p.text) && p.text[i] == closing(object) {
		p.pop(i + 1)
		return i + 1, false, nil
	}
	if object {
		i, err = p.key(i)
	}
	return i, true, err
}

func closing(object bool) byte {
	if object {
		return '}'
	}
	return ']'
}

func (p *parser) pop(end int) {
	top := p.stack[len(p.stack)-1]
	p.stack = p.stack[:len(p.stack)-1]
	p.boxes[top.box].end = int32(end)
	p.boxes[top.box].next = int32(len(p.boxes))
}

// key reads a member's key and colon and returns where its value begins.
func (p *parser) key(i int) (int, error) {
	if i >= len(p.text) || p.text[i] != '"' {
		return 0, &SyntaxError{i}
	}
	end, bad := stringEnd(p.text, i)
	if end < 0 {
		return 0, &SyntaxError{bad}
	}
	top := &p.stack[len(p.stack)-1]
	top.keyFrom, top.keyTo = int32(i+1), int32(end-1)
	i = space(p.text, end)
	if i >= len(p.text) || p.text[i] != ':' {
		return 0, &SyntaxError{i}
	}
	return space(p.text, i+1), nil
}

// after follows a value: it closes the containers that end here and returns
// where the next value begins, if there is one.
func (p *parser) after(i int) (next int, again bool, err error) {
	for len(p.stack) > 0 {
		i = space(p.text, i)
		if i >= len(p.text) {
			return 0, false, &SyntaxError{i}
		}
		top := &p.stack[len(p.stack)-1]
		p.boxes[top.box].count++
		switch p.text[i] {
		case ',':
			top.index++
			if i = space(p.text, i+1); top.object {
				i, err = p.key(i)
			}
			return i, true, err
		case closing(top.object):
			i++
			p.pop(i)
		default:
			return 0, false, &SyntaxError{i}
		}
	}
	return i, false, nil
}
