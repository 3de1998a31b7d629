package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/capture/redact"
)

// redactOptions are the flags that every recording command has.
type redactOptions struct {
	Profile string
	KeyFile string
	Config  redact.Config
}

func redactFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "redact", Usage: "`PROFILE` of what is removed before anything reaches the disk: secrets or off (default: the configuration's, else secrets)"},
		&cli.StringFlag{Name: "key-file", Usage: "`FILE` with the key of the tokens that replace secrets (default: PARALLAX_KEY, else one in the user's configuration folder)"},
	}
}

func readRedactFlags(c *cli.Context, conf redact.Config) redactOptions {
	o := redactOptions{Profile: c.String("redact"), KeyFile: c.String("key-file"), Config: conf}
	if o.Profile != "" {
		o.Config.Profile = o.Profile
	}
	return o
}

// newRedactor finds the key, says so where one had to be made, and returns the
// stage.
func newRedactor(o redactOptions, s streams) (*redact.Redactor, error) {
	var key redact.Key
	if o.Config.Profile != redact.Off {
		var err error
		if key, err = findKey(o.KeyFile, s); err != nil {
			return nil, err
		}
	}
	r, err := redact.New(o.Config, key)
	if err != nil {
		return nil, usageError{err}
	}
	return r, nil
}

func findKey(file string, s streams) (redact.Key, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		folder = "" // LoadKey says what to do where it needs one
	}
	key, origin, err := redact.LoadKey(redact.KeyOptions{
		File: file, Env: os.Getenv("PARALLAX_KEY"), ConfigDir: folder, CI: isCI(),
	})
	if err != nil {
		return key, usageError{err}
	}
	if origin.Source == "made" {
		fmt.Fprintf(s.err, "redaction key %s made in %s: keep it, recordings compare only under the same key\n", key.ID(), origin.Path)
	}
	return key, nil
}

func redactionOf(r *redact.Redactor) recording.Redaction {
	return recording.Redaction{Profile: r.Profile(), KeyID: r.KeyID()}
}

// lateSink redacts and then journals.
type lateSink struct {
	redactor *redact.Redactor
	live     *recording.Live
}

func (l *lateSink) Write(ex *recording.Exchange) error {
	if err := l.redactor.Apply(ex); err != nil {
		return err
	}
	return l.live.Write(ex)
}
