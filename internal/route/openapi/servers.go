package openapi

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// bases returns those of the servers here, or otherwise.
func (t *tree) bases(otherwise []string) (bases []string, err error) {
	servers := t.get("servers")
	if servers == nil || len(servers.items) == 0 {
		return otherwise, nil
	}
	if len(servers.items) > maxServers {
		return nil, at(servers.line, "more than %d servers", maxServers)
	}
	for i := range servers.items {
		of, err := servers.items[i].serverBases()
		if err != nil {
			return nil, err
		}
		bases = append(bases, of...)
	}
	slices.Sort(bases)
	return slices.Compact(bases), nil
}

func (t *tree) serverBases() (bases []string, err error) {
	address := t.get("url")
	if address == nil || !address.scalar {
		return nil, at(t.line, "a server without a url")
	}
	urls := []string{address.text}
	if variables := t.get("variables"); variables != nil {
		for i := range variables.members {
			v := &variables.members[i]
			if urls = v.value.replace(urls, "{"+v.key+"}"); len(urls) > maxVariants {
				return nil, at(v.value.line, "more than %d forms of one url", maxVariants)
			}
		}
	}
	for _, u := range urls {
		base, err := basePath(u)
		if err != nil {
			return nil, at(address.line, "server url %.100q: %v", address.text, err)
		}
		bases = append(bases, base)
	}
	return bases, nil
}

// replace puts each of a variable's values in the place of its name.
func (t *tree) replace(urls []string, name string) []string {
	values := []string{}
	if enum := t.get("enum"); enum != nil {
		for i := range enum.items {
			values = append(values, enum.items[i].text)
		}
	}
	if byDefault := t.get("default"); byDefault != nil && len(values) == 0 {
		values = append(values, byDefault.text)
	}
	if len(values) == 0 {
		return urls
	}
	var out []string
	for _, u := range urls {
		if !strings.Contains(u, name) {
			out = append(out, u)
			continue
		}
		for _, v := range values[:min(len(values), maxVariants+1)] {
			out = append(out, strings.ReplaceAll(u, name, v))
		}
		if len(out) > maxVariants {
			return out // refused by the caller
		}
	}
	return out
}

// basePath is the path of a server's URL, which may be relative, without its last
// slash. A variable in the host is nobody's concern.
func basePath(address string) (string, error) {
	path := address
	if _, rest, absolute := strings.Cut(address, "://"); absolute {
		_, path, _ = strings.Cut(rest, "/")
	}
	path = strings.Trim(path, "/")
	if strings.ContainsAny(path, "{}") {
		return "", errors.New("a variable of the path has neither a default nor an enum")
	}
	if strings.ContainsAny(path, "?#") {
		return "", errors.New("a query or a fragment")
	}
	if _, err := url.PathUnescape(path); err != nil {
		return "", err
	}
	if path == "" {
		return "", nil
	}
	return "/" + path, nil
}
