package replay

import (
	"math"

	"parallax/capture/recording"
	"parallax/replay/entity"
)

// OrderOutline is of one kind of entity in an Outline.
type OrderOutline struct {
	// Requests name one; Behind of them follow a request of another session that
	// had ended when they began, and will wait for it where it is under way.
	Requests int64 `json:"requests"`
	Behind   int64 `json:"behind"`
}

// maxOutlined bounds the entities that an outline tells apart. Where there are
// more, Behind is a lower bound.
const maxOutlined = 1 << 18

// orderPlan counts for an Outline.
type orderPlan struct {
	set    *entity.Set
	counts map[string]OrderOutline
	first  map[entity.Key]firstEnds
}

// firstEnds are the earliest ends of requests that name an entity, of the session
// that has the first of all, and of the others.
type firstEnds struct {
	session     string
	own, others int64
}

// newOrderPlan counts nothing for a nil set.
func newOrderPlan(set *entity.Set) *orderPlan {
	if set == nil {
		return &orderPlan{}
	}
	return &orderPlan{set: set, counts: make(map[string]OrderOutline), first: make(map[entity.Key]firstEnds)}
}

// add counts ex once for each kind that it names.
func (p *orderPlan) add(ex *recording.Exchange, session string) {
	named, _ := p.set.Of(ex.Request) // none of a nil set
	once := make(map[string]OrderOutline)
	for _, k := range named {
		kind := p.set.Kind(k)
		c := OrderOutline{Requests: 1, Behind: once[kind].Behind}
		if p.behind(k, ex, session) {
			c.Behind = 1
		}
		once[kind] = c
	}
	for kind, c := range once {
		was := p.counts[kind]
		p.counts[kind] = OrderOutline{was.Requests + c.Requests, was.Behind + c.Behind}
	}
}

// behind reports whether a request of another session had ended, and enters ex.
func (p *orderPlan) behind(k entity.Key, ex *recording.Exchange, session string) bool {
	f, known := p.first[k]
	if !known {
		f = firstEnds{session, math.MaxInt64, math.MaxInt64}
	}
	other := f.others
	if f.session != session {
		other = min(f.own, f.others)
	}
	end := lastAt(ex)
	switch {
	case f.session == session:
		f.own = min(f.own, end)
	case end < f.own: // the first of all, so far, is another session's now
		f = firstEnds{session, end, min(f.own, f.others)}
	default:
		f.others = min(f.others, end)
	}
	if known || len(p.first) < maxOutlined {
		p.first[k] = f
	}
	return other <= ex.Request.FirstAt
}
