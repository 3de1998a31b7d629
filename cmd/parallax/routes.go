package main

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"parallax/diff"
	"parallax/internal/route"
	"parallax/internal/route/openapi"
)

// routesConfig is the key routes: how requests are named.
type routesConfig struct {
	// OpenAPI is a description's file, relative to the configuration.
	OpenAPI string `yaml:"openapi,omitempty"`
}

// routeNames names requests: by a description, or by their paths where there is
// none or it does not have them. It counts which it was, and is for one goroutine.
type routeNames struct {
	list *openapi.Routes // nil: by path
	seen describedCounts
}

// describedCounts says how a description's names were used.
type describedCounts struct {
	Digest      string `json:"digest"`
	Described   int64  `json:"described"`
	Undescribed int64  `json:"undescribed"`
}

func openapiFlag() cli.Flag {
	return &cli.StringFlag{Name: "openapi", Usage: "name routes as this OpenAPI 3 `FILE` does, YAML or JSON"}
}

// readRoutes reads the description that the flag names, or else the configuration.
func readRoutes(c *cli.Context, conf *config) (*routeNames, error) {
	if path := c.String("openapi"); path != "" {
		return readDescription(path)
	}
	return conf.routeNames()
}

func (c *config) routeNames() (*routeNames, error) {
	if c.Routes.OpenAPI == "" {
		return &routeNames{}, nil
	}
	return readDescription(within(filepath.Dir(c.path), c.Routes.OpenAPI))
}

func readDescription(path string) (*routeNames, error) {
	list, err := openapi.ReadFile(path)
	if err != nil {
		return nil, usageError{err}
	}
	return &routeNames{list: list, seen: describedCounts{Digest: list.Digest()}}, nil
}

// of names one request and counts it.
func (n *routeNames) of(method, target string) string {
	name, described := n.name(method, target)
	if described {
		n.seen.Described++
	} else {
		n.seen.Undescribed++
	}
	return name
}

func (n *routeNames) name(method, target string) (string, bool) {
	if !n.given() {
		return route.Of(method, target), false
	}
	return n.list.Of(method, target)
}

// counts returns what of has counted, nil without a description.
func (n *routeNames) counts() *describedCounts {
	if !n.given() {
		return nil
	}
	return &n.seen
}

// text is the counts as a line of text, "" without a description.
func (n *routeNames) text() string {
	if !n.given() {
		return ""
	}
	return fmt.Sprintf("routes of the OpenAPI description %.12s: it has %d of the requests, %d are named by their paths\n",
		n.seen.Digest, n.seen.Described, n.seen.Undescribed)
}

// forDiff is what diff names routes by.
func (n *routeNames) forDiff() diff.Routes {
	if !n.given() {
		return nil
	}
	return n.list
}

func (n *routeNames) given() bool { return n != nil && n.list != nil }
