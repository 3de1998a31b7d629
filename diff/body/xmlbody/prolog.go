package xmlbody

import (
	"bytes"
	"strings"
)

// xmlDeclaration reads the XML declaration, if there is one.
func (p *parser) xmlDeclaration() error {
	p.version, p.encoding, p.standalone = "1.0", "utf-8", "no"
	rest := p.text[p.at:]
	if !bytes.HasPrefix(rest, []byte("<?xml")) || len(rest) > 5 && nameEnd(rest, 2) > 5 {
		return nil
	}
	end := bytes.Index(rest, []byte("?>"))
	if end < 0 {
		return p.wrong("the XML declaration is not closed")
	}
	p.declaration = rest[:end+2]
	list, ok := pseudoAttributes(rest[5:end])
	if !ok || len(list) == 0 || list[0][0] != "version" {
		return p.wrong("the XML declaration")
	}
	for i, known := 0, []string{"version", "encoding", "standalone"}; i < len(list); i++ {
		for len(known) > 0 && known[0] != list[i][0] {
			known = known[1:]
		}
		if len(known) == 0 {
			return p.wrong("the XML declaration")
		}
		known = known[1:]
		p.declare(list[i][0], list[i][1])
	}
	if p.version != "1.0" || p.standalone != "yes" && p.standalone != "no" {
		return p.wrong("not XML 1.0")
	}
	p.at += end + 2
	return nil
}

func (p *parser) declare(name, value string) {
	switch name {
	case "version":
		p.version = value
	case "encoding":
		p.encoding = strings.ToLower(value)
	case "standalone":
		p.standalone = value
	}
}

// pseudoAttributes reads names with values in quotes.
func pseudoAttributes(text []byte) (list [][2]string, ok bool) {
	for {
		at := skip(text, 0)
		if at == len(text) {
			return list, true
		}
		end := nameEnd(text, at)
		equals := skip(text, end)
		if at == 0 || end == at || equals == len(text) || text[equals] != '=' {
			return nil, false
		}
		quote := skip(text, equals+1)
		if quote == len(text) || text[quote] != '"' && text[quote] != '\'' {
			return nil, false
		}
		length := bytes.IndexByte(text[quote+1:], text[quote])
		if length < 0 {
			return nil, false
		}
		list = append(list, [2]string{string(text[at:end]), string(text[quote+1 : quote+1+length])})
		text = text[quote+length+2:]
	}
}

// Encoding returns the encoding that a document's XML declaration names, in lower case;
// "" where it names none.
func Encoding(text []byte) string {
	rest := bytes.TrimPrefix(text, []byte(byteOrderMark))
	end := bytes.Index(rest[:min(len(rest), maxDeclaration)], []byte("?>"))
	if !bytes.HasPrefix(rest, []byte("<?xml")) || end < 5 {
		return ""
	}
	list, _ := pseudoAttributes(rest[5:end])
	for _, a := range list {
		if a[0] == "encoding" {
			return strings.ToLower(a[1])
		}
	}
	return ""
}

// maxDeclaration bounds where an encoding is looked for.
const maxDeclaration = 256
