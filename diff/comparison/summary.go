package comparison

import "parallax/internal/ledger"

// Summary is summary.json: integer counters, fixed-bucket histograms and
// samples chosen by smallest hash, so that the summaries of shards add up to
// the summary of the whole. It holds no clock and no host name.
type Summary struct {
	Format  string `json:"format"`  // "parallax-summary"
	Version int    `json:"version"` // 1
	Tool    string `json:"tool"`

	Old      Side   `json:"old"`
	New      Side   `json:"new"`
	Controls []Side `json:"controls,omitempty"`
	// RulesDigest is the hex SHA-256 of the effective rules.
	RulesDigest string `json:"rules_digest"`
	// RoutesDigest is the hex SHA-256 of the description that routes are named by, ""
	// where they are named by their paths.
	RoutesDigest string `json:"routes_digest,omitempty"`
	// MaxWork is the bound on the steps for a pair of bodies, 0 for the default.
	MaxWork int `json:"max_work,omitempty"`

	// Subjects are sorted by name.
	Subjects []Subject   `json:"subjects"`
	Rules    []RuleCount `json:"rules"`
	// Ledgers are those of the inputs and of the comparison itself, by name:
	// "old", "new", "control 1", "comparison".
	Ledgers []NamedLedger `json:"ledgers"`
	// Tables, SchemaNotes and Invariants are those of a comparison of snapshots.
	Tables      []TableProof      `json:"tables,omitempty"`
	SchemaNotes []SchemaNote      `json:"schema_notes,omitempty"`
	Invariants  []InvariantResult `json:"invariants,omitempty"`
	// Notes are things a reader must know: an interrupted input, a rule never used.
	Notes []string `json:"notes,omitempty"`
}

// Side names one input.
type Side struct {
	Name     string `json:"name"`     // the last element of its path
	Manifest string `json:"manifest"` // hex SHA-256 of its manifest.json
	Kind     string `json:"kind"`     // "recording", "run" or "snapshot"
	Redacted string `json:"redacted"` // profile and key id, or "off"
	Target   string `json:"target,omitempty"`
	// Engine is a snapshot's store: "postgresql", "sqlite", …
	Engine string `json:"engine,omitempty"`
	// PointAt is the time of a snapshot's consistent point by its store's clock, in
	// nanoseconds since 1970; 0 where it is not known.
	PointAt int64 `json:"point_at,omitempty"`
	// Interrupted says why the input ended early; what is missing is not known.
	Interrupted string `json:"interrupted,omitempty"`
}

// Subject counts what became of one route's (or table's) records. Every record
// of the old side is in exactly one of the counters after Recorded.
type Subject struct {
	Name     string `json:"name"`
	Recorded int64  `json:"recorded"`

	Equal       int64 `json:"equal"`             // byte for byte, or field by field without a rule
	UnderRules  int64 `json:"equal_under_rules"` // equal, but only by rules or named normalisations
	NoiseOnly   int64 `json:"noise_only"`        // all differences are noise
	Different   int64 `json:"different"`
	MissingNew  int64 `json:"missing_in_new"` // sent, and no answer
	MissingOld  int64 `json:"missing_in_old"` // the old side has no answer, the new one has
	NotCompared int64 `json:"could_not_compare"`
	Incomplete  int64 `json:"incomplete"` // recorded at an edge of the capture, so never replayed
	Filtered    int64 `json:"filtered"`
	Blocked     int64 `json:"blocked"`
	NotReached  int64 `json:"not_reached"`

	// Partly counts the records, of those different, of which something else could not
	// be compared: where the difference is accepted, that is left.
	Partly int64 `json:"partly_compared,omitempty"`
	// Undescribed counts the records, of all those recorded, that the description of
	// routes does not have.
	Undescribed int64 `json:"undescribed,omitempty"`
	// Coarse counts the records, of all those above, whose bodies were aligned
	// coarsely: exactly would have taken more work than it may.
	Coarse int64 `json:"coarse,omitempty"`

	// Failed counts answers the candidate failed to give, by end ("refused", …).
	Failed map[string]int64 `json:"failed,omitempty"`

	Groups []Group `json:"groups,omitempty"`

	// OldLatency and NewLatency are of the exchanges that both sides answered, each
	// from the request's last byte to the answer's last.
	OldLatency Histogram `json:"latency_old"`
	NewLatency Histogram `json:"latency_new"`
	// ControlLatency and NewWithControl are of the exchanges that the new side and a
	// control answered: of several controls the first that did.
	ControlLatency Histogram `json:"latency_control,omitzero"`
	NewWithControl Histogram `json:"latency_new_with_control,omitzero"`
}

// Compared is the number of records that were compared in full.
func (s *Subject) Compared() int64 {
	return s.Equal + s.UnderRules + s.NoiseOnly + s.Different + s.MissingNew + s.MissingOld
}

// Mismatched is the number of records with a difference that counts.
func (s *Subject) Mismatched() int64 { return s.Different + s.MissingNew + s.MissingOld }

// Group counts the differences of one subject at one pattern, of one kind and
// class.
type Group struct {
	Part     Part     `json:"part"`
	Pattern  string   `json:"pattern"`
	Kind     Kind     `json:"kind"`
	Class    string   `json:"class,omitempty"`
	Severity Severity `json:"severity"`
	Noise    bool     `json:"noise"`
	// Records is the number of records that show it, Count of differences.
	Records int64 `json:"records"`
	Count   int64 `json:"count"`
	// ControlRecords is the number of records that show it in the controls.
	ControlRecords int64 `json:"control_records"`
	// Samples are the differences whose records have the smallest hashes.
	Samples []Sample `json:"samples"`
}

// Sample is one difference of a group, shown.
type Sample struct {
	Record string `json:"record"`
	Field  string `json:"field"`
	Old    string `json:"old"`
	New    string `json:"new"`
	// OldType and NewType are as in Value; "" where the side has no value.
	OldType string `json:"old_type"`
	NewType string `json:"new_type"`
}

// RuleCount is what one rule, or one built-in normalisation, hid at one place.
type RuleCount struct {
	Rule    string `json:"rule"`
	Builtin bool   `json:"builtin"`
	// Intended: the rule says how values were to change (a transform); it leaves
	// nothing out of sight.
	Intended bool     `json:"intended,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Subject  string   `json:"subject"`
	Part     Part     `json:"part"`
	Pattern  string   `json:"pattern"`
	Count    int64    `json:"count"`
	Samples  []Sample `json:"samples,omitempty"`
}

// OwnLedger is the name of the comparison's own ledger, and NotComparedBucket that of
// the bucket in it whose records the subjects count as NotCompared.
const (
	OwnLedger         = "comparison"
	NotComparedBucket = "could not be compared"
)

// NamedLedger is a ledger with the side it belongs to.
type NamedLedger struct {
	Name     string    `json:"name"`
	Accounts []Account `json:"accounts"`
}

// Named returns a copy of a side's ledger.
func Named(name string, l *ledger.Ledger) NamedLedger {
	return NamedLedger{Name: name, Accounts: l.Copy()}
}

// What a ledger consists of; a class is "fine", "edge" or "lost".
type (
	// Account follows one kind of thing.
	Account = ledger.Account
	// Bucket is one named end.
	Bucket = ledger.Bucket
)
