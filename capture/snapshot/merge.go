package snapshot

// source hands out records in order; each is valid until the next.
type source interface {
	next() (record, bool, error)
}

// merger takes the least record of several sources again and again.
type merger struct {
	heap []head
}

type head struct {
	record
	from source
}

func newMerger(sources []source) (*merger, error) {
	m := &merger{}
	for _, s := range sources {
		r, ok, err := s.next()
		if err != nil {
			return nil, err
		}
		if ok {
			m.heap = append(m.heap, head{r, s})
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return m, nil
}

// each hands on all records in order; they are valid during the call.
func (m *merger) each(f func(*record) error) error {
	for len(m.heap) > 0 {
		least := &m.heap[0]
		if err := f(&least.record); err != nil {
			return err
		}
		r, ok, err := least.from.next()
		if err != nil {
			return err
		}
		if least.record = r; !ok {
			last := len(m.heap) - 1
			m.heap[0] = m.heap[last]
			m.heap = m.heap[:last]
		}
		m.down(0)
	}
	return nil
}

func (m *merger) down(i int) {
	for {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(m.heap) && m.heap[child].compare(&m.heap[least].record) < 0 {
				least = child
			}
		}
		if least == i {
			return
		}
		m.heap[i], m.heap[least] = m.heap[least], m.heap[i]
		i = least
	}
}
