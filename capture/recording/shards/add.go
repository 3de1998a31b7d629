package shards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parallax/capture/recording"
)

// add makes one manifest of the shards': counts and ledgers add up, what all say
// alike is said once, and what some say is said with their names.
func (r *Reader) add() *recording.Manifest {
	sum := *r.shards[0].Manifest()
	sum.Shard, sum.Files = nil, nil
	sum.Exchanges, sum.FirstAt, sum.LastAt = 0, 0, 0
	sum.Ledger, sum.Redaction.Counts = recording.Ledger{}, nil
	sum.Info = maps.Clone(sum.Info)
	for _, shard := range r.shards {
		addManifest(&sum, shard.Manifest())
	}
	sum.Interrupted = strings.Join(r.said(func(m *recording.Manifest) []string {
		if m.Interrupted == "" {
			return nil
		}
		return []string{m.Interrupted}
	}), "; ")
	sum.Notes = r.said(func(m *recording.Manifest) []string { return m.Notes })
	return &sum
}

func addManifest(sum, m *recording.Manifest) {
	sum.Exchanges += m.Exchanges
	if m.FirstAt != 0 && (sum.FirstAt == 0 || m.FirstAt < sum.FirstAt) {
		sum.FirstAt = m.FirstAt
	}
	sum.LastAt = max(sum.LastAt, m.LastAt)
	for i := range m.Ledger.Accounts {
		from := &m.Ledger.Accounts[i]
		to := sum.Ledger.Account(from.Name)
		to.Total += from.Total
		for _, b := range from.Buckets {
			to.Add(b.Name, b.Class, b.Count)
		}
	}
	for name, n := range m.Redaction.Counts {
		if sum.Redaction.Counts == nil {
			sum.Redaction.Counts = map[string]int64{}
		}
		sum.Redaction.Counts[name] += n
	}
	for key, value := range sum.Info {
		if common, ok := common(value, m.Info[key]); ok {
			sum.Info[key] = common
		} else {
			delete(sum.Info, key)
		}
	}
}

// common returns what two entries of info say alike: all, or of two JSON objects
// the members that are equal.
func common(a, b string) (string, bool) {
	if a == b {
		return a, true
	}
	var x, y map[string]json.RawMessage
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return "", false
	}
	maps.DeleteFunc(x, func(name string, value json.RawMessage) bool { return !bytes.Equal(value, y[name]) })
	text, err := json.Marshal(x)
	return string(text), err == nil && len(x) > 0
}

// said gathers texts, each once, with the shards that it is of in front unless it
// is of all.
func (r *Reader) said(of func(*recording.Manifest) []string) []string {
	var texts []string
	by := map[string][]string{}
	for i, shard := range r.shards {
		for _, text := range of(shard.Manifest()) {
			if by[text] == nil {
				texts = append(texts, text)
			}
			if !slices.Contains(by[text], r.names[i]) {
				by[text] = append(by[text], r.names[i])
			}
		}
	}
	for i, text := range texts {
		if n := len(by[text]); n < len(r.shards) {
			texts[i] = fmt.Sprintf("%s: %s", strings.Join(by[text], ", "), text)
		}
	}
	return texts
}
