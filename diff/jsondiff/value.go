package jsondiff

// value is one value of a document; box is -1 for a scalar.
type value struct {
	from, to int
	box      int32
}

// at returns the value that begins at i; box is the first container that begins
// at i or later.
func (d *document) at(i int, box int32) value {
	if c := d.text[i]; c == '{' || c == '[' {
		return value{i, int(d.boxes[box].end), box}
	}
	end, _ := scalarEnd(d.text, i)
	return value{i, end, -1}
}

func (d *document) top() value { return d.at(d.root, 0) }

func (d *document) raw(v value) []byte { return d.text[v.from:v.to] }

func (d *document) typeOf(v value) string { return TypeOf(d.text[v.from]) }

// TypeOf returns the name of the type of a JSON value that begins with c.
func TypeOf(c byte) string {
	switch c {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "bool"
	case 'n':
		return "null"
	}
	return "number"
}

// cursor runs over the members or elements of a container.
type cursor struct {
	doc    *document
	at     int
	box    int32 // the first container that begins at or after at
	object bool
}

func (d *document) cursor(v value) cursor {
	return cursor{doc: d, at: v.from + 1, box: v.box + 1, object: d.text[v.from] == '{'}
}

// next returns the next member or element; key is nil in an array.
func (c *cursor) next() (key []byte, v value, ok bool) {
	text := c.doc.text
	c.at = space(text, c.at)
	if text[c.at] == ',' {
		c.at = space(text, c.at+1)
	}
	if text[c.at] == closing(c.object) {
		return nil, value{}, false
	}
	if c.object {
		end, _ := stringEnd(text, c.at)
		key = text[c.at+1 : end-1]
		c.at = space(text, space(text, end)+1)
	}
	v = c.doc.at(c.at, c.box)
	c.at = v.to
	if v.box >= 0 {
		c.box = c.doc.boxes[v.box].next
	}
	return key, v, true
}
