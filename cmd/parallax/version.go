package main

import "runtime/debug"

// buildVersion is set by the linker (see the Makefile); empty in a plain build.
var buildVersion string

// version returns the release, or what the build recorded of its revision.
func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// tool is how manifests and reports name this program.
func tool() string { return "parallax " + version() }
