// Package openapi reads the routes of an OpenAPI 3 description, as YAML or JSON.
//
// Terms. A base is the path of a server's URL, which stands before the paths in
// what clients ask for. A tree is the part of the file that is looked at.
//
// Steps. The file is cut into a tree of the keys that say something of routes:
// openapi, servers, and paths with their methods and servers. Everything else is
// skipped unread. Of each server's URL the path is a base; its variables stand for
// all of their enum, or their default.
//
// Limits. A file has at most 16 MiB, 10,000 paths, 100 servers for each and 4 Mi
// tokens, nested at most 200 deep. Aliases are followed, but what they lead to
// counts again each time, so that a bomb ends at a bound. Path items that are in
// another file or place ($ref) are refused: a bundled file has none. A key that
// stands twice is refused.
package openapi
