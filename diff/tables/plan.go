package tables

import (
	"fmt"
	"slices"

	"parallax/capture/snapshot"
	"parallax/diff/tables/mapping"
)

// mode says how a pair of columns is compared.
type mode uint8

const (
	byChecksum mode = iota // equal cells have equal bytes
	byValue                // they may not
	always                 // every pair of cells is asked of: the mapping changes values
	ignored
)

// pair is two columns that hold one thing.
type pair struct {
	old, new   int // positions
	oldColumn  *snapshot.Column
	newColumn  *snapshot.Column
	mode       mode
	key        bool
	judge      *mapping.Judge
	ignoreRule int
	converted  bool // a side was written anew with its cells in another form

	differences    int64
	oldSum, newSum snapshot.Sum
	uses           [norms]*hidden
	overlong       int64 // of old's cells, those that do not fit new's declaration
	sizes          bool  // overlong is counted
}

func (p *pair) name() string { return p.oldColumn.Name }

// lone is a column without a partner, or one that the mapping leaves out.
type lone struct {
	name    string
	inOld   bool
	ignored bool
	rule    int
	covered bool // it goes into a computed column
}

// side is one side of a pair of tables.
type side struct {
	name   string // as shown
	index  int    // in the manifest
	entry  *snapshot.TableEntry
	schema *snapshot.Table // the entry's, or what the side was written anew as
	rows   Table
	total  int64
	dups   int64
	key    []int
	batch  *snapshot.Batch // for ranges
	keys   keyList         // the same
	single *snapshot.Batch // for a row alone
	// singleKey is that row's.
	singleKey *keyList
	close     []func() error
}

// plan is how two tables are compared.
type plan struct {
	subject  string
	old, new side
	pairs    []*pair
	lones    []lone
	computed []*computed
	keys     []*pair // in the key's order; none: rows are counted
	why      string  // why nothing can be compared
	engines  bool    // the sides are different stores
}

// newPlan pairs the columns and finds the key.
func (r *run) newPlan(t tablePair) (*plan, error) {
	p := &plan{
		old: side{index: t.old, entry: &r.old.Manifest.Tables[t.old], name: r.oldNames[t.old]},
		new: side{index: t.new, entry: &r.new.Manifest.Tables[t.new], name: r.newNames[t.new]},
	}
	p.subject = p.old.name
	p.engines = r.old.Manifest.Source.Engine != r.new.Manifest.Source.Engine
	var err error
	if p.computed, err = computeds(&p.old.entry.Table, &p.new.entry.Table, r.opts.Mapping); err != nil {
		return nil, err
	}
	columns, err := pairColumns(&p.old.entry.Table, &p.new.entry.Table, r.opts.Mapping, p.computed)
	if err != nil {
		return nil, err
	}
	for _, c := range columns {
		r.planColumn(p, c)
	}
	p.findKey()
	return p, nil
}

func (r *run) planColumn(p *plan, c tablePair) {
	old, new := &p.old.entry.Table, &p.new.entry.Table
	switch {
	case c.new < 0:
		rule, ok := r.ignoredOld(old, old.Columns[c.old].Name)
		p.addLone(lone{name: old.Columns[c.old].Name, inOld: true, ignored: ok, rule: rule})
		return
	case c.old < 0:
		rule, ok := r.ignoredNew(new, new.Columns[c.new].Name)
		p.addLone(lone{name: new.Columns[c.new].Name, ignored: ok, rule: rule})
		return
	}
	q := &pair{old: c.old, new: c.new, oldColumn: &old.Columns[c.old], newColumn: &new.Columns[c.new]}
	q.mode = modeOf(q.oldColumn, q.newColumn)
	if rule, ok := r.ignoredOld(old, q.name()); ok {
		q.mode, q.ignoreRule = ignored, rule
	} else if m := r.opts.Mapping; m != nil {
		if q.judge = m.Judge(old.FullName(), q.name()); q.judge != nil && q.judge.Transforms() {
			q.mode = always
		}
	}
	if q.mode == byChecksum && isNarrower(q.oldColumn, q.newColumn) {
		q.mode, q.sizes = byValue, true // so that all of old's cells are seen
	}
	if c.folded {
		r.foldedNames(p.subject, q)
	}
	p.pairs = append(p.pairs, q)
}

func (p *plan) addLone(l lone) {
	l.covered = p.covers(l.name, l.inOld)
	p.lones = append(p.lones, l)
}

func (r *run) ignoredOld(t *snapshot.Table, column string) (int, bool) {
	if r.opts.Mapping == nil {
		return 0, false
	}
	return r.opts.Mapping.Ignored(t.FullName(), column)
}

func (r *run) ignoredNew(t *snapshot.Table, column string) (int, bool) {
	if r.opts.Mapping == nil {
		return 0, false
	}
	return r.opts.Mapping.IgnoredNew(t.FullName(), column)
}

// modeOf says whether equal cells of two columns have equal bytes by declaration.
func modeOf(old, new *snapshot.Column) mode {
	switch {
	case old.Class != new.Class:
		return byValue
	case old.Redacted && new.Redacted: // tokens know no form
		return byChecksum
	}
	alike := true
	switch old.Class {
	case snapshot.Float:
		alike = old.Bits == new.Bits
	case snapshot.Text, snapshot.Bytes:
		alike = old.Padded == new.Padded && isSet(old) == isSet(new) && isZonedTime(old) == isZonedTime(new) &&
			(!isZonedTime(old) || old.Precision == new.Precision)
	case snapshot.Instant, snapshot.WallTime, snapshot.Time:
		alike = digits(old) == digits(new)
	}
	if alike {
		return byChecksum
	}
	return byValue
}

// findKey chooses the columns by which rows are found: the old table's key, else
// the new one's, each where all of it has partners.
func (p *plan) findKey() {
	for _, q := range p.pairs {
		q.key = false
	}
	p.keys = nil
	if keys := p.keyPairs(p.old.entry.Key, true); keys != nil {
		p.keys = keys
	} else if keys := p.keyPairs(p.new.entry.Key, false); keys != nil {
		p.keys = keys
	}
	if len(p.keys) == 0 { // whole rows are compared at once
		for _, q := range p.pairs {
			p.keyMode(q)
		}
		return
	}
	for _, q := range p.keys {
		q.key = true
		p.keyMode(q)
	}
}

// keyMode says whether rows can be found by a pair as it stands. Stores differ in
// whether they fill up char(n) and how they spell documents, and a key that is ignored
// is none.
func (p *plan) keyMode(q *pair) {
	q.sizes = false
	switch {
	case q.mode == always, q.mode == ignored && !q.key:
	case (q.oldColumn.Padded || q.newColumn.Padded) && p.engines, !q.key && areDocuments(q.oldColumn, q.newColumn):
		q.mode = byValue
	default:
		q.mode = modeOf(q.oldColumn, q.newColumn)
	}
}

func (p *plan) keyPairs(names []string, old bool) []*pair {
	var keys []*pair
	for _, name := range names {
		i := slices.IndexFunc(p.pairs, func(q *pair) bool {
			return old && q.oldColumn.Name == name || !old && q.newColumn.Name == name
		})
		if i < 0 {
			return nil
		}
		keys = append(keys, p.pairs[i])
	}
	return keys
}

// inOrder reports whether both sides stand in the order of the plan's key as they
// are, and equal rows have equal keys.
func (p *plan) inOrder() (old, new bool) {
	if len(p.keys) == 0 {
		whole := p.wholeRows()
		return whole && len(p.old.entry.Key) == 0, whole && len(p.new.entry.Key) == 0
	}
	old, new = sameNames(p.old.entry.Key, p.keys, true), sameNames(p.new.entry.Key, p.keys, false)
	for _, q := range p.keys {
		if q.mode != byChecksum {
			return false, false
		}
	}
	return old, new
}

func sameNames(key []string, pairs []*pair, old bool) bool {
	if len(key) != len(pairs) {
		return false
	}
	for i, q := range pairs {
		if old && q.oldColumn.Name != key[i] || !old && q.newColumn.Name != key[i] {
			return false
		}
	}
	return true
}

// wholeRows reports whether whole rows are keys that mean the same on both sides.
func (p *plan) wholeRows() bool {
	for i, q := range p.pairs {
		if q.mode != byChecksum || q.old != i || q.new != i {
			return false
		}
	}
	return len(p.lones)+len(p.computed) == 0
}

func (p *plan) notComparable(format string, args ...any) {
	if p.why == "" {
		p.why = fmt.Sprintf(format, args...)
	}
}

// active are the pairs whose cells are compared.
func (p *plan) active() []*pair {
	var out []*pair
	for _, q := range p.pairs {
		if q.mode != ignored && !q.key {
			out = append(out, q)
		}
	}
	return out
}
