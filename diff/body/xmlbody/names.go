package xmlbody

// name is a namespace and a local name.
type name struct {
	local string
	// group tells names apart that have one local name.
	group string
}

// names gives equal names equal numbers. Both documents of a comparison share one.
type names struct {
	ids  map[string]int32
	list []name
	key  []byte
	// mentions numbers the lists of namespaces that a text's prefixes stand for.
	mentions map[string]int32
}

func newNames() *names {
	return &names{ids: map[string]int32{}, mentions: map[string]int32{"": 0}}
}

// intern returns the number of a name; space is "" for no namespace.
func (n *names) intern(space string, local []byte) int32 {
	n.key = append(append(append(n.key[:0], space...), 0), local...)
	if id, ok := n.ids[string(n.key)]; ok {
		return id
	}
	id, group := int32(len(n.list)), string(n.key)
	n.ids[group] = id
	n.list = append(n.list, name{local: group[len(space)+1:], group: group})
	return id
}

// mention returns the number of a list of namespaces.
func (n *names) mention(list []byte) int32 {
	if id, ok := n.mentions[string(list)]; ok {
		return id
	}
	id := int32(len(n.mentions))
	n.mentions[string(list)] = id
	return id
}

// The namespaces that need no declaration.
const (
	xmlSpace  = "http://www.w3.org/XML/1998/namespace"
	typeSpace = "http://www.w3.org/2001/XMLSchema-instance"
)

// scope holds what the prefixes stand for at a place.
type scope struct {
	bound map[string]string
	undo  []binding
}

type binding struct {
	prefix, space string
	was           bool
}

func newScope() *scope {
	return &scope{bound: map[string]string{"xml": xmlSpace}}
}

func (s *scope) bind(prefix, space string) {
	before, was := s.bound[prefix]
	s.undo = append(s.undo, binding{prefix, before, was})
	s.bound[prefix] = space
}

// leave takes back all but the first n bindings.
func (s *scope) leave(n int) {
	for i := len(s.undo) - 1; i >= n; i-- {
		if b := &s.undo[i]; b.was {
			s.bound[b.prefix] = b.space
		} else {
			delete(s.bound, b.prefix)
		}
	}
	s.undo = s.undo[:n]
}

// of returns the namespace of a prefix. One that is not declared stands for itself.
func (s *scope) of(prefix []byte) string {
	if space, ok := s.bound[string(prefix)]; ok {
		return space
	}
	if len(prefix) == 0 {
		return ""
	}
	return "\x00" + string(prefix)
}
