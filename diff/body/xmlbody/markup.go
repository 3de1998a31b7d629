package xmlbody

import "bytes"

// markup reads what begins with "<".
func (p *parser) markup() error {
	rest := p.text[p.at:]
	switch {
	case bytes.HasPrefix(rest, []byte("</")):
		return p.endTag()
	case bytes.HasPrefix(rest, []byte("<!--")):
		return p.comment()
	case bytes.HasPrefix(rest, []byte("<?")):
		return p.instruction()
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
		return p.doctype()
	}
	return p.startTag()
}

// delimited adds a node of what stands between two marks.
func (p *parser) delimited(k kind, begin, end string) error {
	from := p.at + len(begin)
	i := bytes.Index(p.text[from:], []byte(end))
	if i < 0 {
		return p.wrong("not closed")
	}
	to := from + i + len(end)
	err := p.add(node{kind: k, from: int32(p.at), to: int32(to), inner: int32(from), outer: int32(from + i)})
	p.at = to
	return err
}

func (p *parser) comment() error {
	begin := p.at
	if err := p.delimited(comment, "<!--", "--"); err != nil {
		return err
	}
	if p.at == len(p.text) || p.text[p.at] != '>' {
		p.at = begin
		return p.wrong("-- in a comment")
	}
	p.at++
	p.nodes[len(p.nodes)-1].to++
	return nil
}

// instruction's target is the node's first nameLength bytes.
func (p *parser) instruction() error {
	begin := p.at
	if err := p.delimited(instruction, "<?", "?>"); err != nil {
		return err
	}
	n := &p.nodes[len(p.nodes)-1]
	said := p.text[n.inner:n.outer]
	target := nameEnd(said, 0)
	if target == 0 || bytes.EqualFold(said[:target], []byte("xml")) || target < len(said) && !blank(said[target]) {
		p.at = begin
		return p.wrong("a processing instruction without a target")
	}
	n.nameLength = int32(target)
	n.inner += int32(skip(said, target))
	return nil
}

// doctype passes over the document type: its quotes, comments, instructions and the
// brackets of its internal subset.
func (p *parser) doctype() error {
	if len(p.stack) > 1 || p.root || p.dtd {
		return p.wrong("a document type that is out of place")
	}
	depth := 0
	for i := p.at + 2; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"', c == '\'':
			i = after(p.text, i+1, string(c))
		case bytes.HasPrefix(p.text[i:], []byte("<!--")):
			i = after(p.text, i+4, "-->")
		case bytes.HasPrefix(p.text[i:], []byte("<?")):
			i = after(p.text, i+2, "?>")
		case c == '<' || c == '[':
			depth++
		case c == ']':
			depth--
		case c == '>' && depth > 0:
			depth--
		case c == '>':
			p.dtd = true
			n := node{kind: doctype, from: int32(p.at), to: int32(i + 1), inner: int32(p.at), outer: int32(i + 1)}
			p.at = i + 1
			return p.add(n)
		}
	}
	return p.wrong("a document type is not closed")
}

// after returns the position of the last byte of end, at or after i.
func after(text []byte, i int, end string) int {
	j := bytes.Index(text[i:], []byte(end))
	if j < 0 {
		return len(text)
	}
	return i + j + len(end) - 1
}
