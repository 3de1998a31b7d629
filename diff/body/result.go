package body

// State says how a comparison ended.
type State uint8

// The states.
const (
	Equal       State = iota // no difference, and no rule was needed
	UnderRules               // no difference, but only by rules or builtins
	Different                // at least one difference
	NotCompared              // at least one difference of the kind "could not be compared"
)

var stateNames = [...]string{"equal", "equal under rules", "different", "could not be compared"}

// String returns the state's name.
func (s State) String() string { return stateNames[s] }

// Method says how two bodies were compared.
type Method string

// The methods.
const (
	ByBytes Method = "bytes"
	ByHash  Method = "hash" // at least one side is cut
	ByJSON  Method = "json"
	ByText  Method = "text"
	ByForm  Method = "form"
	// ByRecords: as JSON lines or a JSON sequence, document by document.
	ByRecords Method = "json records"
	ByEvents  Method = "events"
	ByParts   Method = "multipart"
	ByXML     Method = "xml"
)

// ByField reports whether bodies were read as what their types say they are, to the
// last byte.
func (m Method) ByField() bool { return m != ByBytes && m != ByHash && m != ByText }

// Result is what became of a pair of bodies. What was found is in the Sink.
type Result struct {
	State       State
	Method      Method
	Differences int
	Equalities  int
	// Coarse: aligning what is in the bodies exactly would have taken more work
	// than it may, so that differences are true, but perhaps not the fewest.
	Coarse bool
	// Reason says why a better method could not be used; it is empty otherwise.
	Reason string
	// Instead is the method that the content types ask for where Method, or that of
	// a part, had to be another; Reason says why.
	Instead Method
}
