package replay

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// meeting is a server's view of which requests it has at once. A request of
// together is answered once its partner has come, so that what may overlap does,
// however slow the machine is; all others are held for a moment.
type meeting struct {
	// after names what must have been answered before a request comes.
	after    map[string][]string
	together map[string]string

	mu         sync.Mutex
	came       map[string]chan struct{}
	done       map[string]bool
	violations []string
	alone      []string // whose partner did not come
}

func (m *meeting) channel(name string) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.came == nil {
		m.came, m.done = make(map[string]chan struct{}), make(map[string]bool)
	}
	if m.came[name] == nil {
		m.came[name] = make(chan struct{})
	}
	return m.came[name]
}

// serve holds the request called name, and returns when it is to be answered.
func (m *meeting) serve(name string) {
	close(m.channel(name))
	m.mu.Lock()
	for _, before := range m.after[name] {
		if !m.done[before] {
			m.violations = append(m.violations, name+" came before the answer to "+before)
		}
	}
	m.mu.Unlock()
	if partner := m.together[name]; partner != "" {
		select {
		case <-m.channel(partner):
		case <-time.After(5 * time.Second):
			m.mu.Lock()
			m.alone = append(m.alone, name)
			m.mu.Unlock()
		}
	} else {
		time.Sleep(10 * time.Millisecond)
	}
	m.mu.Lock()
	m.done[name] = true
	m.mu.Unlock()
}

// check wants what must be answered before others to have been, and what overlapped
// in the recording to have been there at once.
func (m *meeting) check(t *testing.T, violations bool) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.Sort(m.violations)
	if (len(m.violations) > 0) != violations || len(m.alone) > 0 {
		t.Errorf("out of order: %q; alone: %q", m.violations, m.alone)
	}
}
