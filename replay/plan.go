package replay

import (
	"fmt"
	"iter"
	"time"

	"parallax/capture/recording"
	"parallax/replay/schedule"
)

// Outline is what a run would do, for --dry-run.
type Outline struct {
	Total int64 `json:"total"`
	Send  int64 `json:"send"`
	// Ends counts those that would not be sent, by end.
	Ends    map[recording.End]int64 `json:"not_sent"`
	Methods map[string]int64        `json:"methods"`
	Hosts   map[string]int64        `json:"hosts"`
	Routes  map[string]int64        `json:"routes"`
	// Others counts what found no room in Hosts or Routes.
	Others int64 `json:"others"`
	// Duration is from the start to the last request.
	Duration time.Duration `json:"duration_ns"`
	// Schedule says what the times are; Stages are those of a ramp.
	Schedule string         `json:"schedule"`
	Stages   []StageOutline `json:"stages,omitempty"`
	// Target is the only address that would be dialled.
	Target string `json:"target"`
	// Writes says whether unsafe methods would be sent, and if not, why.
	Writes string `json:"writes"`
}

// maxOutline bounds each table of an Outline.
const maxOutline = 10_000

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
		Ends: make(map[recording.End]int64), Methods: make(map[string]int64), Hosts: make(map[string]int64),
		Routes: make(map[string]int64), Target: end.address, Writes: e.guard.noWrites,
		Schedule: e.o.Schedule.String(), Stages: outlineStages(e.o.Schedule),
	}
	if e.guard.writes {
		p.Writes = "allowed"
	}
	for ex, err := range exchanges {
		if err != nil {
			return p, fmt.Errorf("read the baseline: %w", err)
		}
		p.add(e, ex, route)
	}
	return p, nil
}

func (p *Outline) add(e *engine, ex *recording.Exchange, route func(method, target string) string) {
	if !e.ours(ex, e.sessionOf(ex)) {
		return
	}
	p.Total++
	if end, ok := e.o.Resume.Ended[ex.ID]; ok {
		e.again(ex)
		p.Ends[end]++
		return
	}
	if end, _ := e.verdict(ex); end != "" {
		p.Ends[end]++
		return
	}
	due := e.due(ex)
	if due == schedule.Never {
		p.Ends[recording.NotReached]++
		return
	}
	p.Send++
	p.Duration = max(p.Duration, time.Duration(due))
	p.Methods[ex.Request.Method]++
	p.note(p.Hosts, ex.Request.Host())
	p.note(p.Routes, route(ex.Request.Method, ex.Request.Target))
}

func (p *Outline) note(table map[string]int64, key string) {
	if _, known := table[key]; !known && len(table) >= maxOutline {
		p.Others++
		return
	}
	table[key]++
}
