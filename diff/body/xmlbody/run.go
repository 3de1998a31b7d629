package xmlbody

import "bytes"

// run reads text, references and CDATA sections up to other markup.
func (p *parser) run() error {
	from := p.at
	plain, err := p.toMarkup()
	if err != nil || p.at == from {
		return err
	}
	text := p.text[from:p.at]
	n := node{kind: run, from: int32(from), to: int32(p.at), inner: int32(from), outer: int32(p.at), blank: plain && allBlank(text)}
	if len(p.stack) == 1 && !n.blank {
		p.at = from
		return p.wrong("text outside of the root element")
	}
	if !n.blank {
		n.mention = p.mentions(text)
	}
	return p.add(n)
}

// toMarkup passes over characters and CDATA sections, and reports whether there was none
// of these.
func (p *parser) toMarkup() (plain bool, err error) {
	plain = true
	for p.at < len(p.text) {
		to := len(p.text)
		if i := bytes.IndexByte(p.text[p.at:], '<'); i >= 0 {
			to = p.at + i
		}
		if err := p.characters(to); err != nil {
			return false, err
		}
		if !bytes.HasPrefix(p.text[to:], []byte(cdataOpen)) {
			return plain, nil
		}
		plain = false
		i := bytes.Index(p.text[to:], []byte(cdataClose))
		if i < 0 {
			return false, p.wrong("a CDATA section is not closed")
		}
		p.at = to + i + len(cdataClose)
	}
	return plain, nil
}

// characters checks text[at:to], which no markup interrupts.
func (p *parser) characters(to int) error {
	text := p.text[p.at:to]
	if i := bytes.Index(text, []byte(cdataClose)); i >= 0 {
		p.at += i
		return p.wrong("]]> in a text")
	}
	if err := p.references(p.at, to); err != nil {
		return err
	}
	p.at = to
	return nil
}

// references checks the references in text[from:to].
func (p *parser) references(from, to int) error {
	for {
		i := bytes.IndexByte(p.text[from:to], '&')
		if i < 0 {
			return nil
		}
		from += i
		_, name, n := reference(p.text[from:to])
		if n == 0 || name != nil && !p.dtd {
			return &SyntaxError{from, "no reference, or to an entity that is not declared"}
		}
		from += n
	}
}

// mentions numbers the namespaces of the declared prefixes in a text.
func (p *parser) mentions(text []byte) int32 {
	if bytes.IndexByte(text, ':') < 0 {
		return 0
	}
	var list []byte
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], ':')
		if i < 0 {
			return p.names.mention(list)
		}
		from := at + i
		for from > at && text[from-1] != ':' && (nameStart(text[from-1]) || '0' <= text[from-1] && text[from-1] <= '9' || text[from-1] == '-' || text[from-1] == '.') {
			from--
		}
		if space, ok := p.scope.bound[string(text[from:at+i])]; ok && from < at+i {
			list = append(append(list, space...), 0)
		}
		at += i + 1
	}
}
