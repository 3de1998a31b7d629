package pagefile

import (
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Leaf is one column as it is written.
type Leaf struct {
	Name     string
	Type     format.Type
	Length   int // of a fixed-length type
	Encoding format.Encoding
	Required bool
	// Bounded leaves, of type Int32 or Int64, have the least and the greatest
	// value of each page and row group kept.
	Bounded bool

	Logical   format.LogicalTypeValue // or nil
	Converted Converted
	// Precision and Scale of a decimal.
	Precision, Scale int
}

// Converted is the older form of a logical type, for readers that know no other;
// the zero value is none.
type Converted struct {
	thrift.Null[deprecated.ConvertedType]
}

// ConvertedTo returns the older form.
func ConvertedTo(t deprecated.ConvertedType) Converted { return Converted{thrift.New(t)} }

func (l *Leaf) element() format.SchemaElement {
	e := format.SchemaElement{
		Type: thrift.New(l.Type), RepetitionType: thrift.New(format.Optional), Name: l.Name,
		ConvertedType: l.Converted.Null, LogicalType: format.LogicalType{Value: l.Logical},
	}
	if l.Required {
		e.RepetitionType = thrift.New(format.Required)
	}
	if l.Type == format.FixedLenByteArray {
		e.TypeLength = thrift.New(int32(l.Length))
	}
	if l.Precision > 0 {
		e.Precision, e.Scale = thrift.New(int32(l.Precision)), thrift.New(int32(l.Scale))
	}
	return e
}

// footer is the footer of a file without rows.
func footer(name, createdBy string, leaves []Leaf) format.FileMetaData {
	root := format.SchemaElement{Name: name, NumChildren: thrift.New(int32(len(leaves)))}
	m := format.FileMetaData{Version: 2, CreatedBy: createdBy, Schema: []format.SchemaElement{root}}
	for i := range leaves {
		m.Schema = append(m.Schema, leaves[i].element())
		m.ColumnOrders = append(m.ColumnOrders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
	}
	return m
}
