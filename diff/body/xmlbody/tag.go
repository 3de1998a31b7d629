package xmlbody

import (
	"bytes"
	"fmt"
	"slices"
)

// startTag opens an element, and closes it where it is written as one tag.
func (p *parser) startTag() error {
	if len(p.stack) == 1 && p.root {
		return p.wrong("a second root element")
	}
	if len(p.stack) > maxDepth {
		return fmt.Errorf("more than %d elements in each other at byte %d: %w", maxDepth, p.at, ErrLimit)
	}
	from, nameTo := p.at, nameEnd(p.text, p.at+1)
	if nameTo == from+1 {
		return p.wrong("< begins no tag")
	}
	n := node{kind: element, from: int32(from), nameLength: int32(nameTo - from - 1), attrs: int32(len(p.attrs)), blank: true}
	undos := len(p.scope.undo)
	p.at = nameTo
	if err := p.attributes(); err != nil {
		return err
	}
	n.attrsN = int32(len(p.attrs)) - n.attrs
	n.lone = p.text[p.at] == '/'
	p.at++
	if n.lone {
		p.at++
	}
	prefix, local := cutName(p.text[from+1 : nameTo])
	n.name = p.names.intern(p.scope.of(prefix), local)
	n.inner, n.outer, n.to = int32(p.at), int32(p.at), int32(p.at)
	return p.enter(n, undos)
}

func (p *parser) enter(n node, undos int) error {
	p.late = p.late || p.root && len(p.scope.undo) > undos
	p.root = true
	if err := p.add(n); err != nil {
		return err
	}
	at := int32(len(p.nodes) - 1)
	if err := p.resolve(&p.nodes[at]); err != nil {
		return err
	}
	if n.lone {
		p.scope.leave(undos)
		return nil
	}
	p.stack = append(p.stack, open{at, undos})
	return nil
}

// attributes reads up to the tag's end, and binds the prefixes that are declared.
func (p *parser) attributes() error {
	for {
		space := p.at
		p.at = skip(p.text, p.at)
		rest := p.text[p.at:]
		if bytes.HasPrefix(rest, []byte(">")) || bytes.HasPrefix(rest, []byte("/>")) {
			return nil
		}
		if p.at == space || len(p.attrs) >= maxNodes {
			return p.noAttribute(space)
		}
		a, err := p.attribute()
		if err != nil {
			return err
		}
		a.spaceAt = int32(space)
		p.attrs = append(p.attrs, a)
	}
}

func (p *parser) noAttribute(space int) error {
	if p.at == space {
		return p.wrong("the tag does not end, and no attribute begins")
	}
	return fmt.Errorf("more than %d attributes at byte %d: %w", maxNodes, p.at, ErrLimit)
}

func (p *parser) attribute() (a attr, err error) {
	a.from, a.to = int32(p.at), int32(nameEnd(p.text, p.at))
	equals := skip(p.text, int(a.to))
	if a.to == a.from || equals == len(p.text) || p.text[equals] != '=' {
		return a, p.wrong("an attribute without a name or a value")
	}
	quote := skip(p.text, equals+1)
	if quote == len(p.text) || p.text[quote] != '"' && p.text[quote] != '\'' {
		return a, p.wrong("an attribute's value without quotes")
	}
	length := bytes.IndexByte(p.text[quote+1:], p.text[quote])
	if length < 0 || bytes.IndexByte(p.text[quote+1:quote+1+length], '<') >= 0 {
		return a, p.wrong("an attribute's value is not closed, or holds <")
	}
	a.valueAt, a.valueTo = int32(quote+1), int32(quote+1+length)
	if err := p.references(int(a.valueAt), int(a.valueTo)); err != nil {
		return a, err
	}
	p.at = int(a.valueTo) + 1
	if prefix, ok := declared(p.text[a.from:a.to]); ok {
		a.name = -1
		p.scope.bind(string(prefix), string(decode(p.text[a.valueAt:a.valueTo], true)))
	}
	return a, nil
}

// declared returns the prefix that an attribute of that name declares.
func declared(name []byte) (prefix []byte, ok bool) {
	if string(name) == "xmlns" {
		return nil, true
	}
	return bytes.CutPrefix(name, []byte("xmlns:"))
}

// resolve gives an element's attributes their names, now that all its prefixes are
// bound.
func (p *parser) resolve(n *node) error {
	list := p.attrs[n.attrs : n.attrs+n.attrsN]
	for i := range list {
		a := &list[i]
		if a.name == -1 {
			continue
		}
		prefix, local := cutName(p.text[a.from:a.to])
		space := ""
		if len(prefix) > 0 {
			space = p.scope.of(prefix)
		}
		a.name = p.names.intern(space, local)
		value := p.text[a.valueAt:a.valueTo]
		a.mention = p.mentions(value)
		switch {
		case space == xmlSpace && string(local) == "space":
			n.preserve = string(value) == "preserve"
		case space == typeSpace && string(local) == "type" && bytes.IndexByte(value, ':') < 0:
			a.mention = p.names.mention([]byte(p.scope.of(nil) + "\x00"))
		}
	}
	return p.twice(list)
}

// twice refuses an attribute that stands twice.
func (p *parser) twice(list []attr) error {
	if len(list) < 2 {
		return nil
	}
	seen := make([]string, 0, len(list))
	for i := range list {
		if list[i].name == -1 {
			seen = append(seen, string(p.text[list[i].from:list[i].to]))
		} else {
			seen = append(seen, p.names.list[list[i].name].group)
		}
	}
	slices.Sort(seen)
	for i := range seen[1:] {
		if seen[i] == seen[i+1] {
			return p.wrong("an attribute stands twice in the tag before")
		}
	}
	return nil
}

// endTag closes the element that was opened last.
func (p *parser) endTag() error {
	if len(p.stack) == 1 {
		return p.wrong("an end tag without a beginning")
	}
	top := p.stack[len(p.stack)-1]
	n := &p.nodes[top.node]
	to := nameEnd(p.text, p.at+2)
	if !bytes.Equal(p.text[p.at+2:to], p.written(n)) {
		return p.wrong("the end tag of another element")
	}
	end := skip(p.text, to)
	if end == len(p.text) || p.text[end] != '>' {
		return p.wrong("an end tag is not closed")
	}
	n.outer, n.to, n.end = int32(p.at), int32(end+1), int32(len(p.nodes))
	p.at = end + 1
	p.scope.leave(top.undos)
	p.stack = p.stack[:len(p.stack)-1]
	return nil
}

// written is an element's name as it stands.
func (d *document) written(n *node) []byte { return d.text[n.from+1 : n.from+1+n.nameLength] }
