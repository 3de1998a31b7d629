// Package xmlbody compares two XML documents by their elements and attributes.
//
// # Terms
//
// An element's place is the path of local names to it; an attribute's is its name
// after "@", with its prefix as it is written. Text runs, comments and processing
// instructions are "#text", "#comment" and "?target" below their element. A prefix is
// a stand-in for a namespace: names are compared by namespace and local name. An
// element is a leaf where it holds nothing but text, a list where it holds elements and
// nothing but white space between them, and mixed otherwise.
//
// # Steps
//
// Both documents are read to their ends without recursion, which proves them well
// formed; nothing is expanded but the five entities and character references, nothing
// is fetched, and a document type is text. Then they are walked in step along with the
// rules. Attributes pair by name. Children of one name pair by position where they are
// as many; where they are not, equal ones stay together in order and the rest pair so
// that least is to be reported, within a bound on the work. Rules take an element's
// children in any order (unordered) or pair those of one name by what stands at their
// keys (keyed: [/@sku], [/id]). What is paired and comes in another order is one
// difference of the parent, of class "order".
//
// Two forms of one thing are counted under named normalisations: xml-form (the order of
// attributes, quotes, white space within tags, <a/> and <a></a>), xml-escape
// (references, CDATA, line ends), xml-prefix (prefixes, and where they are declared),
// xml-space (white space between the elements of a list, unless xml:space says to
// preserve it) and xml-declaration. A prefix that stands in a text or in an attribute's
// value is compared by its namespace, too: the same text with another namespace is a
// difference.
//
// # Limits
//
// Documents that are not well formed, not XML 1.0, deeper than 10,000 elements or of
// more than two million nodes or attributes are not compared by element. Names are not
// checked against the list of letters outside of ASCII. Attributes that only a document
// type's defaults give are not there.
package xmlbody
