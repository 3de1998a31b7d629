package replay

import (
	"fmt"
	"iter"
	"time"

	"parallax/capture/recording"
	"parallax/replay/schedule"
	"parallax/replay/shift"
)

// Outline is what a run would do, for --dry-run.
type Outline struct {
	Total int64 `json:"total"`
	Send  int64 `json:"send"`
	// Ends counts those that would not be sent, by end; Blocked says why those are
	// that end so, but for those of the run that is gone on with.
	Ends    map[recording.End]int64 `json:"not_sent"`
	Blocked Reasons                 `json:"blocked,omitempty"`
	Methods map[string]int64        `json:"methods"`
	Hosts   map[string]int64        `json:"hosts"`
	Routes  map[string]int64        `json:"routes"`
	// Others counts what found no room in Hosts or Routes.
	Others int64 `json:"others"`
	// Sessions of what would be sent; a lower bound from maxSessionsTold on.
	Sessions int64 `json:"sessions"`
	// Duration is from the start to the last request.
	Duration time.Duration `json:"duration_ns"`
	// Schedule says what the times are; Stages are those of a ramp.
	Schedule string         `json:"schedule"`
	Stages   []StageOutline `json:"stages,omitempty"`
	// Order counts by kind of entity.
	Order map[string]OrderOutline `json:"order,omitempty"`
	// Target is the only address that would be dialled.
	Target string `json:"target"`
	// Writes says whether unsafe methods would be sent, and if not, why.
	Writes string `json:"writes"`
	// Auth says how an access token would be got, and for which header.
	Auth string `json:"auth,omitempty"`
	// Shift says how far times in requests would be moved, and how many.
	Shift []shift.Count `json:"shift,omitempty"`
}

// maxOutline bounds each table of an Outline.
const maxOutline = 10_000

// maxSessionsTold bounds the sessions that an outline tells apart.
const maxSessionsTold = 1 << 20

// outliner fills an Outline.
type outliner struct {
	*Outline
	engine   *engine
	route    func(method, target string) string
	order    *orderPlan
	sessions map[uint64]struct{} // by hash
}

// Plan reads the baseline and says what Run would do, without connecting to
// anything. It uses up Options.Schedule. Route names a request's route.
func Plan(exchanges iter.Seq2[*recording.Exchange, error], route func(method, target string) string, o Options) (Outline, error) {
	e, err := newEngine(nil, nil, o)
	if err != nil {
		return Outline{}, err
	}
	defer e.giveUp()
	defer e.halt()
	end, err := parseEndpoint(o.Target.URL)
	if err != nil {
		return Outline{}, err
	}
	p := Outline{
		Ends: make(map[recording.End]int64), Blocked: make(Reasons), Methods: make(map[string]int64), Hosts: make(map[string]int64),
		Routes: make(map[string]int64), Target: end.address, Writes: e.guard.noWrites,
		Schedule: e.o.Schedule.String(), Stages: outlineStages(e.o.Schedule),
	}
	if e.guard.writes {
		p.Writes = "allowed"
	}
	if e.auth != nil {
		p.Auth = e.auth.config.String()
	}
	out := outliner{&p, e, route, newOrderPlan(o.Order), make(map[uint64]struct{})}
	p.Order = out.order.counts
	for ex, err := range exchanges {
		if err != nil {
			return p, fmt.Errorf("read the baseline: %w", err)
		}
		out.add(ex)
	}
	if e.writer.shift != nil {
		p.Shift = e.writer.shift.Counts()
	}
	return p, nil
}

func (p *outliner) add(ex *recording.Exchange) {
	e := p.engine
	session := e.sessionOf(ex)
	if !e.ours(ex, session) {
		return
	}
	p.Total++
	if end, ok := e.o.Resume.Ended[ex.Origin()]; ok {
		e.taken(ex)
		p.Ends[end]++
		return
	}
	if end, why := p.verdict(ex); end != "" {
		p.Ends[end]++
		if end == recording.Blocked {
			p.Blocked.Add(why, 1)
		}
		return
	}
	due := e.due(ex)
	if due == schedule.Never {
		p.Ends[recording.NotReached]++
		return
	}
	p.Send++
	p.Duration = max(p.Duration, time.Duration(due))
	e.writer.shiftTimes(ex.Request, &composed{})
	p.order.add(ex, session)
	p.session(session)
	p.Methods[ex.Request.Method]++
	p.note(p.Hosts, ex.Request.Host())
	p.note(p.Routes, p.route(ex.Request.Method, ex.Request.Target))
}

// verdict is the engine's, and what composing is certain to say.
func (p *outliner) verdict(ex *recording.Exchange) (recording.End, string) {
	end, why := p.engine.verdict(ex)
	if end != "" {
		return end, why
	}
	if why = p.engine.writer.blocks(ex.Request); why != "" {
		return recording.Blocked, why
	}
	return "", ""
}

func (p *outliner) session(name string) {
	if len(p.sessions) < maxSessionsTold {
		p.sessions[recording.HashSession(name)] = struct{}{}
		p.Sessions = int64(len(p.sessions))
	}
}

func (p *Outline) note(table map[string]int64, key string) {
	if _, known := table[key]; !known && len(table) >= maxOutline {
		p.Others++
		return
	}
	table[key]++
}
