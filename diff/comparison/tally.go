package comparison

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"
)

// The bounds of a Tally. What is beyond is counted under the names below.
const (
	MaxSubjects   = 10_000
	MaxGroups     = 50_000
	MaxRulePlaces = 20_000
	MaxSamples    = 5

	maxRuleSamples = 3
	maxSampleText  = 512
)

// The names that take what is beyond a bound.
const (
	OtherSubjects = "(other routes)"
	OtherPatterns = "(other patterns)"
)

// Tally counts what a comparison finds. It is not safe for concurrent use.
type Tally struct {
	subjects map[string]*Subject
	groups   map[groupKey]*groupTally
	rules    map[ruleKey]*ruleTally
}

type groupKey struct {
	subject, pattern, class string
	part                    Part
	kind                    Kind
	severity                Severity
	noise                   bool
}

type groupTally struct {
	group  Group
	last   string // the record counted last: records come one after the other
	hashes []uint64
}

type ruleKey struct {
	rule             int
	subject, pattern string
	part             Part
}

type ruleTally struct {
	count   int64
	samples []Sample
	hashes  []uint64
}

// NewTally returns an empty tally.
func NewTally() *Tally {
	return &Tally{subjects: map[string]*Subject{}, groups: map[groupKey]*groupTally{}, rules: map[ruleKey]*ruleTally{}}
}

// Subject returns the counters of a subject.
func (t *Tally) Subject(name string) *Subject {
	if s, ok := t.subjects[name]; ok {
		return s
	}
	if len(t.subjects) >= MaxSubjects && name != OtherSubjects {
		return t.Subject(OtherSubjects)
	}
	s := &Subject{Name: name}
	t.subjects[name] = s
	return s
}

// Difference counts d in its group. The differences of one record must follow
// each other. control is the number of records that show it in the controls.
func (t *Tally) Difference(d *Difference, control int64) {
	g := t.group(d)
	g.group.Count++
	g.group.ControlRecords = max(g.group.ControlRecords, control)
	if g.group.Count > 1 && g.last == d.Record {
		return
	}
	g.last = d.Record
	g.group.Records++
	var kept *Sample
	g.group.Samples, g.hashes, kept = insertSample(g.group.Samples, g.hashes, d.Record, MaxSamples)
	if kept != nil {
		*kept = SampleOf(d)
	}
}

func (t *Tally) group(d *Difference) *groupTally {
	k := groupKey{
		subject: t.Subject(d.Subject).Name, pattern: d.Pattern, class: d.Class,
		part: d.Part, kind: d.Kind, severity: d.Severity, noise: d.Noise,
	}
	if _, known := t.groups[k]; !known && len(t.groups) >= MaxGroups {
		k.pattern, k.class = OtherPatterns, ""
	}
	g, ok := t.groups[k]
	if !ok {
		g = &groupTally{group: Group{
			Part: k.part, Pattern: k.pattern, Kind: k.kind, Class: k.class,
			Severity: k.severity, Noise: k.noise,
		}}
		t.groups[k] = g
	}
	return g
}

// Hidden counts one use of rule index at a place, with the values it made equal.
func (t *Tally) Hidden(rule int, d *Difference) {
	if kept := t.HiddenAt(rule, d.Subject, d.Part, []byte(d.Pattern), d.Record); kept != nil {
		*kept = SampleOf(d)
	}
}

// HiddenAt counts one use of rule index at a place. Where the record belongs to the
// place's samples it returns the sample to be filled at once, nil otherwise; then
// it has allocated nothing.
func (t *Tally) HiddenAt(rule int, subject string, part Part, pattern []byte, record string) *Sample {
	subject = t.Subject(subject).Name
	r, ok := t.rules[ruleKey{rule: rule, subject: subject, part: part, pattern: string(pattern)}]
	if !ok {
		r = t.newRule(ruleKey{rule: rule, subject: subject, part: part, pattern: string(pattern)})
	}
	r.count++
	h := xxh3.HashString(record)
	if n := len(r.hashes); n == maxRuleSamples && h >= r.hashes[n-1] {
		return nil
	}
	var kept *Sample
	r.samples, r.hashes, kept = insertSample(r.samples, r.hashes, record, maxRuleSamples)
	return kept
}

func (t *Tally) newRule(k ruleKey) *ruleTally {
	if len(t.rules) >= MaxRulePlaces {
		k.pattern = OtherPatterns
		if r, ok := t.rules[k]; ok {
			return r
		}
	}
	r := &ruleTally{}
	t.rules[k] = r
	return r
}

// Used reports whether rule index hid anything.
func (t *Tally) Used(rule int) bool {
	for k := range t.rules {
		if k.rule == rule {
			return true
		}
	}
	return false
}

// SampleOf shortens d for a summary.
func SampleOf(d *Difference) Sample {
	return Sample{
		Record: d.Record, Field: d.Field, Old: sampleText(d.Old), New: sampleText(d.New),
		OldType: d.Old.Type, NewType: d.New.Type,
	}
}

// sampleText is the beginning of a value; one of which nothing but length and hash
// is kept (bytes that are no text) shows these, so that two can be told apart.
func sampleText(v Value) string {
	if v.Cut && v.Text == "" {
		return fmt.Sprintf("%d bytes, SHA-256 %x…", v.Length, v.SHA256[:8])
	}
	return shorten(v.Text)
}

func shorten(s string) string {
	if len(s) <= maxSampleText {
		return valid(s)
	}
	return valid(cutText(s, maxSampleText)) + "…"
}

// insertSample makes room for a record's sample among the most samples whose
// records have the smallest hashes, one a record, sorted by hash and record: the
// same ones in any order of arrival. It returns nil where there is no room.
func insertSample(list []Sample, hashes []uint64, record string, most int) ([]Sample, []uint64, *Sample) {
	h := xxh3.HashString(record)
	at := 0
	for at < len(list) && (hashes[at] < h || hashes[at] == h && list[at].Record < record) {
		at++
	}
	if at == most || at < len(list) && list[at].Record == record {
		return list, hashes, nil
	}
	list, hashes = slices.Insert(list, at, Sample{}), slices.Insert(hashes, at, h)
	return list[:min(len(list), most)], hashes[:min(len(hashes), most)], &list[at]
}

// Subjects returns the counters with their groups, sorted.
func (t *Tally) Subjects() []Subject {
	byName := map[string][]Group{}
	for k, g := range t.groups {
		byName[k.subject] = append(byName[k.subject], g.group)
	}
	out := make([]Subject, 0, len(t.subjects))
	for name, s := range t.subjects {
		s.Groups = byName[name]
		slices.SortFunc(s.Groups, compareGroups)
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Subject) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// compareGroups puts what counts first, then what most records show.
func compareGroups(a, b Group) int {
	if a.Noise != b.Noise {
		if b.Noise {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(b.Records, a.Records), strings.Compare(string(a.Part), string(b.Part)),
		strings.Compare(a.Pattern, b.Pattern), strings.Compare(string(a.Kind), string(b.Kind)),
		strings.Compare(a.Class, b.Class), strings.Compare(string(a.Severity), string(b.Severity)))
}

// RuleNames is what Tally.Rules asks of the rules.
type RuleNames interface {
	Name(rule int) string
	Reason(rule int) string
	Builtin(rule int) bool
}

// intended is what RuleNames may have: whether a rule is a change made on purpose.
type intended interface{ Intended(rule int) bool }

// Rules returns what each rule hid where, in the order of the rules.
func (t *Tally) Rules(names RuleNames) []RuleCount {
	keys := make([]ruleKey, 0, len(t.rules))
	for k := range t.rules {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b ruleKey) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), strings.Compare(a.subject, b.subject),
			strings.Compare(string(a.part), string(b.part)), strings.Compare(a.pattern, b.pattern))
	})
	out := make([]RuleCount, 0, len(keys))
	changes, _ := names.(intended)
	for _, k := range keys {
		r := t.rules[k]
		out = append(out, RuleCount{
			Rule: names.Name(k.rule), Builtin: names.Builtin(k.rule), Intended: changes != nil && changes.Intended(k.rule), Reason: names.Reason(k.rule),
			Subject: k.subject, Part: k.part, Pattern: k.pattern, Count: r.count, Samples: r.samples,
		})
	}
	return out
}
