package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"parallax/internal/store"
)

// ResumeLive takes up the journal that an interrupted run (or recording) left
// in dir: it cuts off a torn tail and goes on behind it. Kind and baseline must
// be those it was begun with.
func ResumeLive(dir string, o Options) (*Live, *Progress, error) {
	folder, lock, err := openLocked(dir, &o)
	if err != nil {
		return nil, nil, err
	}
	l, p, err := resume(folder, lock, o)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("resume %s: %w", dir, err), lock.Unlock())
	}
	return l, p, nil
}

func resume(folder *store.Folder, lock *store.Lock, o Options) (*Live, *Progress, error) {
	if _, err := folder.Stat(ManifestName); err == nil {
		return nil, nil, fmt.Errorf("%s: %w: it is finished", ManifestName, ErrExists)
	}
	history := newHistory()
	scan, size, err := scanFile(folder, history.visitor())
	if err != nil {
		return nil, nil, err
	}
	if scan.options.Kind != o.Kind || scan.options.Baseline != o.Baseline {
		return nil, nil, fmt.Errorf("the journal is of a %s of baseline %q, not of a %s of %q",
			scan.options.Kind, scan.options.Baseline, o.Kind, o.Baseline)
	}
	if err := SameShard(scan.options.Shard, o.Shard); err != nil {
		return nil, nil, err
	}
	if scan.lost > 0 {
		// What was about to be sent may stand there: it would be sent again.
		return nil, nil, fmt.Errorf("%s: %w: %w, and whole records follow: what was sent already is not known\nto end the run as it is, recover it from its journal",
			JournalName, ErrDamaged, scan.torn)
	}
	if err := dropParts(folder); err != nil {
		return nil, nil, err
	}
	file, err := folder.Append(JournalName, false)
	if err != nil {
		return nil, nil, err
	}
	if err := cutTail(file, scan.good, size); err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	l := &Live{opts: o, folder: folder, lock: lock, log: newAppender(file, o.Room), times: history.times, taken: history.times.n}
	return l, &Progress{Ended: history.ended, Open: history.openIDs(), DroppedBytes: size - scan.good, Info: scan.options.Info, rows: history.at, folder: folder}, nil
}

func cutTail(file store.File, good, size int64) error {
	if good == size {
		return nil
	}
	if err := file.Truncate(good); err != nil {
		return fmt.Errorf("cut torn tail: %w", err)
	}
	return file.Sync()
}

// dropParts removes parts that were begun from a journal that is still there.
func dropParts(folder *store.Folder) error {
	list, err := folder.List("exchanges/part-")
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := folder.Remove(e.Name); err != nil {
			return err
		}
	}
	return folder.Sweep()
}

// history is what a journal tells besides the rows.
type history struct {
	times   leastTimes
	ended   map[ID]End
	at      map[ID]int64 // where the records of those begin
	intents map[ID]int64
	order   []ID
	account Account
}

func newHistory() *history {
	return &history{ended: map[ID]End{}, at: map[ID]int64{}, intents: map[ID]int64{}, account: Account{Name: "exchanges"}}
}

func (h *history) visitor() journalVisitor {
	return journalVisitor{
		exchange: func(ex *Exchange, at int64) error {
			if ex.Replays != "" {
				var end End
				if ex.Outcome != nil {
					end = ex.Outcome.End
				}
				// Kept for long, and not the row that they stand in.
				id := ID(strings.Clone(string(ex.Replays)))
				h.ended[id], h.at[id] = End(strings.Clone(string(end))), at
			}
			h.count(ex)
			return h.times.add(ex)
		},
		intent: func(id ID, at int64) error {
			if _, again := h.intents[id]; !again {
				h.order = append(h.order, id)
			}
			h.intents[id] = at
			return nil
		},
	}
}

// count puts an exchange into the account that stands in for the source's
// ledger, which died with it.
func (h *history) count(ex *Exchange) {
	h.account.Total++
	switch {
	case ex.Outcome != nil && ex.Outcome.End != Answered:
		class := Lost
		if e := ex.Outcome.End; e == Filtered || e == Blocked {
			class = Fine
		}
		h.account.Add(string(ex.Outcome.End), class, 1)
	case ex.Incomplete == "":
		h.account.Add("whole", Fine, 1)
	case ex.Incomplete.Edge():
		h.account.Add(string(ex.Incomplete), Edge, 1)
	default:
		h.account.Add(string(ex.Incomplete), Lost, 1)
	}
}

// openIDs are the intents without an end, in order.
func (h *history) openIDs() []ID {
	return slices.DeleteFunc(slices.Clone(h.order), func(id ID) bool {
		_, ended := h.ended[id]
		return ended
	})
}

// Recover makes parts and a manifest from the journal that a killed process
// left in dir. The manifest says that the recording was interrupted and how
// much of the journal's torn tail was dropped; a request that was about to be
// sent and has no end gets a row with the end "unknown".
func Recover(dir string) (*Recovery, error) { return recoverOn(dir, nil) }

// recoverOn is Recover on a disk that tests can fail.
func recoverOn(dir string, disk fileSystem) (*Recovery, error) {
	folder, err := store.OpenFolder(dir, disk)
	if err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	lock, err := folder.Lock()
	if err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	r, err := recoverLocked(folder, lock)
	if err != nil {
		err = fmt.Errorf("recover %s: %w", dir, err)
	}
	return r, errors.Join(err, lock.Unlock())
}

func recoverLocked(folder *store.Folder, lock *store.Lock) (*Recovery, error) {
	if _, err := folder.Stat(ManifestName); err == nil {
		return recoverFinished(folder)
	}
	h := newHistory()
	scan, size, err := scanFile(folder, h.visitor())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no journal to recover from: %w", err)
	}
	if err != nil {
		return nil, err
	}
	if err := dropParts(folder); err != nil {
		return nil, err
	}
	rec := &Recovery{DroppedBytes: size - scan.good + scan.lost, Unknown: h.openIDs()}
	if scan.torn != nil {
		rec.DroppedWhy = scan.torn.Error()
	}
	return rec, rec.build(folder, newWriter(folder, lock, scan.options), h, size)
}

// recoverFinished removes what is left where the process died after the
// manifest was written.
func recoverFinished(folder *store.Folder) (*Recovery, error) {
	r, err := open(folder, OpenOptions{})
	if err != nil {
		return nil, err
	}
	m := r.Manifest()
	return &Recovery{Exchanges: m.Exchanges, Manifest: m},
		errors.Join(removeIfThere(folder, JournalName), removeIfThere(folder, PartialName), folder.Sweep())
}

func (r *Recovery) build(folder *store.Folder, w *Writer, h *history, size int64) error {
	var err error
	for _, id := range r.Unknown { // first, since pouring moves the watermark
		if err == nil {
			err = w.Write(h.unknown(id))
		}
	}
	if err == nil {
		_, _, err = pour(folder, w, &h.times)
	}
	c := r.closing(h, size)
	if err == nil {
		err = w.finish(c)
	}
	if err != nil {
		return errors.Join(err, w.parts.drop(), w.sorter.removeSegments())
	}
	r.Manifest = w.manifest(c)
	r.Exchanges = r.Manifest.Exchanges
	return folder.Remove(JournalName)
}

// unknown is the row of a request that may or may not have been sent.
func (h *history) unknown(id ID) *Exchange {
	at := h.intents[id]
	ex := &Exchange{
		ID: ID(fmt.Sprintf("%016x", uint64(at))) + id[16:], Replays: id, Incomplete: NoAnswer,
		Outcome: &Outcome{SentAt: at, End: Unknown, Detail: "the process ended between intent and answer"},
	}
	h.count(ex)
	return ex
}

func (r *Recovery) closing(h *history, size int64) Closing {
	bytes := Account{Name: "journal bytes", Total: size}
	bytes.Add("read", Fine, size-r.DroppedBytes)
	if r.DroppedBytes > 0 {
		bytes.Add("torn tail", Lost, r.DroppedBytes)
	}
	c := Closing{
		Ledger:      Ledger{Accounts: []Account{h.account, bytes}},
		Interrupted: "the process that recorded it ended without finishing it; what came after the journal's last record is missing: after a kill at most a second, after a full disk all that came since",
	}
	if r.DroppedBytes > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%d bytes at the journal's end were dropped: %s", r.DroppedBytes, r.DroppedWhy))
	}
	if n := len(r.Unknown); n > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%d requests may or may not have been sent", n))
	}
	return c
}
