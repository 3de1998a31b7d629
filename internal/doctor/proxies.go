package doctor

import (
	"slices"
	"strings"
)

// Proxies looks for proxies in the environment (as os.Environ gives it). They are
// never used: a target is dialled itself, so that no answer is another's.
func Proxies(environment []string) []Finding {
	var found []string
	for _, v := range environment {
		name, value, _ := strings.Cut(v, "=")
		switch strings.ToUpper(name) {
		case "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY":
			if value != "" {
				found = append(found, name)
			}
		}
	}
	if len(found) == 0 {
		return fine("no proxy is set in the environment")
	}
	slices.Sort(found)
	return warning("nothing, if targets can be dialled from here; else run where they can",
		"%s set in the environment, and not used: targets are dialled directly", strings.Join(found, ", "))
}
