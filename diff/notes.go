package diff

import (
	"fmt"
	"sort"
	"strings"

	"parallax/capture/recording"
	"parallax/diff/comparison"
)

// maxExcessNotes bounds the notes on places that are noisy and still count.
const maxExcessNotes = 50

// allNotes says what a reader must know, in a fixed order.
func (p *pass) allNotes(s *comparison.Summary) []string {
	notes := p.inputNotes()
	for i := range p.opts.Rules.Len() {
		if !p.opts.Rules.Builtin(i) && !p.opts.Rules.Switch(i) && !p.tally.Used(i) {
			notes = append(notes, fmt.Sprintf("%s was never used", p.opts.Rules.Name(i)))
		}
	}
	if n := p.surplus(); n > 0 {
		notes = append(notes, fmt.Sprintf("%d exchanges of the new side answer to none of the old", n))
	}
	notes = append(notes, p.compare.instead.notes()...)
	notes = append(notes, routeNotes(s)...)
	notes = append(notes, coarseNotes(s.Subjects)...)
	notes = append(notes, bound(s.Subjects)...)
	if p.noise != nil {
		notes = append(notes, p.noiseNotes()...)
	}
	return notes
}

func (p *pass) inputNotes() []string {
	var notes []string
	for _, in := range append([]Input{p.old, p.new}, p.controls...) {
		if in.Manifest.Interrupted != "" {
			notes = append(notes, fmt.Sprintf("%s was interrupted: %s", in.Name, in.Manifest.Interrupted))
		}
		if in.Manifest.Kind == recording.KindRun && in.Manifest.Baseline != p.old.Digest && in.Manifest.Baseline != p.old.Manifest.Baseline {
			notes = append(notes, fmt.Sprintf("%s replayed another recording than %s; exchanges were paired by id", in.Name, p.old.Name))
		}
	}
	return append(append(notes, p.paceNotes()...), p.manifestNotes()...)
}

// namesPerNote bounds the inputs that a note shared by many is said of by name.
const namesPerNote = 3

// manifestNotes are the inputs' own notes. Controls tend to say the same, which is
// said once.
func (p *pass) manifestNotes() []string {
	var texts []string
	names := map[string][]string{}
	for _, in := range append([]Input{p.old, p.new}, p.controls...) {
		for _, note := range in.Manifest.Notes {
			if names[note] == nil {
				texts = append(texts, note)
			}
			names[note] = append(names[note], in.Name)
		}
	}
	for i, note := range texts {
		by := names[note]
		if more := len(by) - namesPerNote; more > 0 {
			by = append(by[:namesPerNote:namesPerNote], fmt.Sprintf("%d more", more))
		}
		texts[i] = strings.Join(by, ", ") + ": " + note
	}
	return texts
}

// namedRoutes bounds the routes that a note names.
const namedRoutes = 10

// routeNotes says which requests the description of routes does not have.
func routeNotes(s *comparison.Summary) []string {
	if s.RoutesDigest == "" {
		return nil
	}
	var n, recorded int64
	var names []string
	for i := range s.Subjects {
		x := &s.Subjects[i]
		recorded += x.Recorded
		if x.Undescribed > 0 {
			n += x.Undescribed
			names = append(names, x.Name)
		}
	}
	note := fmt.Sprintf("routes are those of an OpenAPI description (%.12s), which has %d of %d exchanges", s.RoutesDigest, recorded-n, recorded)
	if n == 0 {
		return []string{note}
	}
	if more := len(names) - namedRoutes; more > 0 {
		names = append(names[:namedRoutes], fmt.Sprintf("%d more", more))
	}
	return []string{note + "; not " + strings.Join(names, ", ")}
}

// coarseNotes says where bodies were compared by less than the exact method.
func coarseNotes(subjects []comparison.Subject) []string {
	var n int64
	for i := range subjects {
		n += subjects[i].Coarse
	}
	if n == 0 {
		return nil
	}
	bodies := "bodies"
	if n == 1 {
		bodies = "body"
	}
	return []string{fmt.Sprintf("compared coarsely: %d %s, of which arrays or lines were not aligned exactly, as that would have taken too many steps (--max-work): "+
		"every difference in them is true, but they are perhaps not the fewest", n, bodies)}
}

// bound says what could not have been seen: with no event in N trials, the rate is
// at most 3/N with 95 % confidence.
func bound(subjects []comparison.Subject) []string {
	var compared, mismatched int64
	for i := range subjects {
		compared += subjects[i].Compared()
		mismatched += subjects[i].Mismatched()
	}
	if compared == 0 || mismatched > 0 {
		return nil
	}
	return []string{fmt.Sprintf("0 of %d compared differ: a fault that shows in fewer than 3 of %d (95 %%) may not have been seen", compared, compared)}
}

func (p *pass) noiseNotes() []string {
	t := p.noise
	notes := []string{fmt.Sprintf("%d of %d compared exchanges have an answer of a control; a place that no control showed is never noise", p.answered[0], p.answered[1])}
	notes = append(notes, p.unwrittenNote()...)
	if t.overflow > 0 {
		notes = append(notes, fmt.Sprintf("noise was gathered for %d places; %d differences at others count as they are", maxPlaces, t.overflow))
	}
	excess := t.excessNotes()
	if n := len(excess); n > maxExcessNotes {
		excess = append(excess[:maxExcessNotes], fmt.Sprintf("%d more places are noisy in the old system, but more often different in the new", n-maxExcessNotes))
	}
	return append(notes, excess...)
}

// excessNotes names the places at which the new system is worse than noise.
func (t *noiseTable) excessNotes() []string {
	var notes []string
	for p, e := range t.places {
		if e.controls > 0 && e.candidate > 0 && t.excess(e) {
			notes = append(notes, fmt.Sprintf(
				"%s: %s %s (%s): noisy in the old system, but more often different in the new: %d records differ in the new alone, %d in one control alone",
				p.subject, p.part, p.pattern, p.kind, e.candidate, e.one))
		}
	}
	sort.Strings(notes)
	return notes
}
