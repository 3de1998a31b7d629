package recording

import (
	"errors"
	"fmt"
)

// Row returns the row of an exchange in Ended, which is the caller's, nil where there
// is none: what the journal held when it was taken up does not change any more.
func (p *Progress) Row(replays ID) (ex *Exchange, err error) {
	at, ok := p.rows[replays]
	if !ok {
		return nil, nil
	}
	file, err := p.folder.Open(JournalName)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	payload, err := frameAt(file, at, file.Size())
	if err == nil && payload[0] != recordExchange {
		err = fmt.Errorf("record %q is out of place: %w", payload[0], ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: offset %d: %w", JournalName, at, err)
	}
	return new(decoder).exchange(payload[1:])
}
