package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"

	"parallax/capture/redact"
	"parallax/internal/store"
	"parallax/report/export"
)

// runExport writes one recorded request in forms that others run; it sends nothing.
func runExport(dir, id, out, target string, s streams) error {
	if u, err := url.Parse(target); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return usagef("--target: want a URL like http://127.0.0.1:8081, without a user")
	}
	kind, err := kindOf(dir)
	if err != nil {
		return err
	}
	if kind == isComparison || kind == isSnapshot {
		return usagef("%s: --export wants a recording or a run", dir)
	}
	ex, err := exchangeOf(dir, id, s)
	if err != nil {
		return err
	}
	if ex.Request == nil {
		return usagef("%s: exchange %s has no request", dir, id)
	}
	o := export.Options{Target: target, Secret: redact.Contains}
	if ex.Response != nil {
		o.Status = ex.Response.Status
	}
	if err := os.Mkdir(out, 0o700); err != nil {
		return usageError{err}
	}
	folder, err := store.OpenFolder(out, nil)
	if err != nil {
		return err
	}
	if err := export.Write(folder, ex.Request, o); err != nil {
		return errors.Join(fmt.Errorf("exchange %s: %w", id, err), os.Remove(out))
	}
	fmt.Fprintf(s.err, "%s: sh %s, %s for an editor, go test %s\n", out, export.ShellName, export.HTTPName, export.GoName)
	return nil
}
