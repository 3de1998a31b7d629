package recording

import (
	"fmt"

	"github.com/parquet-go/parquet-go"
)

// pageBytes is the size of a page before compression: large enough to compress
// well, small enough that reading one row reads little.
const pageBytes = 256 << 10

// orderedGroup is a group whose fields keep their order; parquet.Group sorts
// them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g *orderedGroup) Fields() []parquet.Field { return g.fields }

func newGroup(names []string, nodes []parquet.Node) *orderedGroup {
	g := &orderedGroup{Group: parquet.Group{}}
	for i, name := range names {
		g.Group[name] = nodes[i]
	}
	byName := map[string]parquet.Field{}
	for _, f := range g.Group.Fields() {
		byName[f.Name()] = f
	}
	for _, name := range names {
		g.fields = append(g.fields, byName[name])
	}
	return g
}

func (k columnKind) node() parquet.Node {
	switch k {
	case textColumn:
		return parquet.Optional(plain(parquet.String()))
	case bytesColumn:
		return parquet.Optional(plain(parquet.Leaf(parquet.ByteArrayType)))
	case hashColumn:
		return parquet.Optional(plain(parquet.Leaf(parquet.FixedLenByteArrayType(32))))
	case intColumn:
		return parquet.Optional(parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked))
	case timeColumn:
		return parquet.Optional(parquet.Encoded(parquet.Timestamp(parquet.Microsecond), &parquet.DeltaBinaryPacked))
	case boolColumn:
		return parquet.Optional(parquet.Leaf(parquet.BooleanType))
	case textsColumn:
		return parquet.List(plain(parquet.String()))
	case headersColumn:
		return parquet.List(newGroup([]string{"name", "value"},
			[]parquet.Node{plain(parquet.String()), plain(parquet.String())}))
	}
	panic(fmt.Sprintf("column kind %d", k)) // the kinds are this file's
}

func plain(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.Plain) }

// leaves returns the paths of the column's leaves.
func (c *column) leaves() [][]string {
	switch c.kind {
	case textsColumn:
		return [][]string{{c.name, "list", "element"}}
	case headersColumn:
		return [][]string{{c.name, "list", "element", "name"}, {c.name, "list", "element", "value"}}
	}
	return [][]string{{c.name}}
}

func schemaOf(list []column) *parquet.Schema {
	var names []string
	var nodes []parquet.Node
	for i := range list {
		names = append(names, list[i].name)
		nodes = append(nodes, list[i].kind.node())
	}
	return parquet.NewSchema("exchange", newGroup(names, nodes))
}

// writerOptions are what the library knows of our files: the footer's schema and
// who wrote it. The pages are ours.
func writerOptions(list []column) []parquet.WriterOption {
	return []parquet.WriterOption{
		schemaOf(list),
		parquet.CreatedBy("parallax-recording", fmt.Sprintf("%d.%d", FormatMajor, FormatMinor), "0"),
	}
}
