package main

import (
	"encoding/json"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/diff"
	"parallax/replay/sessions"
)

// sessionFlags are the key sessions of the configuration, one flag a place.
func sessionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "session-cookie", Usage: "requests with one value of the cookie `NAME` are a session, whatever connection they came on"},
		&cli.StringFlag{Name: "session-header", Usage: "the same of the header `NAME`; of several flags the first that a request has counts, in the order of this list"},
		&cli.StringFlag{Name: "session-query", Usage: "the same of the query's `NAME`"},
		&cli.StringFlag{Name: "session-json", Usage: "the same of the JSON `POINTER` in the body"},
	}
}

// sessionKeys are those of the flags, else of the file.
func sessionKeys(c *cli.Context, conf *config) sessions.Keys {
	var keys sessions.Keys
	for _, k := range []sessions.Key{
		{Cookie: c.String("session-cookie")}, {Header: c.String("session-header")},
		{Query: c.String("session-query")}, {JSON: c.String("session-json")},
	} {
		if k != (sessions.Key{}) {
			keys = append(keys, k)
		}
	}
	if keys == nil {
		return conf.Sessions.Key
	}
	return keys
}

// sessionsText says what a session is, for manifests.
func sessionsText(keys sessions.Keys) string {
	if len(keys) == 0 {
		return diff.InfoByConnection
	}
	text, err := json.Marshal(keys)
	if err != nil {
		return err.Error() // keys are texts, which this cannot happen to
	}
	return string(text)
}

// leaveOut turns the command line's filter into rows that say "filtered". A sample
// is one of the sessions as they are replayed.
func leaveOut(f recording.Filter, n *sessions.Namer) func(*recording.Exchange) string {
	return func(ex *recording.Exchange) string {
		if n != nil && f.SharePPM > 0 {
			copied := *ex
			copied.Session = n.Of(ex)
			ex = &copied
		}
		if f.Keeps(ex) {
			return ""
		}
		return "left out by the command line's filter"
	}
}
