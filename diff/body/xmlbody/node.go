package xmlbody

type kind uint8

const (
	whole kind = iota // the document itself
	element
	run // of text, references and CDATA sections
	comment
	instruction
	doctype
)

// node is one thing in a document. The nodes stand in the order of their beginnings, so
// that those of an element follow it.
type node struct {
	kind kind
	// lone: the element is written as one tag.
	lone bool
	// blank: of a run, that it is white space as it stands; of an element, that all its
	// own runs are.
	blank bool
	// preserve: xml:space says so here.
	preserve      bool
	from, to      int32 // all of it
	inner, outer  int32 // of an element what is between its tags; of others what they say
	name          int32 // of an element; a number of the document's names
	nameLength    int32 // as it is written
	attrs, attrsN int32 // in document.attrs
	end           int32 // the node after all that is within
	others        int32 // nodes directly within that are no runs
	mention       int32 // of a run: the namespaces of the prefixes in it
}

// attr is an attribute or a declaration of a namespace.
type attr struct {
	from, to         int32 // its name
	valueAt, valueTo int32 // without quotes
	spaceAt          int32 // white space before it
	name             int32 // -1: a declaration
	mention          int32
}

// document is a text that was read to its end as XML.
type document struct {
	text  []byte
	nodes []node
	attrs []attr
	names *names
	// declaration is the XML declaration, from its first byte on; empty without one.
	declaration []byte
	version     string
	encoding    string
	standalone  string
	mark        bool // a byte order mark
	// late: a namespace is declared elsewhere than on the root element.
	late bool
}
