package main

import (
	"encoding/json"
	"fmt"

	"parallax/replay"
)

// Entries of a run's manifest, as JSON: the condition that stopped it, and what was
// done for its access token.
const (
	infoAborted = "aborted"
	infoAuth    = "auth"
)

func addInfo(info map[string]string, r *replay.Result) error {
	for _, entry := range []struct {
		key   string
		there bool
		value any
	}{{infoAborted, r.Aborted != nil, r.Aborted}, {infoAuth, r.Auth != nil, r.Auth}, {infoShifted, r.Shifted != nil, r.Shifted}} {
		if !entry.there {
			continue
		}
		text, err := json.Marshal(entry.value)
		if err != nil {
			return fmt.Errorf("manifest: %s: %w", entry.key, err)
		}
		info[entry.key] = string(text)
	}
	return nil
}
