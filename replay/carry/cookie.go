package carry

import (
	"strconv"
	"strings"
	"time"

	"parallax/internal/httpmsg"
)

// setCookie is what one Set-Cookie line says.
type setCookie struct {
	name, value string
	path        string
	deleted     bool
}

// setCookies returns the cookies that an answer sets, the last of each name.
func setCookies(headers []httpmsg.Header, now time.Time) []setCookie {
	var out []setCookie
next:
	for i := range headers {
		if !headers[i].Is("Set-Cookie") {
			continue
		}
		c, ok := parseSetCookie(headers[i].Value, now)
		if !ok {
			continue
		}
		for k := range out {
			if out[k].name == c.name {
				out[k] = c
				continue next
			}
		}
		out = append(out, c)
	}
	return out
}

func parseSetCookie(line string, now time.Time) (setCookie, bool) {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(pair, "=")
	c := setCookie{name: strings.TrimSpace(name), value: strings.TrimSpace(value)}
	maxAge := false
	for part := range strings.SplitSeq(attributes, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case strings.EqualFold(key, "Path") && strings.HasPrefix(value, "/"):
			c.path = value
		case strings.EqualFold(key, "Max-Age"):
			age, err := strconv.ParseInt(value, 10, 64)
			maxAge = err == nil
			c.deleted = maxAge && age <= 0
		case strings.EqualFold(key, "Expires") && !maxAge:
			c.deleted = inPast(value, now)
		}
	}
	return c, ok && c.name != ""
}

func inPast(value string, now time.Time) bool {
	for _, layout := range []string{
		"Mon, 02 Jan 2006 15:04:05 MST", "Mon, 02-Jan-2006 15:04:05 MST",
		"Monday, 02-Jan-06 15:04:05 MST", "Mon, 02-Jan-06 15:04:05 MST", time.ANSIC,
	} {
		if at, err := time.Parse(layout, value); err == nil {
			return at.Before(now)
		}
	}
	return false
}

// pathMatches is RFC 6265, 5.1.4.
func pathMatches(cookie, path string) bool {
	if cookie == "" || cookie == "/" || cookie == path {
		return true
	}
	return strings.HasPrefix(path, cookie) &&
		(strings.HasSuffix(cookie, "/") || len(path) > len(cookie) && path[len(cookie)] == '/')
}

// cookiePair is one name=value of a Cookie header.
type cookiePair struct{ name, value string }

func cookiePairs(headers []httpmsg.Header, f func(cookiePair)) {
	for i := range headers {
		if !headers[i].Is("Cookie") {
			continue
		}
		for part := range strings.SplitSeq(headers[i].Value, ";") {
			f(parsePair(part))
		}
	}
}

func parsePair(part string) cookiePair {
	name, value, ok := strings.Cut(part, "=")
	if !ok {
		return cookiePair{"", strings.TrimSpace(part)}
	}
	return cookiePair{strings.TrimSpace(name), strings.TrimSpace(value)}
}
